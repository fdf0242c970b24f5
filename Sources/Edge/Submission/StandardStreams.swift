import Logging
import NIOCore
import NIOPosix
import SMTP
import Transport

/// SMTP on standard input and output (`sendmail -bs`), for the program that started this one.
package enum StandardStreams {
    /// Until one of the two sides ends it. Throws ``SubmissionError`` where they are no pipes.
    package static func serve(_ accounts: SubmissionAccounts, logger: Logger) async throws(SubmissionError) {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        let poller: Poller
        do {
            poller = try Poller()
            channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptors(input: dup(STDIN_FILENO), output: dup(STDOUT_FILENO)) { channel in
                    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
                }
        } catch {
            throw SubmissionError(
                "standard input and output cannot be used for SMTP: \(error)", action: "connect them by pipes")
        }
        let session = ProxySession(
            ServerSession.Configuration(hostName: "localhost"), accounts: accounts, on: poller, logger: logger)
        await session.run(channel)
    }
}
