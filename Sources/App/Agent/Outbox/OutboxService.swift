import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Servers
import ServiceLifecycle
import Settings
import Store
import Submission

/// Watches the folder whose drafts are sent, over a connection of its own, and comes back after every failure.
struct OutboxService: Service {
    let settings: Settings.Account
    /// The folder's name, as the user reads it.
    let folder: String
    let submission: SubmissionAccount
    let store: AgentStore
    let desk: LoginDesk
    /// Rung after the machine has slept.
    let bell: Bell
    /// Before the first login.
    let startDelay: Duration
    let now: @Sendable () -> Date
    let logger: Logger

    /// Where the server cannot push: a draft is to leave within seconds.
    private static let pollInterval = Duration.seconds(10)
    /// How long the first IDLE after something was done is relied on; see ``FolderWatch``.
    private static let firstTrust = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown { await watch() }
    }

    private func watch() async {
        var backoff = Backoff()
        let logins = Logins()
        let pace = OutboxPace()
        try? await Task.sleep(for: startDelay)
        while !Task.isCancelled {
            let began = ContinuousClock.now
            do {
                try await Task.sleep(for: logins.wait(now: desk.elapsed()))
                try await session(logins, pace)
            } catch {
                if Task.isCancelled { return }
                let (failure, reason) = SessionEnd.classify(error)
                let delay = backoff.delay(
                    after: failure, alive: ContinuousClock.now - began, jitter: Double.random(in: 0..<1))
                logger.warning("outbox not watched", metadata: ["reason": "\(reason)", "again_in": "\(delay)"])
                await bell.wait(atMost: delay)
            }
        }
    }

    private func session(_ logins: Logins, _ pace: OutboxPace) async throws {
        var timing = Session.Timing()
        // Of a large message nothing is heard until all of it has been sent.
        timing.silence = 300_000
        var limits = Session.Limits()
        limits.parser.literal = OutboxFolder.sizeLimit
        limits.parser.response = OutboxFolder.sizeLimit + (1 << 20)
        let opened = try await desk.open(settings, logins, timing: timing, limits: limits)
        do {
            try await serve(opened.connection, host: opened.attempt.options.endpoint.host, pace)
        } catch {
            await desk.sessionEnded(error, settings, opened.attempt)
            await opened.connection.logout()
            throw error
        }
    }

    private func serve(_ connection: Connection, host: String, _ pace: OutboxPace) async throws {
        let server = try await MailServer.meet(over: connection, host: host)
        guard await connection.capabilities.contains(.uidPlus) else {
            throw AccountProblem(
                description: "the server has no UIDPLUS (RFC 4315), without which no draft can be kept from being sent "
                    + "twice; take outbox out of the configuration")
        }
        let entries = try await connection.listAll()
        let folders = OutboxFolders(named: folder, among: entries)
        guard case .found(let names) = SentFolder.choose(from: entries, wish: settings.sent.first),
            let sent = names.first
        else { throw AccountProblem.noSentFolder(settings.sent.first, []) }
        for mailbox in folders.missing {
            try await connection.require(.create(mailbox))
            // Programs that show subscribed folders alone shall show it; if not, nothing is lost.
            _ = try await connection.run([.subscribe(mailbox)])
        }
        let work = OutboxWork(
            account: try await store.account(named: settings.name), submission: submission, store: store,
            connection: connection, server: server, folders: folders, sent: sent, pace: pace, now: now, logger: logger)
        logger.info("watching", metadata: ["folder": "\(folders.outbox.display)"])
        var trust = Self.firstTrust
        while true {
            let rest = try await work.run()
            let hadNews = try await wait(connection, server, folders.outbox, rest, trust)
            trust = hadNews ? Self.firstTrust : min(trust * 8, .seconds(3600))
        }
    }

    /// - Returns: whether there may be something new.
    private func wait(
        _ connection: Connection, _ server: MailServer, _ mailbox: MailboxName, _ rest: OutboxWork.Rest,
        _ trust: Duration
    ) async throws -> Bool {
        let untilDue = rest.due.map { Duration.seconds(max(0.1, $0.timeIntervalSince(now()))) }
        let limit = min(trust, untilDue ?? trust)
        if try await connection.open(mailbox).next != rest.next { return true }
        guard server.pushesNews else {
            await bell.wait(atMost: min(Self.pollInterval, untilDue ?? Self.pollInterval))
            return false
        }
        var hasNews = false
        var ringer: Task<Void, Never>?
        defer { ringer?.cancel() }
        try await connection.idle(
            begun: {
                ringer = Task { [bell] in
                    await bell.wait(atMost: limit)
                    // One that comes late would end the next IDLE.
                    if !Task.isCancelled { await connection.finishIdle() }
                }
            },
            each: { untagged in
                switch untagged {
                case .exists, .fetch: hasNews = true
                default: break
                }
                return !hasNews
            })
        return hasNews
    }
}

extension Settings.SentFolders {
    /// The folder that sent mail is filed in.
    fileprivate var first: SentFolder.Wish {
        switch self {
        case .automatic: .automatic
        case .named(let names): names.first.map { .named([$0]) } ?? .automatic
        }
    }
}
