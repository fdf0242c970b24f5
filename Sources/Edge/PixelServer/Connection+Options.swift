import NIOCore
import NIOPosix

/// How the sockets of connections are set up, whoever has accepted them.
extension ServerBootstrap {
    func withConnectionOptions() -> ServerBootstrap {
        childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: Connection.receiveAllocator)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
    }
}

extension ClientBootstrap {
    func withConnectionOptions() -> ClientBootstrap {
        channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: Connection.receiveAllocator)
            .channelOption(.allowRemoteHalfClosure, value: true)
    }
}

extension Connection {
    fileprivate static var receiveAllocator: FixedSizeRecvByteBufferAllocator {
        FixedSizeRecvByteBufferAllocator(capacity: readBytes)
    }
}
