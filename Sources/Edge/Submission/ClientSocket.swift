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
        try await watchdog.wait(atMost: limit) { try await inbound.next().map { Array(buffer: $0) } }
    }

    func send(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await watchdog.wait(atMost: ProxySession.patience) { try await outbound.write(ByteBuffer(bytes: bytes)) }
    }

    /// Sends the last bytes in the clear, and puts TLS between before anything else can be read.
    func startTLS(after bytes: [UInt8]) async throws {
        guard let tls else { throw ChannelError.operationUnsupported }
        try await channel.eventLoop.submit { [channel] in
            channel.pipeline.syncOperations.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        }.get()
    }
}
