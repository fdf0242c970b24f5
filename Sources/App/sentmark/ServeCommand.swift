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
            As [server] in the configuration says; accounts and sources are not needed. It speaks HTTP without TLS: put a \
            web server in front of it (examples for nginx and Caddy come with Sentmark), and name that in trusted_proxies.

            Runs until SIGTERM or SIGINT. Events go to standard error.

            With --check it looks at the address, the files and the store (docs/postgresql.md), says what is wrong with \
            them as 'sentmark doctor' does, changes nothing and ends.

            EXAMPLES
              sentmark serve --check
              sentmark serve
              sentmark serve --config /etc/sentmark/server.toml
            """)

    @OptionGroup var config: ConfigOptions

    @Flag(help: "Only look whether it could run.")
    var check = false

    func run() async throws {
        let settings = try config.load(filesMustExist: false)
        if check { return try await Self.look(at: settings.requireServer()) }
        let logger = Logger(label: "sentmark")
        for warning in settings.warnings { logger.warning("\(warning)") }
        let wish = try settings.requireServer()
        let server = try await Services.pixelServer(
            wish, Services.secret(wish), Directories(), logger: logger, now: { Date() })
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(
                    service: server, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            ], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .milliseconds(1500)
        configuration.maximumCancellationDuration = .milliseconds(400)
        try await ServiceGroup(configuration: configuration).run()
    }

    private static func look(at server: Settings.Server) async throws {
        let checks = ServerChecks.checks(await ServerFacts.find(server, poller: try Poller()))
        try StandardOutput.write(checks.map(\.line).joined() + "\n" + DoctorSummary.line(checks))
        if let status = DoctorSummary.status(checks) { throw ExitCode(status.rawValue) }
    }
}
