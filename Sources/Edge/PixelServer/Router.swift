import Foundation
import Logging
import NIOCore
import Opens
import Tokens

/// Everything that requests share. Belongs to one event loop, which makes every decision in order; disk work is done
/// elsewhere and comes back to it.
final class Router {
    let limits: PixelServer.Limits
    let log: any HitStore
    let eventLoop: any EventLoop
    let secret: ServerSecret
    let pixels: Pixels
    let seats: Seats
    let now: @Sendable () -> Date
    var metrics = Metrics()
    private(set) lazy var pulls = Pulls(router: self)
    /// Shared with those who do not come through here.
    private(set) lazy var commit: GroupCommit = {
        let (router, reports) = (NIOLoopBound(Weak(router: self), eventLoop: eventLoop), reports)
        return GroupCommit(log: log, eventLoop: eventLoop) { outcome, seconds in
            let take = { @Sendable () -> Void in router.value.router?.takeReports() }
            switch reports.add(CommitReports.Report(outcome: outcome, seconds: seconds)) {
            case .now: router.eventLoop.execute(take)
            case .later: router.eventLoop.scheduleTask(in: CommitReports.pause, take)
            case nil: break
            }
        }
    }()
    let reports = CommitReports()

    private struct Weak { weak var router: Router? }

    private let configuration: PixelServer.Configuration
    private let logger: Logger
    private var connections: [Connection.Listener: [ObjectIdentifier: Connection]] = [:]
    private var emptied: EventLoopPromise<Void>?
    private var clock = HTTPClock()
    private var complained: Date?
    /// When the log had no room for hits last, unless it has taken some since.
    private var filled: Date?

    init(
        configuration: PixelServer.Configuration, log: any HitStore, secret: ServerSecret, pixels: Pixels,
        seats: Seats, logger: Logger, now: @escaping @Sendable () -> Date, eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.log = log
        self.secret = secret
        self.pixels = pixels
        self.seats = seats
        self.logger = logger
        self.now = now
        self.eventLoop = eventLoop
        limits = configuration.limits
    }

    /// For the Date header.
    var date: String { clock.text(now()) }

    func answer(_ request: Request, on connection: Connection) {
        if connection.listener == .operations { return operations(request, on: connection) }
        let client = pixels.client(of: request, peer: connection.peer)
        // A key opens its stream as often as ``Pulls`` allows.
        guard request.path == "/v1/hits" || pixels.admits(request, from: client) else {
            return connection.finish(.tooMany)
        }
        let isRead = request.method == "GET" || request.method == "HEAD"
        switch request.path {
        case let path where Pixels.isPixel(path):
            let answer = Pixels.answer(to: request)
            store(pixels.entry(for: request, from: client)) { outcome in
                if case .success = outcome { connection.finish(answer) } else { connection.finish(.notStored) }
            }
        case "/v1/hits":
            guard request.method == "GET" else { return connection.finish(.notAllowed("GET")) }
            pulls.answer(request, from: client, on: connection)
        case "/health":
            guard isRead else { return connection.finish(.notAllowed("GET, HEAD")) }
            ready(on: connection)
        case "/metrics" where configuration.publicMetrics || isLocal(request, client):
            guard isRead else { return connection.finish(.notAllowed("GET, HEAD")) }
            connection.finish(metricsText)
        default:
            connection.finish(.notFound)
        }
    }

    /// For those who watch over the server; strangers do not reach it.
    private func operations(_ request: Request, on connection: Connection) {
        let isRead = request.method == "GET" || request.method == "HEAD"
        guard ["/metrics", "/healthz", "/readyz"].contains(request.path) else { return connection.finish(.notFound) }
        guard isRead else { return connection.finish(.notAllowed("GET, HEAD")) }
        switch request.path {
        case "/metrics": connection.finish(metricsText)
        // That there is an answer says all.
        case "/healthz": connection.finish(.json(200, #"{"status":"ok"}"#))
        default: ready(on: connection)
        }
    }

    /// Whether a hit would be stored now; found out by a commit. That one may succeed in a log that has no room for a
    /// hit, so one that was refused for that lately says no as well.
    private func ready(on connection: Connection) {
        guard emptied == nil else { return connection.finish(.json(503, #"{"status":"the server is stopping"}"#)) }
        store(.probe) { [self] outcome in
            takeReports()
            let isFull = filled.map { abs(now().timeIntervalSince($0)) < Self.doubtSeconds } ?? false
            switch outcome {
            case .success where !isFull: connection.finish(.json(200, #"{"status":"ok"}"#))
            case .success, .failure: connection.finish(.json(503, #"{"status":"the hit log cannot be written"}"#))
            }
        }
    }

    private static let doubtSeconds: TimeInterval = 10

    private var metricsText: Response {
        takeReports()
        let counts = commit.counts
        return .text(
            200,
            metrics.text(
                .init(
                    connections: seats.taken, polls: pulls.count, queued: counts.queued,
                    overloaded: counts.overloaded, failed: counts.failed,
                    logBytes: log.byteCount, limited: pixels.limited, declined: pixels.declined,
                    refused: seats.refused)),
            type: "text/plain; version=0.0.4; charset=utf-8")
    }

    func refused(_ refusal: Request.Refusal) { metrics.refused[refusal, default: 0] += 1 }

    /// False when there are too many.
    func opened(_ connection: Connection) -> Bool {
        guard emptied == nil, sit(connection) else { return false }
        connections[connection.listener, default: [:]][ObjectIdentifier(connection)] = connection
        return true
    }

    private func sit(_ connection: Connection) -> Bool {
        switch connection.listener {
        case .operations:
            let hasRoom = connections[.operations, default: [:]].count < limits.operationsConnections
            if !hasRoom { metrics.connectionsRefused += 1 }
            return hasRoom
        case .pixels:
            if connection.seat == nil { connection.seat = seats.take() }
            return connection.seat != nil
        }
    }

    func closed(_ connection: Connection) {
        connections[connection.listener]?[ObjectIdentifier(connection)] = nil
        if connections.values.allSatisfy(\.isEmpty) { emptied?.succeed() }
    }

    /// Takes no more connections and requests. Done when what is owed has been answered, or its time is over and the
    /// rest is cut off, and nothing of ours is under way any more.
    func end(within time: TimeAmount) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        emptied = promise
        for connection in connections.values.flatMap(\.values) { connection.end() }
        pulls.end()
        if connections.values.allSatisfy(\.isEmpty) { promise.succeed() }
        eventLoop.assumeIsolated().scheduleTask(in: time) {
            for connection in self.connections.values.flatMap(\.values) { connection.abort() }
        }
        return promise.futureResult.assumeIsolated().flatMap { self.commit.idle() }.flatMap { self.pulls.idle() }
            .nonisolated()
    }

    /// Done once it is on disk, or will never be.
    private func store(_ entry: LogEntry, done: @escaping (GroupCommit.Outcome) -> Void) {
        let done = NIOLoopBound(done, eventLoop: eventLoop)
        commit.submit([entry]) { outcome in done.eventLoop.execute { done.value(outcome) } }
    }

    private func takeReports() { for report in reports.take() { committed(report) } }

    private func committed(_ report: CommitReports.Report) {
        switch report.outcome {
        case .success(let appended):
            metrics.stored += appended.stored
            metrics.capped += appended.capped
            metrics.forged += appended.forged
            metrics.committed(appended.stored + appended.capped + appended.forged, in: report.seconds)
            if appended.stored > 0 { filled = nil }
            pulls.wake(appended.last.keys)
        case .failure(let error):
            let now = now()
            if error.code == .full { filled = now }
            if let complained, abs(now.timeIntervalSince(complained)) < 60 { return }
            complained = now
            logger.error("hits are refused: the log cannot be written", metadata: ["reason": "\(error)"])
        }
    }

    /// From this machine, and not through a proxy that runs on it.
    private func isLocal(_ request: Request, _ client: IPAddress) -> Bool {
        ClientAddress.isLoopback(client)
            && !["x-forwarded-for", "forwarded", "via"].contains(where: request.headers.has)
    }
}
