import Agent
import ArgumentParser
import Foundation
import Host
import Logging
import PixelServer
import ServiceLifecycle
import Settings
import Transport

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the pixel server alone.",
        discussion: """
            As [server] in the configuration says; accounts and sources are not needed. It speaks HTTP behind a web server \
            that ends TLS and is named in trusted_proxies (examples for nginx, Caddy and HAProxy come with Sentmark), or \
            HTTPS with certificate_file and key_file.

            Runs until SIGTERM or SIGINT. SIGHUP reads a renewed certificate. Events go to standard error. Sockets of a \
            systemd socket unit are taken over; docs/pixel-server.md tells of the units, of backups and of what is stored.

            With --check it looks at the address, the files and the store (docs/postgresql.md), says what is wrong with \
            them as 'sentmark doctor' does, changes nothing and ends.

            EXAMPLES
              sentmark serve --check
              sentmark serve
              sentmark serve --config /etc/sentmark/server.toml
              sentmark serve backup /var/backups/sentmark/today
            """,
        subcommands: [ServeRunCommand.self, ServeBackupCommand.self], defaultSubcommand: ServeRunCommand.self)
}

struct ServeRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run it (default).",
        discussion: """
            The same as 'sentmark serve'.

            EXAMPLES
              sentmark serve run --config /etc/sentmark/server.toml
            """)

    @OptionGroup var config: ConfigOptions

    @Flag(help: "Only look whether it could run.")
    var check = false

    func run() async throws {
        let sockets = ActivatedSockets()
        sockets?.closeOnExec()
        let settings = try config.load(filesMustExist: false)
        if check { return try await Self.look(at: settings.requireServer()) }
        let logger = Logger(label: "sentmark")
        for warning in settings.warnings { logger.warning("\(warning)") }
        let wish = try settings.requireServer()
        // No program is started here that could not bear so many.
        _ = OpenFiles.allow(PixelServer.Limits().connections + 1024)
        let notifier = ServiceNotifier()
        let networks = try Services.networks(
            settings.ranges, Directories(), on: settings.ranges.automatic ? Poller() : nil, logger: logger,
            now: { Date() })
        let server = try await Services.pixelServer(
            wish, Services.secret(wish), Directories(), lookup: networks.lookup, logger: logger, now: { Date() },
            sockets: sockets
        ) {
            Memory.trim()
            notifier?.ready(status: "serving")
        }
        signal(SIGHUP, SIG_IGN)
        let renewal = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        renewal.setEventHandler { Self.renew(wish, in: server, logger) }
        renewal.resume()
        defer { renewal.cancel() }
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: networks.service, successTerminationBehavior: .ignore),
                .init(
                    service: server, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup),
            ], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .milliseconds(1500)
        configuration.maximumCancellationDuration = .milliseconds(400)
        let watchdog = Task { await notifier?.watch { true } }
        defer { watchdog.cancel() }
        try await ServiceGroup(configuration: configuration).run()
    }

    private static func look(at server: Settings.Server) async throws {
        let checks = ServerChecks.checks(await ServerFacts.find(server, poller: try Poller()))
        try StandardOutput.write(checks.map(\.line).joined() + "\n" + DoctorSummary.line(checks))
        if let status = DoctorSummary.status(checks) { throw ExitCode(status.rawValue) }
    }

    /// The files are read again; what cannot be used changes nothing.
    private static func renew(_ settings: Settings.Server, in server: PixelServer, _ logger: Logger) {
        do {
            guard let certificate = try Services.serverCertificate(settings) else { return }
            try server.renew(certificate)
            logger.info("the certificate was read again")
        } catch {
            logger.error("the certificate stays as it was", metadata: ["reason": "\(error)"])
        }
    }
}
