import Foundation
import Host
import IMAP
import Logging
import Mailbox
import SentSync
import Servers
import Settings
import Store
import Transport

/// One account: connects, watches its Sent folder, and comes back after every failure as late as the failure asks for.
/// It fails alone: whatever happens here, the other accounts go on.
///
/// A class: closures and tasks that wait for hours would each keep a copy.
final class AccountWatch: Sendable {
    let settings: Settings.Account
    let store: AgentStore
    let desk: LoginDesk
    let signs: Signs
    let policy: FolderSync.Policy
    let bell: Bell
    /// Rung after the machine has slept.
    let awake: Bell
    /// Before the first login.
    let startDelay: Duration
    let judge: Bell
    let awaited: AwaitedMail
    /// See ``FolderTools/cleansSince``.
    let cleansSince: Date?
    let board: StatusBoard
    let now: @Sendable () -> Date
    let logger: Logger

    init(
        settings: Settings.Account, store: AgentStore, desk: LoginDesk, signs: Signs, policy: FolderSync.Policy,
        bell: Bell, awake: Bell, startDelay: Duration, judge: Bell, awaited: AwaitedMail, cleansSince: Date?,
        board: StatusBoard, now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.settings = settings
        self.store = store
        self.desk = desk
        self.signs = signs
        self.policy = policy
        self.bell = bell
        self.awake = awake
        self.startDelay = startDelay
        self.judge = judge
        self.awaited = awaited
        self.cleansSince = cleansSince
        self.board = board
        self.now = now
        self.logger = logger
    }

    static let defaultPollInterval = Duration.seconds(60)

    /// Session after session, until the task ends.
    func watch(_ wish: SentFolder.Wish) async {
        var backoff = Backoff()
        let logins = Logins()
        var trust = ServerTrust(compresses: settings.compress ?? !settings.imap.isLoopback)
        if startDelay > .zero { try? await Task.sleep(for: startDelay) }
        while !Task.isCancelled {
            var began = ContinuousClock.now
            do {
                try await keep(logins)
                began = .now
                // Where nothing can be written, as on a full disk, a login would be wasted.
                if let failure = await note(.connecting) { throw failure }
                try await session(wish, logins, &trust)
            } catch {
                if Task.isCancelled { return }
                let (failure, reason) = SessionEnd.classify(error)
                let delay = backoff.delay(
                    after: failure, alive: ContinuousClock.now - began, jitter: Double.random(in: 0..<1))
                await report(failure == .needsUser ? .needsUser(reason: reason) : .waiting(reason: reason, for: delay))
                logger.warning("session ended", metadata: ["reason": "\(reason)", "again_in": "\(delay)"])
                // What slept in the meantime was the reason, or there is a new network.
                if failure == .network {
                    await awake.wait(atMost: delay)
                } else {
                    try? await Task.sleep(for: delay)
                }
            }
        }
    }

    /// Where copies are replaced, whole messages come and go.
    private var timing: Session.Timing {
        var timing = Session.Timing()
        if cleansSince != nil { timing.silence = 300_000 }
        return timing
    }

    private var limits: Session.Limits {
        var limits = Session.Limits()
        if cleansSince != nil {
            limits.parser.literal = SentCopyCleaner.sizeLimit
            limits.parser.response = SentCopyCleaner.sizeLimit + (1 << 20)
        }
        return limits
    }

    private func keep(_ logins: Logins) async throws {
        let wait = logins.wait(now: desk.elapsed())
        guard wait > .zero else { return }
        let reason = "logged in twice within two minutes, which servers take badly"
        await report(.waiting(reason: reason, for: wait))
        logger.notice("waiting", metadata: ["reason": "\(reason)", "for": "\(wait)"])
        try await Task.sleep(for: wait)
    }

    /// Returns when the next connection is to be opened at once.
    private func session(_ wish: SentFolder.Wish, _ logins: Logins, _ trust: inout ServerTrust) async throws {
        let account = try await store.account(named: settings.name)
        var line = try await apart { try await self.open(account, logins) }
        var succession = succession(to: line, of: account, logins)
        do {
            let mailbox = try await sentFolder(wish, of: account, over: line)
            logger.info("watching", metadata: ["folder": "\(mailbox.display)"])
            var begun: FolderWork?
            endless: while true {
                switch try await folderWatch(wish, account, line, trust).run(
                    line.connection, mailbox, from: begun, succession)
                {
                case .compressed: break endless
                case .newsLost:
                    logger.notice("the server has dropped news; NOTIFY is not asked for any more")
                    trust.notifies = false
                    break endless
                case .successor(let next):
                    begun = try await takeOver(next, mailbox, folderWatch(wish, account, next, trust), succession)
                    guard begun != nil else { continue }
                    await line.connection.logout()
                    line = next
                    succession = self.succession(to: line, of: account, logins)
                }
            }
            await succession.abandon()
            await line.connection.logout()
        } catch {
            await succession.abandon()
            if error.isAboutWhatCame, await line.connection.isCompressed { trust.compresses = false }
            if case .refused("SELECT", _)? = error as? MailboxError {
                await forgetSentFolder(wish, of: account)
            }
            await end(line.opened, error)
            throw error
        }
    }

    /// The folder over the new connection, once that is in step; `nil` if it did not get there.
    private func takeOver(
        _ next: Line, _ mailbox: MailboxName, _ watch: FolderWatch, _ succession: Succession
    ) async throws -> FolderWork? {
        do {
            let work = try await watch.begin(next.connection, mailbox)
            logger.info("token renewed: another connection takes over")
            return work
        } catch {
            await next.connection.logout()
            try Task.checkCancellation()
            await succession.failed(SessionEnd.classify(error).reason)
            return nil
        }
    }

    private func open(_ account: AccountID, _ logins: Logins) async throws -> Line {
        try await line(try await desk.open(settings, logins, timing: timing, limits: limits), of: account)
    }

    /// The connection once it is known who is at its other end.
    private func line(_ opened: LoginDesk.Opened, of account: AccountID) async throws -> Line {
        do {
            let host = opened.attempt.options.endpoint.host
            return Line(opened, try await introduce(account, on: opened.connection, host: host))
        } catch {
            await end(opened, error)
            throw error
        }
    }

    private func end(_ opened: LoginDesk.Opened, _ error: any Error) async {
        await desk.sessionEnded(error, settings, opened.attempt)
        await opened.connection.logout()
    }

    private func succession(to line: Line, of account: AccountID, _ logins: Logins) -> Succession {
        let attempt = line.opened.attempt
        return Succession(tokenEnd: attempt.tokenEnd, elapsed: desk.elapsed, logger: logger) { [self] in
            guard let opened = try await desk.open(settings, after: attempt, logins, timing: timing, limits: limits)
            else { return nil }
            return try await self.line(opened, of: account)
        }
    }

    private func folderWatch(
        _ wish: SentFolder.Wish, _ account: AccountID, _ line: Line, _ trust: ServerTrust
    ) -> FolderWatch {
        let server = line.server
        let tools = FolderTools(
            account: account, store: store, signs: signs.inForce(at: server.identity.capabilities), server: server,
            trust: trust, judge: judge, awaited: awaited, cleansSince: cleansSince, report: report, now: now,
            logger: logger)
        var policy = policy
        policy.searchesText = server.policy.searchesText
        policy.readsLabels = tools.signs.contains(.label) && server.identity.capabilities.contains(.gmail)
        return FolderWatch(
            tools: tools, policy: policy,
            errands: runsErrands(wish) ? Errands(tools: tools, policy: policy, wish: settings.archives) : nil,
            inbox: isFirst(wish) ? Inbox(tools: tools, policy: policy, settings.replies) : nil,
            pollInterval: settings.pollInterval ?? Self.defaultPollInterval, bell: bell)
    }

    /// One connection of the account, and only if messages are to be followed.
    private func runsErrands(_ wish: SentFolder.Wish) -> Bool {
        settings.archives != .nowhere && isFirst(wish)
    }

    private func isFirst(_ wish: SentFolder.Wish) -> Bool { settings.watched.first == wish }

    @Sendable private func report(_ state: AccountState) async { _ = await note(state) }

    /// Returns why the state cannot be put on disk, if it cannot.
    private func note(_ state: AccountState) async -> StoreError? {
        guard await board.set(state, of: settings.name) else { return nil }
        do throws(StoreError) {
            let account = try await store.account(named: settings.name)
            try await store.note(state.name, detail: state.detail, of: account, now: now())
            await board.noted(settings.name)
            return nil
        } catch {
            // Once: what else cannot be written ends the session, and that is told each time.
            guard await board.notNoted(settings.name) else { return error }
            logger.error("state not noted", metadata: ["problem": "\(error)"])
            return error
        }
    }
}

extension Error {
    /// Whether the server went silent, or what it sent could not be read: with compression between, that is suspected.
    fileprivate var isAboutWhatCame: Bool {
        switch self as? MailboxError {
        case .closed(.timedOut), .closed(.syntax), .closed(.tooMuchData), .closed(.protocolError): true
        case .closed, .transport, .refused, .unsendable, .cancelled, nil: false
        }
    }
}

extension Settings.Account {
    /// Each folder is watched over a connection of its own.
    var watched: [SentFolder.Wish] {
        switch sent {
        case .automatic: [.automatic]
        case .named(let names): names.map { .named([$0]) }
        }
    }
}
