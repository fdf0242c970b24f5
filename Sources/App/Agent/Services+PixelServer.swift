import Foundation
import Host
import Logging
import Networks
import Opens
import PixelServer
import Settings
import Tokens
import Transport

/// The pixel server of this machine, in the agent or alone.
extension Services {
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
        let families = FamilyCache()
        return { facts in
            let origin = lookup(facts.address)
            return RequestTraits(
                netclass: origin.netclass, asn: origin.asn, family: families.family(of: facts.userAgent),
                signals: Signal.signals(headers: facts.headers, method: facts.method))
        }
    }
}

extension Settings {
    /// Whether addresses are looked up here: by a pixel server, or those that a web server's log or a provider tells.
    package var looksUpNetworks: Bool {
        server != nil || !providers.isEmpty
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
