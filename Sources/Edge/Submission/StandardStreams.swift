import Logging
import NIOCore
import NIOPosix
import SMTP

/// SMTP on standard input and output (`sendmail -bs`), for the program that started this one.
package enum StandardStreams {
    /// Until one of the two sides ends it. Throws ``SubmissionError`` where they are no pipes.
    package static func serve(_ accounts: SubmissionAccounts, logger: Logger) async throws {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptors(input: dup(STDIN_FILENO), output: dup(STDOUT_FILENO)) { channel in
                    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
                }
        } catch {
            throw SubmissionError(
                "standard input and output cannot be used for SMTP: \(error)", action: "connect them by pipes")
        }
        try await channel.executeThenClose { inbound, outbound in
            let configuration = ServerSession.Configuration(hostName: "localhost")
            let socket = ClientSocket(channel.channel, inbound, outbound, tls: nil)
            var session = ProxySession(configuration, accounts: accounts, client: socket, logger: logger)
            await session.run()
        }
    }
}
