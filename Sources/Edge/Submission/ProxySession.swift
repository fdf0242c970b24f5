import Logging
import MIME
import Outgoing
import SMTP
import Secrets
import Transport

/// One mail client's connection: what it says is said on to the provider, and what that answers is passed back.
///
/// There is no queue: a mail is accepted when the provider has accepted it, and not before.
struct ProxySession {
    let accounts: SubmissionAccounts
    let client: ClientSocket
    let logger: Logger
    private var session: ServerSession
    /// The other side is the program that started us, and needs no password.
    private let isCommand: Bool
    /// Those that the client may send for: all of them, or the one whose name it gave.
    private var allowed: [SubmissionAccount] = []
    private var account: SubmissionAccount?
    private var upstream: Upstream?
    /// The last transaction with the provider is not over for certain.
    private var isDirty = false
    /// The connection to the provider has been idle since a mail before.
    private var wasIdle = false
    private var mail: MailCommand?
    /// The provider has refused its size with a token.
    private var mayGrow = true
    private var recipients: [RecipientCommand] = []
    private var transit: MailInTransit?

    /// How long a client may say nothing (RFC 5321 4.5.3.2.7).
    static let patience = Duration.seconds(300)
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
        _ configuration: ServerSession.Configuration, accounts: SubmissionAccounts, client: ClientSocket, logger: Logger
    ) {
        self.accounts = accounts
        self.client = client
        self.logger = logger
        session = ServerSession(configuration)
        isCommand = !configuration.requiresAuthentication
        if isCommand { allowed = accounts.all }
    }

    /// Until one of the two sides ends it.
    mutating func run() async {
        do {
            try await client.send(session.greeting())
            while let bytes = try await client.receive(within: Self.patience) {
                guard try await perform(session.received(bytes)) else { break }
                client.isBusy(mail != nil)
            }
        } catch {
            logger.debug("client gone", metadata: ["reason": "\(error)"])
        }
        if transit != nil { _ = await transit?.giveUp(Reply(421, "4.4.2", "the mail program has gone")) }
        await upstream?.quit()
    }

    /// Returns whether the connection goes on.
    private mutating func perform(_ events: [ServerSession.Event]) async throws -> Bool {
        var events = events[...]
        while let event = events.popFirst() {
            switch event {
            case .send(let bytes):
                guard case .startTLS = events.first else {
                    try await client.send(bytes)
                    continue
                }
                events.removeFirst()
                try await client.startTLS(after: bytes)
                session.encrypted()
            case .startTLS:
                try await client.startTLS(after: [])
                session.encrypted()
            case .hello: events += session.helloAccepted(await offer())
            case .authenticate(let user, let password, let authorization):
                events += await authenticate(user, password, authorization)
            case .mail, .recipient:
                var batch = [event]
                while let next = events.first, next.isEnvelope {
                    batch.append(next)
                    events.removeFirst()
                }
                for reply in await envelope(batch) { events += session.answer(reply) }
            case .data: events += session.answer(beginMail())
            case .content(let piece): await transit?.content(piece)
            case .endOfContent(let fault): events += session.answer(await endMail(fault))
            case .reset: await reset()
            case .close: return false
            }
        }
        return true
    }

    private func offer() async -> Extensions {
        Self.ours.intersection(await accounts.extensions(of: account.map { [$0] } ?? accounts.all))
    }

    private mutating func authenticate(
        _ user: String, _ password: Secret, _ authorization: String?
    ) async -> [ServerSession.Event] {
        let found = accounts.named(user)
        // Both are looked at, whatever the first says.
        let isRight = accounts.isPassword(password)
        guard isRight, !found.isEmpty, authorization == nil || authorization == user else {
            logger.notice("login refused", metadata: ["client": "\(client.peer)"])
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
    private mutating func envelope(_ batch: [ServerSession.Event]) async -> [Reply] {
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
                    ? Reply(503, "5.5.1", "the sender was refused") : await upstream?.refusal(of: command)
                replies.append(refusal)
                if refusal == nil { commands.recipients.append(command) }
            default: continue
            }
        }
        guard commands.mail != nil || !commands.recipients.isEmpty else { return replies.compactMap(\.self) }
        var answers = await askDeclaringGrowth(commands.mail, commands.recipients)[...]
        if commands.mail != nil, answers.first?.isPositive != true { mail = nil }
        let recipientAnswers = commands.mail == nil ? answers : answers.dropFirst()
        for (recipient, answer) in zip(commands.recipients, recipientAnswers) where answer.isPositive {
            recipients.append(recipient)
        }
        return replies.map { $0 ?? answers.popFirst() ?? Self.noAnswer }
    }

    private static let noAnswer = Reply(451, "4.4.2", "the provider gave no answer")

    /// Finds the account and connects to its provider; why not, if not.
    private mutating func prepare(_ command: MailCommand) async -> Reply? {
        recipients = []
        mail = nil
        guard let account = SubmissionAccounts.choose(from: allowed, for: command.sender) else {
            return Reply(
                553, "5.7.1", "no account here sends from this address; log in with the name of the account instead")
        }
        if account.name != self.account?.name {
            await upstream?.quit()
            upstream = nil
            self.account = account
        }
        if let reply = await connect(account) { return reply }
        if let refusal = await upstream?.refusal(of: command) { return refusal }
        mail = command
        client.isBusy(true)
        return nil
    }

    private mutating func connect(_ account: SubmissionAccount) async -> Reply? {
        if let open = upstream {
            // What is idle may have been closed, and a new one does as well.
            if await !open.isClosed, !isDirty { return nil }
            if await !open.isClosed, (try? await open.reset()) != nil {
                isDirty = false
                return nil
            }
            await open.close()
        }
        isDirty = false
        wasIdle = false
        do {
            let opened = try await account.open()
            accounts.note(opened.extensions, of: account)
            upstream = opened
            return nil
        } catch {
            upstream = nil
            logger.warning("provider", metadata: ["account": "\(account.name)", "reason": "\(error)"])
            return ProviderTrouble.reply(to: error)
        }
    }

    /// The size that the mail has with a token. Should that alone be too much, it is sent without.
    private mutating func askDeclaringGrowth(
        _ mail: MailCommand?, _ recipients: [RecipientCommand]
    ) async -> [Reply] {
        guard let mail else { return await ask(nil, recipients) }
        mayGrow = true
        let declared = declaringGrowth(mail)
        let answers = await ask(declared, recipients)
        guard declared != mail, let first = answers.first, first.code == 452 || first.code == 552 else {
            return answers
        }
        mayGrow = false
        return await ask(mail, recipients)
    }

    private func declaringGrowth(_ mail: MailCommand) -> MailCommand {
        guard let rules = account?.rules, rules.policy.track != .never, let size = mail.size else { return mail }
        let grown = size + MailInTransit.usualGrowth
        if case .limit(let limit) = upstream?.extensions.size, grown > limit { return mail }
        return mail.declaring(size: grown)
    }

    private mutating func ask(_ mail: MailCommand?, _ recipients: [RecipientCommand]) async -> [Reply] {
        let count = (mail == nil ? 0 : 1) + recipients.count
        guard let upstream, let account else { return Array(repeating: Self.noAnswer, count: count) }
        let trouble: UpstreamError
        do {
            let answers = try await upstream.envelope(mail, recipients)
            // That it closes what has been idle is no answer to this mail.
            guard wasIdle, mail != nil, let closing = answers.first, closing.code == 421 else { return answers }
            trouble = .ended(closing.text)
        } catch {
            trouble = error
        }
        // A connection that was kept from the mail before may have been closed meanwhile.
        if let mail, self.recipients.isEmpty {
            if let refusal = await connect(account) { return Array(repeating: refusal, count: count) }
            if let fresh = self.upstream, let answers = try? await fresh.envelope(mail, recipients) { return answers }
        }
        return Array(repeating: Reply(451, "4.4.2", "\(trouble.text); nothing was sent"), count: count)
    }
}

extension ProxySession {
    private mutating func beginMail() -> Reply {
        guard let account, let upstream, let mail, !recipients.isEmpty else { return Self.noAnswer }
        let envelope = Envelope(
            account: account, way: isCommand ? .sendmail : .smtp, mail: mail, recipients: recipients, waits: isCommand)
        transit = MailInTransit(envelope, to: upstream, declaredSize: mail.size, mayGrow: mayGrow)
        return Reply(354, "end with <CRLF>.<CRLF>")
    }

    private mutating func endMail(_ fault: ContentFault?) async -> Reply {
        guard var transit else { return Self.noAnswer }
        let reply = await transit.end(fault)
        self.transit = nil
        mail = nil
        recipients = []
        isDirty = !reply.isPositive
        wasIdle = true
        return reply
    }

    private mutating func reset() async {
        mail = nil
        recipients = []
        isDirty = true
        wasIdle = true
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
