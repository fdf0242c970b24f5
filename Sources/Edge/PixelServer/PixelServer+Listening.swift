import Foundation
import Logging
import NIOCore
import NIOPosix
import Opens

extension PixelServer {
    /// Where connections come in.
    enum Entrance {
        case channel(any Channel)
        #if os(Linux)
            case loop(PixelLoop, port: Int)
        #endif

        var port: Int? {
            switch self {
            case .channel(let channel): channel.localAddress?.port
            #if os(Linux)
                case .loop(_, let port): port
            #endif
            }
        }

        /// Takes no more connections. Where they are served right here: answers what is owed, in at most so long.
        func close(within time: Duration) async {
            switch self {
            case .channel(let channel): try? await channel.close()
            #if os(Linux)
                case .loop(let loop, _): await loop.end(within: time)
            #endif
            }
        }
    }

    /// For strangers. Connections that say at once what they want, without TLS or a proxy's word before it, are served by
    /// a loop that knows requests for pixels alone, and hands on what is none.
    func listenForPixels(
        on group: MultiThreadedEventLoopGroup, _ router: NIOLoopBound<Router>, _ pixels: Pixels, _ seats: Seats
    ) async throws -> Entrance {
        let (host, port) = (configuration.host, configuration.port)
        #if os(Linux)
            if configuration.certificate == nil, configuration.clientOrigin != .proxyProtocol {
                let descriptor: CInt
                do throws(ListeningSocket.Failure) {
                    if let inherited = configuration.inherited.pixels {
                        try ListeningSocket.inherit(inherited)
                        descriptor = inherited
                    } else {
                        descriptor = try ListeningSocket.open(host: host, port: port)
                    }
                } catch {
                    throw Self.refusal(host, port, configuration.inherited.pixels, error.why)
                }
                guard let loop = try await PlainService.loop(on: descriptor, router, pixels, seats, now: now) else {
                    close(descriptor)
                    throw Self.refusal(host, port, configuration.inherited.pixels, String(cString: strerror(EMFILE)))
                }
                let (address, number) = ListeningSocket.address(of: descriptor) ?? (host, port)
                loop.start()
                report(configuration.inherited.pixels, "\(host):\(number)", inheritedAddress: address)
                return .loop(loop, port: number)
            }
        #endif
        return try await listen(
            on: group, router, .pixels, host: host, port: port, inherited: configuration.inherited.pixels)
    }

    /// For those who watch over the server, if the configuration has any.
    func listenForOperations(
        on group: MultiThreadedEventLoopGroup, _ router: NIOLoopBound<Router>
    ) async throws -> Entrance? {
        let inherited = configuration.inherited.operations
        guard configuration.operations != nil || inherited != nil else { return nil }
        let (host, port) = configuration.operations ?? ("", 0)
        return try await listen(on: group, router, .operations, host: host, port: port, inherited: inherited)
    }

    private func listen(
        on group: MultiThreadedEventLoopGroup, _ router: NIOLoopBound<Router>, _ kind: Connection.Listener,
        host: String, port: Int, inherited: CInt?
    ) async throws(PixelServerError) -> Entrance {
        let readsProxyHeader = configuration.clientOrigin == .proxyProtocol
        let trusted = configuration.trustedProxies
        let tls = tls
        do {
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 4096)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .withConnectionOptions()
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let peer = channel.remoteAddress.flatMap(IPAddress.init(socket:)) else {
                            throw ChannelError.ioOnClosedChannel
                        }
                        let connection = Connection(peer: peer, listener: kind, router: router.value)
                        let pipeline = channel.pipeline.syncOperations
                        // Those who watch over the server come to it as they are.
                        if kind == .pixels {
                            if readsProxyHeader, trusted.contains(where: { $0.contains(peer) }) {
                                try pipeline.addHandler(ProxyHeaderHandler(for: connection))
                            }
                            if let tls = tls.handler() { try pipeline.addHandler(tls) }
                        }
                        try pipeline.addHandler(connection)
                    }
                }
            let channel =
                if let inherited {
                    try await bootstrap.withBoundSocket(inherited).get()
                } else {
                    try await bootstrap.bind(host: host, port: port).get()
                }
            report(
                inherited, "\(host):\(channel.localAddress?.port ?? port)",
                inheritedAddress: channel.localAddress.map { "\($0)" } ?? "", for: kind)
            return .channel(channel)
        } catch {
            let why = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw Self.refusal(host, port, inherited, why)
        }
    }

    private func report(
        _ inherited: CInt?, _ address: String, inheritedAddress: String, for kind: Connection.Listener = .pixels
    ) {
        var metadata: Logger.Metadata = ["address": "\(inherited == nil ? address : inheritedAddress)"]
        if kind == .operations { metadata["for"] = "operations" }
        if let inherited { metadata["descriptor"] = "\(inherited)" }
        logger.info("listening", metadata: metadata)
    }

    private static func refusal(_ host: String, _ port: Int, _ inherited: CInt?, _ why: String) -> PixelServerError {
        guard let inherited else {
            return PixelServerError(
                .listen, "\(host):\(port): cannot be listened on: \(why)",
                .needsUser("choose another address, or stop what uses it"))
        }
        return PixelServerError(
            .listen, "descriptor \(inherited): is no socket that listens: \(why)",
            .needsUser("see that the socket unit has ListenStream= and no Accept="))
    }
}

extension IPAddress {
    fileprivate init?(socket: SocketAddress) {
        switch socket {
        case .v4(let address): self.init(bytes: withUnsafeBytes(of: address.address.sin_addr) { Array($0) })
        case .v6(let address): self.init(bytes: withUnsafeBytes(of: address.address.sin6_addr) { Array($0) })
        case .unixDomainSocket: return nil
        }
    }
}
