import Logging
import SMTP
import Secrets
import ServiceLifecycle
import Transport

/// The SMTP submission proxy: mail clients send to it, and it sends to their providers.
package struct SubmissionServer: Service {
    package struct Configuration: Sendable {
        /// STARTTLS if there is a certificate.
        package var listen: (host: String, port: Int)
        /// TLS from the first byte on.
        package var listenTLS: (host: String, port: Int)?
        /// PEM: the chain, and its key.
        package var certificate: (chain: [UInt8], key: Secret)?
        /// Whether clients have to use TLS, since others can listen in.
        package var requiresTLS = false
        package var connections = 200
        /// How long a client may say nothing.
        package var patience = ProxySession.patience
        /// Called when a mail turns out to be long: up to 8 MB of it may be kept for a while.
        package var mailIsLong: @Sendable () -> Void = {}
        /// Called whenever the last session that was open has ended.
        package var isAtRest: @Sendable () -> Void = {}
        /// Told the port of each listener once it listens; 0 as a port is any.
        package var listening: @Sendable (_ port: Int, _ isTLS: Bool) -> Void = { _, _ in }

        package init(listen: (host: String, port: Int)) { self.listen = listen }
    }

    private let configuration: Configuration
    private let accounts: SubmissionAccounts
    private let poller: Poller
    private let tls: ClientTLS?
    private let logger: Logger

    /// Sessions are on the poller's thread, and best those whom the accounts connect to are as well. Throws
    /// ``SubmissionError`` when the certificate cannot be used.
    package init(
        _ configuration: Configuration, accounts: SubmissionAccounts, on poller: Poller, logger: Logger
    ) throws(SubmissionError) {
        self.configuration = configuration
        self.accounts = accounts
        self.poller = poller
        self.logger = logger
        tls = try configuration.certificate.map { pair throws(SubmissionError) in
            try ClientTLS(chain: pair.chain, key: pair.key)
        }
    }

    package func run() async throws {
        var listeners = [(try listen(on: configuration.listen), false)]
        if let address = configuration.listenTLS {
            do {
                listeners.append((try listen(on: address), true))
            } catch {
                await listeners[0].0.close()
                throw error
            }
        }
        let sessions = Sessions(limit: configuration.connections)
        for (listener, isTLS) in listeners {
            logger.info(
                "listening",
                metadata: ["address": "\(configuration.listen.host):\(listener.port)", "tls": "\(isTLS)"])
            configuration.listening(listener.port, isTLS)
        }
        // Mail that is on its way is brought to its end; who has none is told to come back.
        await withGracefulShutdownHandler { [listeners] in
            await withDiscardingTaskGroup { group in
                for (listener, isTLS) in listeners {
                    group.addTask(executorPreference: poller) { await serve(listener, isTLS, sessions) }
                }
            }
        } onGracefulShutdown: { [listeners] in
            for (listener, _) in listeners { Task { await listener.close() } }
            sessions.end()
        }
    }

    private func listen(on address: (host: String, port: Int)) throws(SubmissionError) -> Listener {
        do {
            return try Listener(host: address.host, port: address.port, on: poller)
        } catch {
            throw SubmissionError(
                "\(address.host):\(address.port): cannot be listened on: \(error.reason)",
                action: "choose another address in [submission], or stop what uses it")
        }
    }

    private func serve(_ listener: Listener, _ isTLS: Bool, _ sessions: Sessions) async {
        await withDiscardingTaskGroup { group in
            while let accepted = await listener.accept() {
                group.addTask(executorPreference: poller) {
                    await serve(AcceptedStream(accepted, on: poller), isTLS, sessions)
                }
            }
        }
        await listener.close()
    }

    private func serve(_ stream: AcceptedStream, _ isTLS: Bool, _ sessions: Sessions) async {
        let session = ProxySession(
            sessionConfiguration(isTLS), accounts: accounts, on: poller, patience: configuration.patience,
            mailIsLong: configuration.mailIsLong, logger: logger)
        guard let number = sessions.enter(session) else {
            return await stream.close(after: isTLS ? [] : Reply(421, "4.3.2", "no more connections").bytes)
        }
        await session.run(stream, tls, isTLS: isTLS)
        if sessions.leave(number) { configuration.isAtRest() }
    }

    private func sessionConfiguration(_ isTLS: Bool) -> ServerSession.Configuration {
        var session = ServerSession.Configuration(hostName: "localhost")
        session.offersStartTLS = tls != nil && !isTLS
        session.isEncrypted = isTLS
        session.requiresEncryption = configuration.requiresTLS
        // Every user of this machine can reach the loopback.
        session.requiresAuthentication = true
        return session
    }
}

/// Why the proxy cannot run.
package struct SubmissionError: Error, Sendable, CustomStringConvertible {
    package let detail: String
    package let action: String

    init(_ detail: String, action: String) {
        self.detail = detail
        self.action = action
    }

    package var description: String { "\(detail); \(action)" }
}
