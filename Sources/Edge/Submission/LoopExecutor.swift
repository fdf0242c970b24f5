import NIOCore
import NIOSSL

/// Runs a task on an event loop. Whoever waits for what happens there goes on without a change of threads, which costs
/// more than anything else that is done for a mail.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// A mail client that has connected, wherever one is.
struct Client: Sendable {
    private let executor: LoopExecutor
    private let socket: NIOLoopBound<ClientSocket>

    /// On the channel's event loop, before anything is read.
    init(_ channel: any Channel, tls: NIOSSLContext?) throws {
        executor = LoopExecutor(channel.eventLoop)
        let socket = ClientSocket(channel, executor, tls: tls)
        try channel.pipeline.syncOperations.addHandler(socket)
        self.socket = NIOLoopBound(socket, eventLoop: channel.eventLoop)
    }

    /// Runs a session where the client is at home, and ends the connection when that is done.
    func run(_ body: (ClientSocket) async throws -> Void) async throws {
        try await withTaskExecutorPreference(executor) {
            let socket = socket.value
            do {
                try await body(socket)
            } catch {
                await socket.close()
                throw error
            }
            await socket.close()
        }
    }
}
