import Agent
import ArgumentParser
import Foundation
import Host
import Logging
import PixelServer
import ServiceLifecycle
import Settings

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the pixel server alone.",
        discussion: """
            As [server] in the configuration says; accounts and sources are not needed. It speaks HTTP behind a web server \
            that ends TLS and is named in trusted_proxies (examples for nginx, Caddy and HAProxy come with Sentmark), or \
            HTTPS with certificate_file and key_file.

            Runs until SIGTERM or SIGINT. SIGHUP reads a renewed certificate. Events go to standard error.

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
        let server = try Services.pixelServer(
            wish, Services.secret(wish), Directories(), logger: logger, now: { Date() })
        signal(SIGHUP, SIG_IGN)
        let renewal = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        renewal.setEventHandler { Self.renew(wish, in: server, logger) }
        renewal.resume()
        defer { renewal.cancel() }
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
