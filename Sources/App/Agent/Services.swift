import Beacon
import Control
import Foundation
import HitSources
import Host
import Logging
import Opens
import PixelServer
import Secrets
import SentSync
import ServiceLifecycle
import Settings
import Store
import Tokens
import Transport

/// Builds one service for each loop that the settings ask for.
package enum Services {
    /// Settings and all that can be wrong with what they name, read before anything runs: whoever has these can go on,
    /// whatever becomes of the files.
    struct Inputs {
        let settings: Settings
        /// Of each source, the one to sign and pull with.
        let credentials: [StreamCredential]
        private let keys: [StreamCredential]
        fileprivate let patterns: [TokenPattern]
        fileprivate let secret: ServerSecret?

        init(_ settings: Settings) throws {
            self.settings = settings
            let all = try settings.sources.map { try StreamCredential.all(reading: $0.credentialFile) }
            credentials = all.compactMap(\.first)
            keys = all.flatMap(\.self)
            patterns = try settings.tracking.patterns.map { try TokenPattern($0) }
            secret = try settings.server.map(Services.secret)
            if let submission = settings.submission { try SubmissionPassword.makeIfMissing(submission) }
        }

        /// Whether a key of ours has signed the token.
        var isOurs: @Sendable (Token) -> Bool {
            let keys = keys.map { ($0.stream, $0.epoch, $0.streamKey) }
            return { token in
                keys.contains { $0.0 == token.stream && $0.1 == token.epoch && token.isGenuine(under: $0.2) }
            }
        }
    }

    static func build(
        _ inputs: Inputs, directories: Directories, store: AgentStore, poller: Poller, sending: Poller,
        show: @escaping @Sendable (String) -> Void,
        now: @escaping @Sendable () -> Date, logger: Logger
    ) async throws -> [any Service] {
        let settings = inputs.settings
        var services: [any Service] = []
        let listening = Latch()
        var lookup: NetworkLookup = { NetworkTable.builtIn.origin(of: $0) }
        if settings.looksUpNetworks {
            let networks = networks(
                settings.ranges, directories, on: poller, logger: named(logger, "networks"), now: now)
            lookup = networks.lookup
            services.append(networks.service)
        }
        if let server = settings.server, let secret = inputs.secret {
            services.append(
                try await pixelServer(
                    server, secret, directories, lookup: lookup, logger: named(logger, "server"), now: now
                ) { listening.open() })
        } else {
            listening.open()
        }
        let signs = Dictionary(settings.accounts.map { ($0.name, Signs($0, settings)) }) { first, _ in first }
        let policy = syncPolicy(inputs)
        let judge = Bell()
        let board = StatusBoard(show: show)
        let desk = LoginDesk(poller: poller)
        let bells = Dictionary(settings.accounts.map { ($0.name, Bell()) }) { first, _ in first }
        try await store.planAll(for: signs)
        // All of them are known before the first is read: whether the feed is complete is asked of all.
        for name in settings.sources.map(\.name) + settings.providers.map(\.name) {
            _ = try await store.source(named: name)
        }
        try await store.adoptTokens(where: inputs.isOurs)
        services.append(
            JudgeService(store: store, bell: judge, accounts: bells, now: now, logger: named(logger, "judge")))
        let awaited = Dictionary(settings.accounts.map { ($0.name, AwaitedMail()) }) { first, _ in first }
        var feeds: [(name: String, feed: any HitFeed)] = zip(settings.sources, inputs.credentials).map {
            ($0.name, $0.feed($1, poller, lookup: lookup))
        }
        for source in settings.providers {
            let feed = ProviderFeed(
                source, poller, credentials: desk.credentials, isMinimal: settings.privacy.level == .minimal,
                lookup: lookup, now: now)
            feeds.append((source.name, feed))
        }
        for (name, feed) in feeds {
            services.append(
                SourceService(
                    name: name, feed: feed, store: store, judge: judge, accounts: Array(bells.values),
                    awaited: Array(awaited.values), begin: listening, now: now,
                    logger: named(logger, "source:\(name)")))
        }
        let ledger = OutgoingLedger(store)
        let troubles = SendingTroubles(logger: named(logger, "sending"))
        var logs: [String: AccountLog] = [:]
        for (name, mail) in awaited {
            logs[name] = AccountLog(
                store, ledger, (name, try await store.account(named: name)), awaited: mail, troubles: troubles,
                now: now)
        }
        services.append(
            ControlServer(
                path: directories.controlSocket, logger: named(logger, "control"),
                answer: ControlDesk(logs: logs, store: store, judge: judge).answer))
        var awake: [Bell] = []
        if let submission = settings.submission {
            let way = desk.on(sending)
            let senders = submissionAccounts(submission, inputs, desk: way, logs: logs)
            if let server = try await submissionServer(
                submission, for: senders, desk: way, logger: named(logger, "submission"))
            {
                services.append(server)
            }
            for sender in senders {
                guard let account = settings.accounts.first(where: { $0.name == sender.name }),
                    let folder = account.outbox
                else { continue }
                let bell = Bell()
                awake.append(bell)
                services.append(
                    OutboxService(
                        settings: account, folder: folder, submission: sender, store: store, desk: desk, bell: bell,
                        startDelay: LoginPace.startDelay(
                            accounts: settings.accounts.count, random: Double.random(in: 0..<1)),
                        now: now, logger: named(logger, "outbox:\(account.name)")))
            }
        }
        var watches: [AccountWatch] = []
        for account in settings.accounts {
            guard let bell = bells[account.name], let signs = signs[account.name],
                let awaited = awaited[account.name]
            else { continue }
            awake.append(Bell())
            let cleansSince = try await store.copiesCleaned(
                of: try await store.account(named: account.name), isOn: account.sentCopy == .clean, now: now())
            watches.append(
                AccountWatch(
                    settings: account, store: store, desk: desk, signs: signs,
                    policy: policy(account, now()), bell: bell, awake: awake[awake.count - 1],
                    startDelay: LoginPace.startDelay(
                        accounts: settings.accounts.count, random: Double.random(in: 0..<1)),
                    judge: judge, awaited: awaited, cleansSince: cleansSince, board: board, now: now,
                    logger: named(logger, "account:\(account.name)")))
        }
        services.append(AccountService(accounts: watches))
        services.append(
            TidyService(
                store: store, retention: settings.privacy.retention, accounts: bells, now: now,
                logger: named(logger, "tidy")))
        services.append(
            WakeService(clock: .system, bells: Array(bells.values) + awake, logger: named(logger, "wake")))
        return services
    }

    private static func named(_ logger: Logger, _ part: String) -> Logger {
        var logger = logger
        logger[metadataKey: "part"] = "\(part)"
        return logger
    }

    private static func syncPolicy(_ inputs: Inputs) -> (Settings.Account, Date) -> FolderSync.Policy {
        let isOurs = inputs.isOurs
        let needles = inputs.settings.sources.map { $0.pixelURL.text.afterScheme + PixelURL.pathPrefix }
        return { account, now in
            var policy = FolderSync.Policy(
                since: account.since.map { now - $0.seconds }, patterns: inputs.patterns, isOurs: isOurs)
            policy.needles = needles + inputs.patterns.map(\.needle)
            return policy
        }
    }
}

extension KeywordNames {
    package init(_ settings: Settings.ByMark) {
        let all: [(Mark, String?)] = [
            (.tracked, settings.tracked), (.opened, settings.opened), (.openedAgain, settings.openedAgain),
            (.reached, settings.reached), (.clicked, settings.clicked), (.replied, settings.replied),
            (.followUp, settings.followUp), (.unreliable, settings.unreliable),
        ]
        self.init(Dictionary(uniqueKeysWithValues: all.compactMap { mark, name in name.map { (mark, $0) } }))
    }
}

extension String {
    /// A URL without `https://`.
    fileprivate var afterScheme: String { firstRange(of: "://").map { String(self[$0.upperBound...]) } ?? self }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
