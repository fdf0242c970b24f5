import NIOCore
import NIOSSL

/// A mail client's connection.
final class ClientSocket {
    /// For the log.
    let peer: String
    /// Told when a mail begins and when its answer has been sent.
    var isBusy: (Bool) -> Void = { _ in }
    private let channel: any Channel
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let tls: NIOSSLContext?
    private let watchdog: Watchdog
    /// Octets that ``receive(within:)`` has taken from the network.
    private var taken = 0
    /// Octets that came in the clear and that nobody has read before TLS began.
    private var void = 0

    init(
        _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, tls: NIOSSLContext?
    ) {
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
        self.tls = tls
        peer = channel.remoteAddress?.ipAddress ?? "unknown"
        watchdog = Watchdog { channel.close(promise: nil) }
    }

    /// `nil`: the client has ended the connection, or has said nothing for so long.
    func receive(within limit: Duration) async throws -> [UInt8]? {
        while let buffer = try await watchdog.wait(atMost: limit, { try await inbound.next() }) {
            taken += buffer.readableBytes
            let bytes = Array(buffer: buffer).dropFirst(void)
            void -= buffer.readableBytes - bytes.count
            if !bytes.isEmpty { return Array(bytes) }
        }
        return nil
    }

    func send(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await watchdog.wait(atMost: ProxySession.patience) { try await outbound.write(ByteBuffer(bytes: bytes)) }
    }

    /// Sends the last bytes in the clear, and puts TLS between before anything else can be read. What has come by then
    /// may be of somebody in between, and is thrown away (CVE-2011-0411).
    func startTLS(after bytes: [UInt8]) async throws {
        guard let tls else { throw ChannelError.operationUnsupported }
        let arrived = try await channel.eventLoop.submit { [channel] in
            let pipeline = channel.pipeline.syncOperations
            pipeline.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
            try pipeline.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            return try pipeline.handler(type: ArrivalCount.self).octets
        }.get()
        void = arrived - taken
    }
}

/// Counts what has come to a connection, whether somebody has read it or not.
final class ArrivalCount: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private(set) var octets = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        octets += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
    }
}
