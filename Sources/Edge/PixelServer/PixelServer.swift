import Dispatch
import Foundation
import Logging
import NIOCore
import NIOPosix
import Opens
import ServiceLifecycle
import Tokens

/// The pixel server: answers `/i/TOKEN.gif`, keeps the hits, and gives them to the streams' agents.
///
/// HTTP/1.1, behind a reverse proxy or with TLS of its own. One event loop decides, one queue writes, one queue reads.
package final class PixelServer: Service {
    let configuration: Configuration
    private let secret: ServerSecret
    private let classify: Classify
    let logger: Logger
    let now: @Sendable () -> Date
    private let log: any HitStore
    /// What a shared log knows of streams at the start.
    private let streams: [StreamRecord]?
    let tls: ServerTLS

    /// Opens the hit log and takes its lock, so that a second server on the same directory fails here (`.locked`)
    /// and not when it has begun to serve; or connects to the database. Blocks. ``run()`` is called once.
    package init(
        configuration: Configuration, secret: ServerSecret, classify: @escaping Classify, logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }, random: @escaping RandomBytes = systemRandomBytes
    ) throws(PixelServerError) {
        var configuration = configuration
        configuration.limits.connections = min(configuration.limits.connections, Self.openable())
        tls = try ServerTLS(configuration.certificate)
        configuration.limits.polls = min(configuration.limits.polls, configuration.limits.connections * 3 / 4)
        self.configuration = configuration
        self.secret = secret
        self.classify = classify
        self.logger = logger
        self.now = now
        log = try configuration.openLog(random: random)
        streams = try log.news().streams
    }

    /// Serves until a graceful shutdown or cancellation; then takes nothing new, answers what it owes within a second
    /// and closes the log. `.listen` when the address cannot be used.
    package func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await serve(on: group)
        } catch {
            try? await group.shutdownGracefully()
            try? log.close()
            throw error
        }
        try await group.shutdownGracefully()
        try log.close()
        logger.info("stopped")
    }

    /// Shows a renewed certificate to the connections to come. `.certificate` when it cannot be used: then the one before
    /// stays.
    package func renew(_ certificate: ServerCertificate) throws(PixelServerError) { try tls.renew(certificate) }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let eventLoop = group.next()
        let pixels = Pixels(
            configuration: configuration, secret: secret, classify: classify, logger: logger, now: now)
        let seats = Seats(configuration.limits.connections)
        if let streams { pixels.streams.use(streams) }
        let router = try await eventLoop.submit {
            NIOLoopBound(
                Router(
                    configuration: self.configuration, log: self.log, secret: self.secret, pixels: pixels,
                    seats: seats, logger: self.logger, now: self.now, eventLoop: eventLoop), eventLoop: eventLoop)
        }.get()
        let operations = try await listenForOperations(on: group, router)
        let entrance = try await listenForPixels(on: group, router, pixels, seats)
        try await eventLoop.submit { router.value.pulls.follow() }.get()
        if let port = operations?.port { configuration.operationsListening(port) }
        configuration.listening(entrance.port ?? configuration.port)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.maintain() }
            tasks.addTask { await self.eraseWhatIsAskedFor() }
            // Throws when the task is cancelled, which is an order to stop as well.
            try? await gracefulShutdown()
            tasks.cancelAll()
        }
        log.hurry()
        await entrance.close(within: .milliseconds(600))
        await operations?.close(within: .zero)
        try? await eventLoop.flatSubmit { router.value.end(within: .milliseconds(300)) }.get()
    }

    /// Retention, at the start and every hour; in steps, so that a stop does not wait for it.
    private func maintain() async {
        let queue = DispatchQueue(label: "hits.maintain")
        while !Task.isCancelled {
            let more = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                queue.async { continuation.resume(returning: self.deleteSome()) }
            }
            if !more { try? await Task.sleep(for: .seconds(3600)) }
        }
    }

    /// Within a second, and with a minute's pause where it fails; in steps.
    private func eraseWhatIsAskedFor() async {
        let erasures = Erasures(stateDirectory: configuration.stateDirectory)
        let queue = DispatchQueue(label: "hits.erase")
        while !Task.isCancelled {
            let step = await withCheckedContinuation { (continuation: CheckedContinuation<Erasures.Step?, Never>) in
                queue.async { continuation.resume(returning: self.erase(erasures)) }
            }
            if step == .whole { logger.notice("erased what was asked for") }
            if step == nil || step == Erasures.Step.none { try? await Task.sleep(for: .seconds(step == nil ? 60 : 1)) }
        }
    }

    /// `nil` when it failed.
    private func erase(_ erasures: Erasures) -> Erasures.Step? {
        do throws(PixelServerError) {
            return try erasures.step { all throws(PixelServerError) in try log.erase(all) }
        } catch {
            logger.error("what is to be erased was not", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private func deleteSome() -> Bool {
        do throws(PixelServerError) {
            return try log.maintain(now: now(), retention: configuration.retention)
        } catch {
            logger.error("old hits were not deleted", metadata: ["reason": "\(error)"])
            return false
        }
    }

    /// Connections that leave descriptors for the log and everything else in the process.
    private static func openable() -> Int {
        var limit = rlimit()
        #if canImport(Darwin)
            let result = getrlimit(RLIMIT_NOFILE, &limit)
        #else
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #endif
        guard result == 0 else { return 512 }
        return max(16, Int(clamping: limit.rlim_cur) - 64)
    }
}
