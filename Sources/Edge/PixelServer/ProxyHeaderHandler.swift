import NIOCore
import Opens

/// Takes the PROXY protocol's header off a connection's front and gives the address to the connection. What is no such
/// header ends the connection without an answer: whoever sent it is not the proxy that was agreed on. The connection's
/// own time for a request's head bounds the wait.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: Connection
    private var received: ByteBuffer?

    init(for connection: Connection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if var received {
            received.writeBuffer(&bytes)
            self.received = received
        } else {
            received = bytes
        }
        guard let received else { return }
        switch ProxyHeader(received.readableBytesView) {
        case .incomplete: break
        case .malformed:
            self.received = nil
            context.close(promise: nil)
        case .complete(let count, let address):
            var rest = received
            rest.moveReaderIndex(forwardBy: count)
            self.received = nil
            if let address { connection.peer = address }
            if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nothing was handed on, so nobody asks for more.
        if received != nil { context.read() }
    }
}
