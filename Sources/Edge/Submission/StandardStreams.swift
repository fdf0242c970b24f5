import Logging
import NIOCore
import NIOPosix
import SMTP

/// SMTP on standard input and output (`sendmail -bs`), for the program that started this one.
package enum StandardStreams {
    /// Until one of the two sides ends it. Throws ``SubmissionError`` where they are no pipes.
    package static func serve(_ accounts: SubmissionAccounts, logger: Logger) async throws {
        let client: Client
        do {
            client = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptors(input: dup(STDIN_FILENO), output: dup(STDOUT_FILENO)) { channel in
                    channel.eventLoop.makeCompletedFuture { try Client(channel, tls: nil) }
                }
        } catch {
            throw SubmissionError(
                "standard input and output cannot be used for SMTP: \(error)", action: "connect them by pipes")
        }
        try await client.run { socket in
            let configuration = ServerSession.Configuration(hostName: "localhost")
            var session = ProxySession(configuration, accounts: accounts, client: socket, logger: logger)
            await session.run()
        }
    }
}
