/// The client's side of a submission after login, without I/O: each call returns what to send.
///
/// With ``Extensions/pipelining`` MAIL, RCPT, and DATA behind them, may be sent together (RFC 2920 3.1); replies come in
/// the order of the commands.
package struct ClientSession: Sendable {
    /// What the server offers.
    package let extensions: Extensions
    /// Commands without a reply, the end of content included.
    package private(set) var outstanding = 0
    /// A 421, asked for or not: the server closes the connection (RFC 5321 3.8).
    package private(set) var closing: Reply?
    /// Set once the server has said what has no meaning.
    package private(set) var failure: ReplyError?
    private var parser = ReplyParser()
    private var writer = ContentWriter()

    package init(extensions: Extensions) { self.extensions = extensions }

    /// Parameters that are not offered are left out: ask ``Extensions/refusal(of:)-(MailCommand)`` before.
    package mutating func mail(_ mail: MailCommand) -> [UInt8] {
        outstanding += 1
        return MailCommand(mail.sender, mail.parameters.filter(extensions.offers)).line
    }

    package mutating func recipient(_ recipient: RecipientCommand) -> [UInt8] {
        outstanding += 1
        return RecipientCommand(recipient.recipient, recipient.parameters.filter(extensions.offers)).line
    }

    /// After a 354 the content follows, and ``endOfContent()``.
    package mutating func data() -> [UInt8] {
        writer = ContentWriter()
        return command("DATA\r\n")
    }

    package mutating func reset() -> [UInt8] { command("RSET\r\n") }
    package mutating func noop() -> [UInt8] { command("NOOP\r\n") }
    package mutating func quit() -> [UInt8] { command("QUIT\r\n") }

    /// A piece of the message, whose lines end with CRLF.
    package mutating func content(_ piece: some Collection<UInt8>) -> [UInt8] {
        piece.withContiguousStorageIfAvailable { writer.write($0) }
            ?? Array(piece).withUnsafeBufferPointer { writer.write($0) }
    }

    /// The end of the message; its reply is that to the whole.
    package mutating func endOfContent() -> [UInt8] {
        outstanding += 1
        return writer.end()
    }

    /// The replies that end in `bytes`, one for each command, in order. A fault behind them is in ``failure`` and is
    /// thrown by the next call.
    package mutating func received(_ bytes: some Collection<UInt8>) throws(ReplyError) -> [Reply] {
        if let failure { throw failure }
        var answers: [Reply] = []
        do throws(ReplyError) {
            for reply in try parser.feed(bytes) {
                if reply.code == 421 { closing = closing ?? reply }
                if outstanding > 0 {
                    outstanding -= 1
                    answers.append(reply)
                } else if reply.code != 421 {
                    throw .unexpected(reply)
                }
            }
            failure = parser.failure
        } catch {
            failure = error
            if answers.isEmpty { throw error }
        }
        return answers
    }

    private mutating func command(_ line: String) -> [UInt8] {
        outstanding += 1
        return Array(line.utf8)
    }
}
