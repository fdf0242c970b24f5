import NIOCore
import Transport

/// A mail client's connection, whatever its octets go through.
protocol ClientConnection {
    /// For the log.
    var peer: String { get }
    /// Ends it, and with it every wait for it. From anywhere.
    var cut: @Sendable () -> Void { get }
    /// What has come, at least one octet. `nil`: the client has ended the connection, or it is closed.
    func receive() async throws -> [UInt8]?
    /// Whether all of it has been taken at once. If not, ``sent()`` is called, which returns when there is room for more.
    func offer(_ bytes: [UInt8]) throws -> Bool
    func sent() async throws
    /// Ends it behind what is being sent, and behind the last words.
    func close(after lastWords: [UInt8]) async
}

extension AcceptedStream: ClientConnection {
    nonisolated var cut: @Sendable () -> Void { { Task { await self.close() } } }
}

/// One that goes through NIO: TLS, or the pipes of another program.
final class ChannelConnection: ClientConnection {
    let peer: String
    private let channel: any Channel
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var offered: [UInt8] = []

    init(
        _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
        peer = channel.remoteAddress?.ipAddress ?? "unknown"
    }

    var cut: @Sendable () -> Void { { [channel] in channel.close(promise: nil) } }

    func receive() async throws -> [UInt8]? {
        while let buffer = try await inbound.next(isolation: #isolation) {
            if buffer.readableBytes > 0 { return Array(buffer: buffer) }
        }
        return nil
    }

    func offer(_ bytes: [UInt8]) -> Bool {
        offered = bytes
        return false
    }

    func sent() async throws { try await outbound.write(ByteBuffer(bytes: offered)) }

    func close(after lastWords: [UInt8]) async {
        guard !lastWords.isEmpty else { return cut() }
        channel.writeAndFlush(ByteBuffer(bytes: lastWords)).whenComplete { [cut] _ in cut() }
    }
}
