import MIME
import SMTP
import Synchronization
import Transport

/// Why nothing came of an exchange with the provider.
package enum UpstreamError: Error, Sendable, Equatable {
    /// It ended the connection, or said nothing for too long.
    case ended(String)
    /// It said what has no meaning.
    case confused(String)

    var text: String {
        switch self {
        case .ended(let why), .confused(let why): why
        }
    }
}

/// What became of a message when its end was sent.
package enum Ending: Sendable {
    case answered(Reply)
    /// The end has not left: the provider has no such message.
    case notSent(UpstreamError)
    /// The end was sent and no answer came (RFC 1047).
    case unanswered(UpstreamError)
}

/// A connection to the provider, logged in. On the thread of its socket.
package actor Upstream {
    /// How long an answer may take (RFC 5321 4.5.3.2).
    package struct Patience: Sendable {
        package var command = Duration.seconds(300)
        package var data = Duration.seconds(120)
        /// Of a piece of the content to be taken.
        package var block = Duration.seconds(180)
        package var end = Duration.seconds(600)
        /// Of the last command to be taken.
        package var goodbye = Duration.seconds(5)

        package init() {}
    }

    package nonisolated let extensions: Extensions
    /// In lower case.
    package nonisolated let host: String
    private let stream: ByteStream
    private let peer: String
    private let patience: Patience
    private let watchdog: Watchdog
    private var session: ClientSession
    private var replies: [Reply] = []
    private var hasAskedForData = false
    private let closed = Atomic(false)

    /// Connects and logs in; cancelling the task gives up.
    package static func open(
        _ options: ConnectionOptions, on poller: Poller, patience: Patience = Patience()
    ) async throws(TransportError) -> Upstream {
        Upstream(try await ByteStream.open(options, on: poller), options.endpoint, patience)
    }

    private init(_ stream: ByteStream, _ endpoint: Endpoint, _ patience: Patience) {
        self.patience = patience
        self.stream = stream
        host = endpoint.host
        peer = endpoint.description
        extensions = Extensions(replyLines: stream.greetingLines)
        session = ClientSession(extensions: extensions)
        watchdog = Watchdog { stream.close() }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { stream.poller.asUnownedSerialExecutor() }

    /// Whether the provider has said that it closes the connection, or has closed it.
    package nonisolated var isClosed: Bool { closed.load(ordering: .relaxed) }

    /// Why a whole envelope cannot go to this provider, if so.
    package nonisolated func refusal(of mail: MailCommand, _ recipients: [RecipientCommand]) -> Reply? {
        extensions.refusal(of: mail) ?? recipients.lazy.compactMap { self.extensions.refusal(of: $0) }.first
    }

    /// The envelope, together where the provider allows it: a reply for each command, in order, the first for MAIL if
    /// there is one. If the connection ends after some of them, the rest are a 451 of ours; throws if it ends before.
    package func envelope(
        _ mail: MailCommand?, _ recipients: [RecipientCommand]
    ) async throws(UpstreamError) -> [Reply] {
        var commands: [[UInt8]] = mail.map { [session.mail($0)] } ?? []
        commands += recipients.map { session.recipient($0) }
        return try await exchange(commands)
    }

    /// A provider that refuses may still have the last transaction open: the connection ends. So it does where the message
    /// has been asked for: but for its end, nothing else can follow.
    package func reset() async throws(UpstreamError) {
        if hasAskedForData {
            close()
            throw ended(nil)
        }
        guard let refusal = try await exchange([session.reset()]).first(where: { !$0.isPositive }) else { return }
        close()
        throw .confused("\(peer) does not begin anew: \(refusal.code) \(refusal.text)")
    }

    /// DATA, whose answer ``beginData()`` returns: on its way while there is still something to do.
    package func askForData() async throws(UpstreamError) {
        try await send(session.data(), within: patience.data)
        hasAskedForData = true
    }

    /// 354, or a refusal.
    package func beginData() async throws(UpstreamError) -> Reply {
        if !hasAskedForData { try await askForData() }
        hasAskedForData = false
        return try await reply(within: patience.data)
    }

    package func content(_ piece: some Collection<UInt8> & Sendable) async throws(UpstreamError) {
        try await send(session.content(piece), within: patience.block)
    }

    /// Sends the rest of the message and its end, at once: the answer is that to the whole. Of a message whose end was not
    /// taken to its last octet nothing can have been accepted.
    package func endData(_ last: some Collection<UInt8> & Sendable) async -> Ending {
        var bytes = session.content(last)
        bytes += session.endOfContent()
        do {
            try await send(bytes, within: patience.block)
        } catch {
            return .notSent(error)
        }
        do {
            return .answered(try await reply(within: patience.end))
        } catch {
            return .unanswered(error)
        }
    }

    /// Says goodbye and does not wait for the answer.
    package func quit() async {
        if !isClosed { try? await send(session.quit(), within: patience.goodbye) }
        close()
    }

    /// Ends the connection at once: of a message that is under way the end is never sent.
    package func close() {
        closed.store(true, ordering: .relaxed)
        stream.close()
    }

    private func exchange(_ commands: [[UInt8]]) async throws(UpstreamError) -> [Reply] {
        var answers: [Reply] = []
        for batch in extensions.pipelining ? [commands] : commands.map({ [$0] }) where !batch.isEmpty {
            do throws(UpstreamError) {
                try await send(Array(batch.joined()), within: patience.command)
                for _ in batch { answers.append(try await reply(within: patience.command)) }
            } catch {
                if answers.isEmpty { throw error }
                let missing = Reply(451, "4.4.2", "\(error.text); nothing was sent")
                return answers + Array(repeating: missing, count: commands.count - answers.count)
            }
        }
        return answers
    }

    private func send(_ bytes: [UInt8], within limit: Duration) async throws(UpstreamError) {
        if isClosed { throw ended(nil) }
        do throws(TransportError) {
            guard let rest = try stream.offer(bytes) else { return }
            let wait = watchdog.begin(atMost: limit)
            defer { watchdog.end(wait) }
            try await stream.taken(rest)
        } catch {
            throw ended(error)
        }
    }

    private func reply(within limit: Duration) async throws(UpstreamError) -> Reply {
        if replies.isEmpty {
            // All of it, however many pieces it comes in.
            let wait = watchdog.begin(atMost: limit)
            defer { watchdog.end(wait) }
            do {
                // Until there is a reply, or the provider has ended the connection.
                while replies.isEmpty, let bytes = try await stream.receive() {
                    replies = try session.received(bytes)
                    if replies.isEmpty, let failure = session.failure { throw failure }
                }
            } catch let error as ReplyError {
                close()
                throw .confused("\(peer) sent what is no SMTP reply: \(error)")
            } catch {
                throw ended(error as? TransportError)
            }
        }
        guard !replies.isEmpty else { throw ended(nil) }
        let reply = replies.removeFirst()
        if session.closing != nil, replies.isEmpty { close() }
        return reply
    }

    private func ended(_ error: TransportError?) -> UpstreamError {
        close()
        if watchdog.hasBitten { return .ended("\(peer) did not answer in time") }
        return .ended(session.closing?.text ?? error?.detail ?? "\(peer) has ended the connection")
    }
}
