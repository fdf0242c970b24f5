import Foundation
import NIOCore
import NIOPosix

/// Asks a running agent.
package struct ControlClient: Sendable {
    private let path: String

    package init(path: String) { self.path = path }

    /// One request over a connection of its own.
    package func ask(_ request: ControlRequest) async throws(ControlError) -> ControlAnswer {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
                }
        } catch {
            throw .noAgent
        }
        let answer: ControlAnswer?
        do {
            answer = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: try JSONEncoder().encode(request) + [0x0a]))
                var lines = LineBuffer()
                for try await buffer in inbound {
                    try lines.append(buffer)
                    if let line = lines.next() { return try JSONDecoder().decode(ControlAnswer.self, from: line) }
                }
                return nil
            }
        } catch {
            throw .broken("\(error)")
        }
        guard let answer else { throw .broken("it ended without an answer") }
        if case .failed(let why) = answer { throw .refused(why) }
        return answer
    }
}
