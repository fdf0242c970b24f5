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

            EXAMPLES
              sentmark serve
              sentmark serve --config /etc/sentmark/server.toml
            """)

    @OptionGroup var config: ConfigOptions

    func run() async throws {
        let settings = try config.load(filesMustExist: false)
        let logger = Logger(label: "sentmark")
        for warning in settings.warnings { logger.warning("\(warning)") }
        let wish = try settings.requireServer()
        let networks = try Services.networks(
            settings.ranges, Directories(), on: settings.ranges.automatic ? Poller() : nil, logger: logger,
            now: { Date() })
        let server = try Services.pixelServer(
            wish, Services.secret(wish), Directories(), lookup: networks.lookup, logger: logger, now: { Date() })
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
        try await ServiceGroup(configuration: configuration).run()
    }
}
