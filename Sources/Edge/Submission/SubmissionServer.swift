import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SMTP
import Secrets
import ServiceLifecycle
import Synchronization

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
        /// Told the port of each listener once it listens; 0 as a port is any.
        package var listening: @Sendable (_ port: Int, _ isTLS: Bool) -> Void = { _, _ in }

        package init(listen: (host: String, port: Int)) { self.listen = listen }
    }

    private let configuration: Configuration
    private let accounts: SubmissionAccounts
    private let tls: NIOSSLContext?
    private let logger: Logger

    /// Throws ``SubmissionError`` when the certificate cannot be used.
    package init(_ configuration: Configuration, accounts: SubmissionAccounts, logger: Logger) throws(SubmissionError) {
        self.configuration = configuration
        self.accounts = accounts
        self.logger = logger
        tls = try configuration.certificate.map { pair throws(SubmissionError) in
            try Self.context(chain: pair.chain, key: pair.key)
        }
    }

    package func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let plain = try await bind(configuration.listen, tls: nil, on: group)
        var listeners = [(plain, false)]
        if let address = configuration.listenTLS {
            listeners.append((try await bind(address, tls: tls, on: group), true))
        }
        let sessions = Sessions(limit: configuration.connections)
        for (listener, isTLS) in listeners {
            let port = listener.channel.localAddress?.port ?? 0
            logger.info("listening", metadata: ["address": "\(configuration.listen.host):\(port)", "tls": "\(isTLS)"])
            configuration.listening(port, isTLS)
        }
        // Mail that is on its way is brought to its end; who has none is told to come back.
        await withGracefulShutdownHandler { [listeners] in
            await withDiscardingTaskGroup { group in
                for (listener, isTLS) in listeners {
                    group.addTask { await serve(listener, isTLS, sessions) }
                }
            }
        } onGracefulShutdown: { [listeners] in
            for (listener, _) in listeners { listener.channel.close(promise: nil) }
            sessions.end()
        }
    }

    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func bind(
        _ address: (host: String, port: Int), tls: NIOSSLContext?, on group: MultiThreadedEventLoopGroup
    ) async throws(SubmissionError) -> NIOAsyncChannel<Client, Never> {
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10))
                .bind(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        // From the beginning: a client may greet at once.
                        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                        try channel.pipeline.syncOperations.addHandler(ArrivalCount())
                        return try Client(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            let why = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw SubmissionError(
                "\(address.host):\(address.port): cannot be listened on: \(why)",
                action: "choose another address in [submission], or stop what uses it")
        }
    }

    private func serve(_ listener: NIOAsyncChannel<Client, Never>, _ isTLS: Bool, _ sessions: Sessions) async {
        try? await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { clients in
                for try await client in clients {
                    group.addTask { await serve(client, isTLS, sessions) }
                }
            }
        }
    }

    private func serve(_ client: Client, _ isTLS: Bool, _ sessions: Sessions) async {
        do {
            try await client.executeThenClose { inbound, outbound in
                let socket = ClientSocket(client.channel, inbound, outbound, tls: tls)
                guard let number = sessions.enter(client.channel) else {
                    return try await socket.send(Reply(421, "4.3.2", "no more connections").bytes)
                }
                defer { sessions.leave(number) }
                socket.isBusy = { sessions.set(number, isBusy: $0) }
                var session = ProxySession(
                    sessionConfiguration(isTLS), accounts: accounts, client: socket, logger: logger)
                await session.run()
            }
        } catch {
            logger.debug("client gone", metadata: ["reason": "\(error)"])
        }
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

    private static func context(chain: [UInt8], key: Secret) throws(SubmissionError) -> NIOSSLContext {
        do {
            let certificates = try NIOSSLCertificate.fromPEMBytes(chain).map { NIOSSLCertificateSource.certificate($0) }
            let key = try key.reveal { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw SubmissionError(
                "the certificate and its key cannot be used: \(error)",
                action: "check certificate_file and key_file in [submission]: both are PEM, and belong together")
        }
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
