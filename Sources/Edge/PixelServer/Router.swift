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
    let streams: LiveStreams
    let now: @Sendable () -> Date
    var metrics = Metrics()
    var selfNetworks = SelfNetworks()
    private(set) lazy var pulls = Pulls(router: self)

    private let configuration: PixelServer.Configuration
    private let classify: Classify
    private let logger: Logger
    private let commit: GroupCommit
    private var rates: RateLimiter
    private var connections: [Connection.Listener: [ObjectIdentifier: Connection]] = [:]
    private var emptied: EventLoopPromise<Void>?
    private var cachedDate: (second: Int64, text: String) = (0, "")
    private var complained: Date?
    /// When the log had no room for hits last, unless it has taken some since.
    private var filled: Date?

    init(
        configuration: PixelServer.Configuration, log: any HitStore, secret: ServerSecret, classify: @escaping Classify,
        logger: Logger, now: @escaping @Sendable () -> Date, eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.log = log
        self.secret = secret
        self.classify = classify
        self.logger = logger
        self.now = now
        self.eventLoop = eventLoop
        limits = configuration.limits
        rates = RateLimiter(rate: limits.requestsPerSecond, burst: limits.requestsAtOnce)
        commit = GroupCommit(log: log, eventLoop: eventLoop)
        let file = configuration.database == nil ? StreamFile(stateDirectory: configuration.stateDirectory) : nil
        streams = LiveStreams(file) { error in
            logger.error("the list of streams was not read", metadata: ["reason": "\(error)"])
        }
        commit.committed = { [weak self] outcome, seconds in self?.committed(outcome, seconds) }
    }

    /// For the Date header.
    var date: String {
        let now = now()
        let second = Int64(now.timeIntervalSince1970.rounded(.down))
        if second != cachedDate.second || cachedDate.text.isEmpty { cachedDate = (second, HTTPDate.text(now)) }
        return cachedDate.text
    }

    func answer(_ request: Request, on connection: Connection) {
        let client = ClientAddress.resolve(
            peer: connection.peer, request.headers, by: configuration.clientOrigin,
            trusted: configuration.trustedProxies)
        if connection.listener == .operations { return operations(request, on: connection) }
        guard admits(request, from: client) else {
            metrics.limited += 1
            return connection.finish(.tooMany)
        }
        let isRead = request.method == "GET" || request.method == "HEAD"
        switch request.path {
        case let path where path.utf8.count >= 3 && path.prefix(3).lowercased() == PixelURL.pathPrefix:
            pixel(request, from: client, on: connection)
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
        commit.submit(.probe) { [self] outcome in
            let isFull = filled.map { abs(now().timeIntervalSince($0)) < Self.doubtSeconds } ?? false
            switch outcome {
            case .success where !isFull: connection.finish(.json(200, #"{"status":"ok"}"#))
            case .success, .failure: connection.finish(.json(503, #"{"status":"the hit log cannot be written"}"#))
            }
        }
    }

    private static let doubtSeconds: TimeInterval = 10

    private var metricsText: Response {
        .text(
            200,
            metrics.text(
                .init(
                    connections: connections[.pixels]?.count ?? 0, polls: pulls.count, queued: commit.queued,
                    logBytes: log.byteCount)),
            type: "text/plain; version=0.0.4; charset=utf-8")
    }

    func refused(_ refusal: Request.Refusal) { metrics.refused[refusal, default: 0] += 1 }

    /// Whether the client's network has not asked too often. Who asks is all that counts, not for what: an answer that
    /// depended on the token would tell about it. A key opens its stream as often as ``Pulls`` allows.
    private func admits(_ request: Request, from client: IPAddress) -> Bool {
        guard limits.requestsPerSecond > 0, request.path != "/v1/hits", !ClientAddress.isLoopback(client),
            !configuration.trustedProxies.contains(where: { $0.contains(client) })
        else { return true }
        let now = NIODeadline.now().seconds
        if rates.admits(client.network, now: now) { return true }
        let facts = RequestFacts(method: request.method, address: client, headers: [], userAgent: nil)
        guard classify(facts).netclass?.servesManyPeople == true else { return false }
        return rates.admits(client.network, factor: limits.serviceFactor, now: now)
    }

    /// False when there are too many.
    func opened(_ connection: Connection) -> Bool {
        let listener = connection.listener
        let limit = listener == .pixels ? limits.connections : limits.operationsConnections
        guard connections[listener, default: [:]].count < limit, emptied == nil else {
            metrics.connectionsRefused += 1
            return false
        }
        connections[listener, default: [:]][ObjectIdentifier(connection)] = connection
        return true
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

    /// A good, a forged and a malformed token are told apart in the log alone: the same work, the same wait for the
    /// disk, the same bytes.
    private func pixel(_ request: Request, from client: IPAddress, on connection: Connection) {
        let now = now()
        let name = request.path.utf8.dropFirst(PixelURL.pathPrefix.utf8.count)
        var entry = LogEntry.forged
        if let token = Token(text: name.prefix(Token.textCount)) {
            let record = record(request, token, from: client, at: now)
            let isGenuine = secret.signed(token)
            let isRevoked = streams.isRevoked(token.stream, epoch: token.epoch, now: now)
            if isGenuine && !isRevoked {
                // What is discarded waits for the disk as all the others do.
                entry = record.map { .hit($0) } ?? .probe
                if record == nil { metrics.declined += 1 }
            }
        }
        let answer =
            request.method == "GET" || request.method == "HEAD" ? Response.pixel : Response.notAllowed("GET, HEAD")
        commit.submit(entry) { [self] outcome in
            switch outcome {
            case .success: connection.finish(answer)
            case .failure(let error):
                if error.code == .busy { metrics.overloaded += 1 } else { metrics.failed += 1 }
                connection.finish(.notStored)
            }
        }
    }

    /// `nil` when the reader does not want to be counted, and the configuration respects that.
    private func record(_ request: Request, _ token: Token, from client: IPAddress, at now: Date) -> RecordedRequest? {
        let userAgent = request.headers.first("user-agent")
        var traits = classify(
            RequestFacts(
                method: request.method, address: client, headers: request.headers.all,
                userAgent: userAgent))
        let suffix = request.path.utf8.dropFirst(PixelURL.pathPrefix.utf8.count + Token.textCount)
        if String(suffix)?.lowercased() != PixelURL.pathSuffix || request.query != nil {
            traits.signals.insert(.tokenDamaged)
        }
        let network = client.network
        var record = RecordedRequest(
            at: now, token: token, method: request.method, network: network,
            selfNet: selfNetworks.contains(network, of: token.stream, now: now), userAgent: userAgent, traits: traits)
        let wishes = [
            (Signal.globalPrivacyControl, configuration.globalPrivacyControl),
            (Signal.doNotTrack, configuration.doNotTrack),
        ].filter { traits.signals.contains($0.0) }.map(\.1)
        if wishes.contains(.discard) { return nil }
        if wishes.contains(.minimal) { record.level = .minimal }
        return record
    }

    private func committed(_ outcome: GroupCommit.Outcome, _ seconds: Double) {
        switch outcome {
        case .success(let appended):
            metrics.stored += appended.stored
            metrics.capped += appended.capped
            metrics.forged += appended.forged
            metrics.committed(appended.stored + appended.capped + appended.forged, in: seconds)
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
