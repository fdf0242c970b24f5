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
        _ inputs: Inputs, directories: Directories, store: AgentStore, poller: Poller,
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
        for source in settings.sources { _ = try await store.source(named: source.name) }
        try await store.adoptTokens(where: inputs.isOurs)
        services.append(
            JudgeService(store: store, bell: judge, accounts: bells, now: now, logger: named(logger, "judge")))
        for (source, credential) in zip(settings.sources, inputs.credentials) {
            services.append(
                SourceService(
                    name: source.name, feed: source.feed(credential, poller, lookup: lookup), store: store,
                    judge: judge,
                    accounts: Array(bells.values), begin: listening, now: now,
                    logger: named(logger, "source:\(source.name)")))
        }
        let awaited = Dictionary(settings.accounts.map { ($0.name, AwaitedMail()) }) { first, _ in first }
        let ledger = OutgoingLedger(store)
        var logs: [String: AccountLog] = [:]
        for (name, mail) in awaited {
            logs[name] = AccountLog(store, ledger, try await store.account(named: name), awaited: mail, now: now)
        }
        services.append(
            ControlServer(
                path: directories.controlSocket, logger: named(logger, "control"),
                answer: ControlDesk(logs: logs, store: store, judge: judge).answer))
        var awake: [Bell] = []
        if let submission = settings.submission {
            let senders = submissionAccounts(submission, inputs, desk: desk, logs: logs)
            if let server = try await submissionServer(
                submission, for: senders, desk: desk, logger: named(logger, "submission"))
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
        for account in settings.accounts {
            guard let bell = bells[account.name], let signs = signs[account.name],
                let awaited = awaited[account.name]
            else { continue }
            awake.append(Bell())
            let cleansSince = try await store.copiesCleaned(
                of: try await store.account(named: account.name), isOn: account.sentCopy == .clean, now: now())
            services.append(
                AccountService(
                    settings: account, store: store, desk: desk, signs: signs,
                    policy: policy(account, now()), bell: bell, awake: awake[awake.count - 1],
                    startDelay: LoginPace.startDelay(
                        accounts: settings.accounts.count, random: Double.random(in: 0..<1)),
                    judge: judge, awaited: awaited, cleansSince: cleansSince, board: board, now: now,
                    logger: named(logger, "account:\(account.name)")))
        }
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

    /// What `FileDescriptorName=` calls the socket of `/metrics`, `/healthz` and `/readyz`; any other is the pixels'.
    private static let operationsSocket = "operations"

    /// The server's own, made if there is none yet.
    package static func secret(_ settings: Settings.Server) throws -> ServerSecret {
        try ServerSecretFile.loadOrCreate(URL(filePath: settings.secretFile), random: systemRandomBytes)
    }

    /// What addresses are looked up in, and what keeps it up to date.
    package static func networks(
        _ settings: Settings.Ranges, _ directories: Directories, on poller: Poller?, logger: Logger,
        now: @escaping @Sendable () -> Date
    ) -> (lookup: NetworkLookup, service: NetworkService) {
        let directory = RangesDirectory(directories)
        let live = LiveNetworks(settings, directory, logger: logger)
        return (live.lookup, NetworkService(live, settings, directory, on: poller, now: now, logger: logger))
    }

    package static func pixelServer(
        _ settings: Settings.Server, _ secret: ServerSecret, _ directories: Directories,
        lookup: @escaping NetworkLookup, logger: Logger, now: @escaping @Sendable () -> Date,
        sockets: ActivatedSockets? = nil, listening: @escaping @Sendable () -> Void = {}
    ) async throws -> PixelServer {
        try directories.create()
        var configuration = PixelServer.Configuration(settings, directories)
        configuration.listening = { _ in listening() }
        configuration.certificate = try serverCertificate(settings)
        configuration.inherited.operations = sockets?.descriptor(named: operationsSocket)
        configuration.inherited.pixels = sockets?.descriptor(notNamed: operationsSocket)
        return try await onThread { [configuration] in
            try PixelServer(
                configuration: configuration, secret: secret, classify: classify(by: lookup), logger: logger, now: now)
        }
    }

    /// What the server shows where it ends TLS itself, as its files are now.
    package static func serverCertificate(_ settings: Settings.Server) throws -> ServerCertificate? {
        guard let files = settings.certificate else { return nil }
        let (chain, key) = try files.read(for: "[server]")
        return ServerCertificate(chain: chain, key: key)
    }

    private static func classify(by lookup: @escaping NetworkLookup) -> Classify {
        { facts in
            let origin = lookup(facts.address)
            return RequestTraits(
                netclass: origin.netclass, asn: origin.asn, family: ClientFamily(userAgent: facts.userAgent),
                signals: Signal.signals(headers: facts.headers, method: facts.method))
        }
    }
}

extension Settings {
    /// Whether addresses are looked up here: by a pixel server, or in a web server's log.
    package var looksUpNetworks: Bool {
        server != nil
            || sources.contains { source in
                if case .accessLog = source.kind { true } else { false }
            }
    }
}

extension PixelServer.Configuration {
    package init(_ settings: Settings.Server, _ directories: Directories) {
        let state =
            switch settings.store {
            case .stateDirectory, .postgresql: URL(filePath: directories.state)
            case .file(let path): URL(filePath: path).deletingLastPathComponent()
            }
        self.init(
            host: settings.listen.host, port: Int(settings.listen.port), publicURL: settings.publicURL.text,
            stateDirectory: state)
        database = PostgresServer(settings.store)
        trustedProxies = settings.trustedProxies.compactMap { IPPrefix($0.description) }
        clientOrigin = PixelServer.ClientOrigin(settings.clientAddress)
        retention = settings.retention.seconds
        publicMetrics = settings.metrics
        operations = settings.metricsListen.map { ($0.host, Int($0.port)) }
        globalPrivacyControl = .init(settings.globalPrivacyControl)
        doNotTrack = .init(settings.doNotTrack)
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

extension PixelServer.Preference {
    fileprivate init(_ settings: Settings.Preference) {
        self =
            switch settings {
            case .record: .record
            case .minimal: .minimal
            case .discard: .discard
            }
    }
}

extension StreamCredential {
    /// The one to sign and pull with: the first line of the file. Throws as ``all(reading:)``.
    package init(reading path: String) throws {
        guard let first = try Self.all(reading: path).first else { throw Self.missing(in: path) }
        self = first
    }

    /// One a line: the first signs and pulls, those below it are earlier keys of the stream, by whose tokens mail is known
    /// that was sent with them. Throws ``HostError`` when the file cannot be used, and says so when a line of it is none.
    package static func all(reading path: String) throws -> [StreamCredential] {
        let lines = try SecretFile.read(path).reveal { bytes in
            bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).map {
                Secret(Array($0))
            }
        }
        let found = lines.prefix(maximumCount + 1).compactMap { StreamCredential($0) }
        guard !found.isEmpty, found.count == lines.count, found.count <= maximumCount else { throw missing(in: path) }
        return found
    }

    /// A stream has no more keys.
    private static var maximumCount: Int { 16 }

    private static func missing(in path: String) -> HostError {
        HostError(
            code: .unusable, subject: path, detail: "holds no credential of a pixel server",
            action: "put there what `sentmark stream add` printed (it begins with smk1_)")
    }
}

extension String {
    /// A URL without `https://`.
    fileprivate var afterScheme: String { firstRange(of: "://").map { String(self[$0.upperBound...]) } ?? self }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension PixelServer.ClientOrigin {
    fileprivate init(_ setting: Settings.ClientAddress) {
        self =
            switch setting {
            case .forwardedFor: .forwardedFor
            case .forwarded: .forwarded
            case .proxyProtocol: .proxyProtocol
            }
    }
}

extension Settings.Certificate {
    /// The chain and the key; `section` is where the files are named.
    func read(for section: String) throws(HostError) -> (chain: [UInt8], key: Secret) {
        let key = try SecretFile.read(keyFile)
        guard let chain = FileManager.default.contents(atPath: chainFile) else {
            throw HostError(
                code: .notFound, subject: chainFile, detail: "cannot be read",
                action: "check certificate_file in \(section)")
        }
        return (Array(chain), key)
    }
}
