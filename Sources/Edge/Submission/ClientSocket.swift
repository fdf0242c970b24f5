import NIOCore
import NIOSSL

/// A mail client's connection: the last handler of its channel, and what the session reads and writes. All of it on the
/// channel's event loop: see ``LoopExecutor``.
final class ClientSocket: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// For the log.
    let peer: String
    /// Told when a mail begins and when its answer has been sent.
    var isBusy: (Bool) -> Void = { _ in }
    let channel: any Channel
    /// Where it is used.
    let executor: LoopExecutor
    private let tls: NIOSSLContext?
    private let watchdog: Watchdog
    private var received: [UInt8] = []
    /// The channel wants to read while enough is here.
    private var isReadingHeld = false
    private var isOver = false
    private var failure: (any Error)?
    private var waiter: CheckedContinuation<Void, Never>?

    /// Reading pauses when this much waits for the session.
    private static let inboxLimit = 256 << 10

    init(_ channel: any Channel, _ executor: LoopExecutor, tls: NIOSSLContext?) {
        self.channel = channel
        self.tls = tls
        self.executor = executor
        peer = channel.remoteAddress?.ipAddress ?? "unknown"
        watchdog = Watchdog { channel.close(promise: nil) }
    }

    /// All that has come. `nil`: the client has ended the connection, or has said nothing for so long.
    func receive(within limit: Duration) async throws -> [UInt8]? {
        await wait(atMost: limit) { !received.isEmpty }
        guard !received.isEmpty else {
            if let failure { throw failure }
            return nil
        }
        let bytes = received
        received = []
        if isReadingHeld {
            isReadingHeld = false
            channel.read()
        }
        return bytes
    }

    /// Returns when there is room for more.
    func send(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        if isOver { throw failure ?? ChannelError.ioOnClosedChannel }
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        await wait(atMost: ProxySession.patience) { channel.isWritable }
    }

    /// Sends the last bytes in the clear, and puts TLS between before anything else can be read. What has come by then
    /// may be of somebody in between, and is thrown away (CVE-2011-0411).
    func startTLS(after bytes: [UInt8]) throws {
        guard let tls else { throw ChannelError.operationUnsupported }
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        received = []
    }

    /// Once what was sent is on its way.
    func close() async { try? await channel.close() }

    /// Until it is so, or the connection is over.
    private func wait(atMost limit: Duration, until isSo: () -> Bool) async {
        while !isSo(), !isOver {
            await watchdog.wait(atMost: limit) {
                await withCheckedContinuation { continuation in
                    // It may have come about on the way here.
                    if isSo() || isOver { continuation.resume() } else { waiter = continuation }
                }
            }
        }
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    private func end(_ error: (any Error)?) {
        isOver = true
        failure = failure ?? error
        wake()
    }
}

/// What the channel tells.
extension ClientSocket {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !received.isEmpty { wake() }
    }

    func read(context: ChannelHandlerContext) {
        if received.count < Self.inboxLimit { context.read() } else { isReadingHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { wake() }
    func channelInactive(context: ChannelHandlerContext) { end(nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
        context.close(promise: nil)
    }
}
