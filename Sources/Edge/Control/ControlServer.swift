import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The agent's control socket: a file that nobody but its owner can open.
package struct ControlServer: Service {
    private let path: String
    private let answer: @Sendable (ControlRequest) async -> ControlAnswer
    private let logger: Logger

    /// `path` lies in a directory that nobody else can enter. What is left there of an agent before is replaced: the
    /// caller holds the lock.
    package init(
        path: String, logger: Logger, answer: @escaping @Sendable (ControlRequest) async -> ControlAnswer
    ) {
        self.path = path
        self.answer = answer
        self.logger = logger
    }

    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Without the socket the agent does all else, so that it goes on if there cannot be one.
    package func run() async throws {
        let listener: NIOAsyncChannel<Client, Never>
        do {
            listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture { try Client(wrappingChannelSynchronously: channel) }
                }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            logger.warning("no control socket", metadata: ["path": "\(path)", "reason": "\(error)"])
            return
        }
        await cancelWhenGracefulShutdown {
            try? await withThrowingDiscardingTaskGroup { group in
                try await listener.executeThenClose { clients in
                    for try await client in clients { group.addTask { await serve(client) } }
                }
            }
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    private func serve(_ client: Client) async {
        try? await client.executeThenClose { inbound, outbound in
            var lines = LineBuffer()
            for try await buffer in inbound {
                try lines.append(buffer)
                while let line = lines.next() {
                    let result: ControlAnswer
                    if let request = try? JSONDecoder().decode(ControlRequest.self, from: line) {
                        result = await answer(request)
                    } else {
                        result = .failed("not a request of this version")
                    }
                    try await outbound.write(ByteBuffer(bytes: try JSONEncoder().encode(result) + [0x0a]))
                }
            }
        }
    }
}

/// Lines of a stranger's bytes.
struct LineBuffer {
    private var buffer = ByteBuffer()

    mutating func append(_ bytes: ByteBuffer) throws(ControlError) {
        buffer.writeImmutableBuffer(bytes)
        guard buffer.readableBytes <= ControlLimits.line else { throw .broken("a line is too long") }
    }

    /// Without its line end.
    mutating func next() -> Data? {
        guard let end = buffer.readableBytesView.firstIndex(of: 0x0a),
            let bytes = buffer.readBytes(length: end - buffer.readerIndex)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: 1)
        buffer.discardReadBytes()
        return Data(bytes)
    }
}
