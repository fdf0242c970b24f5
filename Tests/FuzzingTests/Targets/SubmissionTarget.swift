import MIME

@testable import SMTP

extension FuzzTarget {
    /// The server's side, with a driver that refuses some recipients and some users, against any client.
    static let smtpServer = FuzzTarget("smtp-server", workPerByte: 3_500) { input in
        var configuration = ServerSession.Configuration(hostName: "proxy.test")
        let choice = input.choice(of: 8)
        configuration.offersStartTLS = choice & 1 != 0
        configuration.requiresAuthentication = choice & 2 != 0
        configuration.isEncrypted = choice & 4 != 0
        let offered = Extensions(lacking: input.choice(of: 64))
        let cuts = input.cuts()
        let whole = try Submission(configuration, offered, [input.text])
        let cut = try Submission(configuration, offered, cuts.pieces(of: input.text))
        try require(whole == cut, "whole it comes to \(whole), cut into \(cuts.lengths) to \(cut)")
        try whole.check(for: input.text)
    }

    /// The client's side with some commands under way, against any server.
    static let smtpClient = FuzzTarget("smtp-client", workPerByte: 500) { input in
        let commands = input.choice(of: 12)
        let cuts = input.cuts()
        let whole = try Replies(commands, [input.text])
        let cut = try Replies(commands, cuts.pieces(of: input.text))
        try require(whole == cut, "whole it comes to \(whole), cut into \(cuts.lengths) to \(cut)")
        try whole.check(commands: commands)
    }
}

/// What comes of a client's bytes, each event being answered at once.
private struct Submission: Equatable {
    private var events: [ServerSession.Event] = []
    private var sent: [UInt8] = []
    private var content: [UInt8] = []
    private var isOver = false

    init(_ configuration: ServerSession.Configuration, _ offered: Extensions, _ pieces: [[UInt8]]) throws {
        var session = ServerSession(configuration)
        for piece in pieces where !events.contains(.startTLS) {
            var open = session.received(piece)[...]
            while let event = open.popFirst() {
                try require(!isOver, "\(event) after the close")
                open += answer(event, of: &session, offered)
            }
            try require(isOver || session.outstanding == 0, "it waits for answers that were given")
        }
    }

    private mutating func answer(
        _ event: ServerSession.Event, of session: inout ServerSession, _ offered: Extensions
    ) -> [ServerSession.Event] {
        switch event {
        case .send(let bytes):
            sent += bytes
            return []
        case .content(let bytes):
            content += bytes
            return []
        case .hello, .startTLS, .authenticate, .mail, .recipient, .data, .endOfContent, .reset, .close:
            events.append(event)
        }
        switch event {
        case .hello: return session.helloAccepted(offered)
        case .authenticate(let user, _, _):
            return user == "me" ? session.authenticated() : session.authenticationFailed(Reply(535, "5.7.8", "no"))
        case .mail: return session.answer(Reply(250, "2.1.0", "ok"))
        case .recipient(let command):
            return session.answer(
                command.recipient.local == "no" ? Reply(550, "5.1.1", "no") : Reply(250, "2.1.5", "ok"))
        case .data: return session.answer(Reply(354, "go"))
        case .endOfContent(let fault):
            return session.answer(fault == nil ? Reply(250, "2.0.0", "ok") : Reply(554, "5.6.0", "no"))
        case .close:
            isOver = true
            return []
        case .startTLS, .send, .content, .reset: return []
        }
    }

    func check(for text: [UInt8]) throws {
        try require(content.count <= text.count, "\(content.count) bytes of content out of \(text.count)")
        try require(sent.count <= 64 * (text.count + 64), "\(sent.count) bytes sent for \(text.count)")
        var parser = ReplyParser()
        _ = try parser.feed(sent)
        try require(parser.failure == nil && !parser.isInsideReply, "sent what is no reply")
        for event in events {
            switch event {
            case .mail(let command):
                let again = try MailCommand(Self.argument(of: command.line), .all)
                try require(again == command, "\(command) written and read again is \(again)")
            case .recipient(let command):
                let again = try RecipientCommand(Self.argument(of: command.line), .all, isUTF8: true)
                try require(again == command, "\(command) written and read again is \(again)")
            case .hello(let name, _): try require(!name.isEmpty && name.utf8.count <= 255, "a client named \(name)")
            case .authenticate(let user, _, let authorization):
                try require(user.utf8.count <= 255 && (authorization ?? "").utf8.count <= 255, "a user named \(user)")
            case .send, .startTLS, .data, .content, .endOfContent, .reset, .close: break
            }
        }
    }

    /// Of the one command that the line holds.
    private static func argument(of line: [UInt8]) throws -> ArraySlice<UInt8> {
        try require(line.suffix(2) == [0x0d, 0x0a] && line.filter { $0 < 0x20 }.count == 2, "controls in \(line)")
        return CommandWords(line.dropLast(2)).argument
    }
}

extension Extensions {
    fileprivate static let all = Extensions(lacking: 0)

    fileprivate init(lacking bits: Int) {
        self.init()
        pipelining = bits & 1 == 0
        eightBitMIME = bits & 2 == 0
        smtpUTF8 = bits & 4 == 0
        dsn = bits & 8 == 0
        enhancedStatusCodes = bits & 16 == 0
        size = bits & 32 == 0 ? .unstated : .limit(64)
    }
}

private struct Replies: Equatable {
    private var replies: [Reply] = []
    private var closing: Reply?
    private var failure: ReplyError?

    init(_ commands: Int, _ pieces: [[UInt8]]) throws {
        var session = ClientSession(extensions: Extensions())
        for _ in 0..<commands { _ = session.noop() }
        do throws(ReplyError) {
            for piece in pieces { replies += try session.received(piece) }
        } catch {
            try require(session.failure == error, "\(error) is not kept")
        }
        (closing, failure) = (session.closing, session.failure)
        try require(session.outstanding == commands - replies.count, "\(session.outstanding) commands are open")
    }

    func check(commands: Int) throws {
        try require(replies.count <= commands, "\(replies.count) replies to \(commands) commands")
        for reply in replies + [closing].compactMap({ $0 }) {
            try require(!reply.text.unicodeScalars.contains(where: \.steersTerminals), "controls in \(reply.text)")
            var parser = ReplyParser()
            try require(try parser.feed(reply.bytes) == [reply], "\(reply) written and read again is another")
        }
        let text = failure.map { "\($0)" } ?? ""
        try require(!text.unicodeScalars.contains(where: \.steersTerminals), "controls in \(text)")
    }
}
