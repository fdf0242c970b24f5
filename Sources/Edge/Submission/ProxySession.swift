import Logging
import MIME
import NIOCore
import Outgoing
import SMTP
import Secrets
import Transport

/// One mail client's connection: what it says is said on to the provider, and what that answers is passed back.
///
/// There is no queue: a mail is accepted when the provider has accepted it, and not before.
///
/// Client, session and provider are on one thread, the poller's. Every wait has a deadline, and ends with the task.
actor ProxySession {
    /// How long a client may say nothing (RFC 5321 4.5.3.2.7).
    static let patience = Duration.seconds(300)

    private let accounts: SubmissionAccounts
    private let poller: Poller
    private let patience: Duration
    private let mailIsLong: @Sendable () -> Void
    private let logger: Logger
    private var session: ServerSession
    /// The other side is the program that started us, and needs no password.
    private let isCommand: Bool
    private var client: ClientSocket?
    private var isEnding = false
    /// Those that the client may send for: all of them, or the one whose name it gave.
    private var allowed: [SubmissionAccount] = []
    private let provider: ProviderConnection
    private var mail: MailCommand?
    private var recipients: [RecipientCommand] = []
    private var transit: MailInTransit?

    /// The extensions that are understood here.
    private static let ours = {
        var ours = Extensions()
        ours.pipelining = true
        ours.eightBitMIME = true
        ours.smtpUTF8 = true
        ours.dsn = true
        ours.enhancedStatusCodes = true
        return ours
    }()

    init(
        _ configuration: ServerSession.Configuration, accounts: SubmissionAccounts, on poller: Poller,
        patience: Duration = ProxySession.patience, mailIsLong: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        self.mailIsLong = mailIsLong
        self.accounts = accounts
        self.poller = poller
        self.patience = patience
        self.logger = logger
        provider = ProviderConnection(accounts, logger: logger)
        session = ServerSession(configuration)
        isCommand = !configuration.requiresAuthentication
        if isCommand { allowed = accounts.all }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    /// Until one of the two sides ends it; with TLS once the client asks for it, or from the first octet on.
    func run(_ stream: AcceptedStream, _ tls: ClientTLS?, isTLS: Bool) async {
        do {
            if isTLS {
                try await converse(stream, after: [], tls, greets: true)
            } else if case .startTLS(let lastWords) = try await converse(ClientSocket(stream), greets: true) {
                try await converse(stream, after: lastWords, tls, greets: false)
            }
        } catch {
            logger.debug("client gone", metadata: ["reason": "\(error)"])
        }
        await stream.close()
        await finish()
    }

    /// Until one of the two sides ends it.
    func run(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        do {
            try await channel.executeThenClose { inbound, outbound in
                let connection = ChannelConnection(channel.channel, inbound, outbound)
                _ = try await converse(ClientSocket(connection), greets: true)
            }
        } catch {
            logger.debug("client gone", metadata: ["reason": "\(error)"])
        }
        await finish()
    }

    /// The connection ends now or, if a mail is on its way, behind that.
    func end() async {
        isEnding = true
        guard mail == nil else { return }
        await client?.close(after: Self.goodbye)
    }

    private static let goodbye = Reply(421, "4.3.2", "stopping; come back later").bytes

    private func finish() async {
        client = nil
        _ = await transit?.giveUp(Reply(421, "4.4.2", "the mail program has gone"))
        transit = nil
        await provider.quit()
    }
}

extension ProxySession {
    private enum Course {
        case goesOn
        case over
        /// The last words in the clear.
        case startTLS(after: [UInt8])
    }

    /// What has come in the clear by then, and was not read, may be of somebody in between, and is thrown away
    /// (CVE-2011-0411).
    private func converse(
        _ stream: AcceptedStream, after lastWords: [UInt8], _ tls: ClientTLS?, greets: Bool
    ) async throws {
        client = nil
        guard let tls, let socket = await stream.detach(after: lastWords) else { return }
        let channel = try await tls.adopt(socket)
        if !greets { session.encrypted() }
        try await channel.executeThenClose { inbound, outbound in
            let connection = ChannelConnection(channel.channel, inbound, outbound)
            _ = try await converse(ClientSocket(connection), greets: greets)
        }
    }

    /// Until one of the two sides ends it, or TLS is to begin.
    private func converse(_ client: ClientSocket, greets: Bool) async throws -> Course {
        self.client = client
        if greets, !isEnding { try await client.send(session.greeting(), within: patience) }
        while !isEnding || mail != nil, let bytes = try await client.receive(within: patience) {
            switch try await perform(session.received(bytes), client) {
            case .goesOn: continue
            case .over:
                await client.close()
                return .over
            case .startTLS(let lastWords): return .startTLS(after: lastWords)
            }
        }
        await client.close(after: isEnding ? Self.goodbye : [])
        return .over
    }

    private func perform(_ events: [ServerSession.Event], _ client: ClientSocket) async throws -> Course {
        var events = events[...]
        while let event = events.popFirst() {
            switch event {
            case .send(let bytes):
                if case .startTLS = events.first { return .startTLS(after: bytes) }
                try await client.send(bytes, within: patience)
            case .startTLS: return .startTLS(after: [])
            case .hello: events += session.helloAccepted(await offer())
            case .authenticate(let user, let password, let authorization):
                events += await authenticate(user, password, authorization, client.peer)
            case .mail, .recipient:
                var batch = [event]
                while let next = events.first, next.isEnvelope {
                    batch.append(next)
                    events.removeFirst()
                }
                for reply in await envelope(batch) { events += session.answer(reply) }
            case .data: events += session.answer(await beginMail())
            case .content(let piece): await transit?.content(piece)
            case .endOfContent(let fault): events += session.answer(await endMail(fault))
            case .reset: reset()
            case .close: return .over
            }
        }
        return .goesOn
    }

    private func offer() async -> Extensions {
        Self.ours.intersection(await accounts.extensions(of: provider.account.map { [$0] } ?? accounts.all))
    }

    private func authenticate(
        _ user: String, _ password: Secret, _ authorization: String?, _ peer: String
    ) async -> [ServerSession.Event] {
        let found = accounts.named(user)
        // Both are looked at, whatever the first says.
        let isRight = accounts.isPassword(password)
        guard isRight, !found.isEmpty, authorization == nil || authorization == user else {
            logger.notice("login refused", metadata: ["client": "\(peer)"])
            // Whoever tries passwords is kept waiting.
            try? await Task.sleep(for: .seconds(1))
            return session.authenticationFailed(Reply(535, "5.7.8", "wrong user or password"))
        }
        allowed = found
        return session.authenticated()
    }
}

extension ProxySession {
    /// A reply for each MAIL and RCPT.
    private func envelope(_ batch: [ServerSession.Event]) async -> [Reply] {
        var replies: [Reply?] = []
        var commands: (mail: MailCommand?, recipients: [RecipientCommand]) = (nil, [])
        for event in batch {
            switch event {
            case .mail(let command):
                let refusal = await prepare(command)
                replies.append(refusal)
                if refusal == nil { commands.mail = command }
            case .recipient(let command):
                let refusal =
                    mail == nil
                    ? Reply(503, "5.5.1", "the sender was refused") : provider.upstream?.extensions.refusal(of: command)
                replies.append(refusal)
                if refusal == nil { commands.recipients.append(command) }
            default: continue
            }
        }
        guard commands.mail != nil || !commands.recipients.isEmpty else { return replies.compactMap(\.self) }
        var answers = await provider.ask(commands.mail, commands.recipients)[...]
        if commands.mail != nil, answers.first?.isPositive != true { mail = nil }
        let recipientAnswers = commands.mail == nil ? answers : answers.dropFirst()
        for (recipient, answer) in zip(commands.recipients, recipientAnswers) where answer.isPositive {
            recipients.append(recipient)
        }
        return replies.map { $0 ?? answers.popFirst() ?? ProviderConnection.noAnswer }
    }

    /// Finds the account and connects to its provider; why not, if not.
    private func prepare(_ command: MailCommand) async -> Reply? {
        recipients = []
        mail = nil
        guard let account = SubmissionAccounts.choose(from: allowed, for: command.sender) else {
            return Reply(
                553, "5.7.1", "no account here sends from this address; log in with the name of the account instead")
        }
        if let refusal = await provider.connect(for: account) { return refusal }
        if let refusal = provider.upstream?.extensions.refusal(of: command) { return refusal }
        mail = command
        return nil
    }

    private func beginMail() async -> Reply {
        guard let account = provider.account, let upstream = provider.upstream, let mail, !recipients.isEmpty else {
            return ProviderConnection.noAnswer
        }
        let envelope = Envelope(
            account: account, way: isCommand ? .sendmail : .smtp, mail: mail, recipients: recipients, waits: isCommand,
            on: poller)
        let transit = MailInTransit(
            envelope, to: upstream, declaredSize: mail.size, mayGrow: provider.mayGrow, isLong: mailIsLong)
        self.transit = transit
        await transit.begin()
        return Reply(354, "end with <CRLF>.<CRLF>")
    }

    private func endMail(_ fault: ContentFault?) async -> Reply {
        guard let transit else { return ProviderConnection.noAnswer }
        let reply = await transit.end(fault)
        self.transit = nil
        mail = nil
        recipients = []
        provider.transactionEnded(isClean: reply.isPositive)
        return reply
    }

    private func reset() {
        mail = nil
        recipients = []
        provider.transactionEnded(isClean: false)
    }
}

extension ServerSession.Event {
    fileprivate var isEnvelope: Bool {
        switch self {
        case .mail, .recipient: true
        default: false
        }
    }
}
