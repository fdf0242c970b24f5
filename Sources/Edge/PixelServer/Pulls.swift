import Dispatch
import Foundation
import NIOCore
import Opens
import Secrets
import Tokens

/// The pull API: pages of a stream's hits in commit order, with a long poll. Belongs to one event loop.
final class Pulls {
    private unowned let router: Router
    private let reading = DispatchQueue(label: "hits.pull")
    private var pulls: [StreamID: [ObjectIdentifier: Pull]] = [:]
    /// Of every key that has pulled since the start; only keys of listed streams get this far.
    private var allowances: [Key: PullAllowance] = [:]
    private var isEnding = false

    private struct Key: Hashable {
        let stream: StreamID
        let epoch: UInt8
    }

    init(router: Router) { self.router = router }

    /// Pulls in progress, those that wait for a hit included.
    private(set) var count = 0 {
        didSet { if (count > 0) != (oldValue > 0) { router.reports.setAwaited(count > 0) } }
    }

    func answer(_ request: Request, from client: IPAddress, on connection: Connection) {
        let now = router.now()
        guard let bearer = Self.bearer(request.headers), bearer.isGenuine(for: router.secret),
            router.pixels.streams.isActive(bearer.stream, epoch: bearer.epoch, now: now)
        else {
            router.metrics.unauthorized += 1
            return connection.finish(.unauthorized)
        }
        router.metrics.pulls += 1
        if let seconds = take(Key(stream: bearer.stream, epoch: bearer.epoch)) {
            router.metrics.pullsRefused[.rate, default: 0] += 1
            return connection.finish(
                Self.problem(429, "rate", "too many pulls with this key", retryAfter: seconds))
        }
        router.pixels.selfNetworks.note(client.network, of: bearer.stream, now: now)
        let parameters: PullParameters
        do { parameters = try PullParameters(request.query) } catch {
            return connection.finish(Self.problem(400, error.name, error.detail))
        }
        let log = router.log.identity
        let after: Int64
        do {
            after = try parameters.after.map { (text) throws(Cursor.Refusal) in try Cursor(text, of: log).seq } ?? 0
        } catch {
            switch error {
            case .malformed: return connection.finish(Self.problem(400, "after", "not a cursor of this server"))
            case .otherLog: return connection.finish(Self.otherLog(log))
            }
        }
        guard pulls[bearer.stream, default: [:]].count < router.limits.pollsPerStream else {
            router.metrics.pullsRefused[.stream, default: 0] += 1
            return connection.finish(Self.problem(429, "busy", "too many pulls of this stream", retryAfter: 5))
        }
        guard count < router.limits.polls else {
            router.metrics.pullsRefused[.server, default: 0] += 1
            return connection.finish(Self.problem(503, "busy", "too many pulls", retryAfter: 5))
        }
        let pull = Pull(
            stream: bearer.stream, epoch: bearer.epoch, log: log, after: after, limit: parameters.limit,
            gzip: Gzip.isAccepted(request.headers["accept-encoding"]),
            until: .now() + .seconds(Int64(parameters.wait)), connection: connection)
        pulls[bearer.stream, default: [:]][ObjectIdentifier(pull)] = pull
        count += 1
        connection.answerLater { self.remove(pull) }
        read(pull)
    }

    /// Called after every commit with the streams that have got hits.
    func wake(_ streams: some Sequence<StreamID>) {
        for stream in streams {
            for pull in (pulls[stream] ?? [:]).values {
                if pull.isWaiting { read(pull) } else { pull.hasNews = true }
            }
        }
    }

    /// Looks for what other servers have done, over and over, where there are such.
    func follow() {
        guard let interval = router.log.newsInterval else { return }
        let log = router.log
        let done = NIOLoopBound({ self.told($0) }, eventLoop: router.eventLoop)
        router.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(interval)) {
            self.reading.async {
                let news = try? log.news()
                done.eventLoop.execute { done.value(news) }
            }
        }
    }

    /// `nil`: it could not be found out, and whoever writes or reads hits hears why.
    private func told(_ news: News?) {
        guard !isEnding else { return }
        if let streams = news?.streams { router.pixels.streams.use(streams) }
        if let news { wake(news.last.keys) }
        follow()
    }

    /// The server stops: whoever waits is answered with what there is.
    func end() {
        isEnding = true
        for pull in pulls.values.flatMap(\.values) where pull.isWaiting { finish(pull, .json(200, pull.empty)) }
    }

    /// Done when no page is being read.
    func idle() -> EventLoopFuture<Void> {
        let promise = router.eventLoop.makePromise(of: Void.self)
        reading.async { promise.succeed() }
        return promise.futureResult
    }

    /// After how many seconds the key may pull again, if not now.
    private func take(_ key: Key) -> Int? {
        let limits = router.limits
        return allowances[key, default: PullAllowance(burst: limits.pullBurst, perSecond: limits.pullsPerSecond)]
            .take(now: .now())
    }

    private func remove(_ pull: Pull) {
        pull.timeout?.cancel()
        if pulls[pull.stream]?.removeValue(forKey: ObjectIdentifier(pull)) != nil { count -= 1 }
        if pulls[pull.stream]?.isEmpty == true { pulls[pull.stream] = nil }
    }

    private func finish(_ pull: Pull, _ response: Response) {
        guard pulls[pull.stream]?[ObjectIdentifier(pull)] != nil else { return }
        remove(pull)
        pull.connection.finish(response)
    }

    private func read(_ pull: Pull) {
        pull.timeout?.cancel()
        pull.timeout = nil
        pull.hasNews = false
        let log = router.log
        let page = PageRead(
            log: log, identity: pull.log, stream: pull.stream, after: pull.after, limit: pull.limit, gzip: pull.gzip)
        let done = NIOLoopBound({ self.found(pull, $0) }, eventLoop: router.eventLoop)
        reading.async {
            let outcome = page.result()
            done.eventLoop.execute { done.value(outcome) }
        }
    }

    private func found(_ pull: Pull, _ result: PageRead.Outcome) {
        switch result {
        case .page(let response):
            // It may have been revoked while it waited.
            let isActive = router.pixels.streams.isActive(pull.stream, epoch: pull.epoch, now: router.now())
            finish(pull, isActive ? response : .unauthorized)
        case .otherLog: finish(pull, Self.otherLog(router.log.identity))
        case .failed: finish(pull, Self.problem(503, "storage", "the hit log cannot be read", retryAfter: 5))
        case .empty(let body):
            pull.empty = body
            guard pulls[pull.stream]?[ObjectIdentifier(pull)] != nil else { return }
            if pull.hasNews {
                // Committed after the page was read and before it came back.
                read(pull)
            } else if isEnding || pull.until <= .now() {
                finish(pull, .json(200, pull.empty))
            } else {
                pull.timeout = router.eventLoop.assumeIsolated().scheduleTask(deadline: pull.until) {
                    self.finish(pull, .json(200, pull.empty))
                }
            }
        }
    }
}

extension Pulls {
    /// A pull in progress. It is read again when its stream gets a hit.
    private final class Pull {
        let stream: StreamID
        let epoch: UInt8
        let log: LogIdentity
        let after: Int64
        let limit: Int
        /// The client can read it.
        let gzip: Bool
        let until: NIODeadline
        let connection: Connection
        /// What to answer if nothing comes; while it waits.
        var empty: [UInt8] = []
        /// Set while it waits for a hit; otherwise it is being read.
        var timeout: Scheduled<Void>?
        var isWaiting: Bool { timeout != nil }
        /// Its stream has got a hit while it was being read.
        var hasNews = false

        init(
            stream: StreamID, epoch: UInt8, log: LogIdentity, after: Int64, limit: Int, gzip: Bool, until: NIODeadline,
            connection: Connection
        ) {
            self.stream = stream
            self.epoch = epoch
            self.log = log
            self.after = after
            self.limit = limit
            self.gzip = gzip
            self.until = until
            self.connection = connection
        }
    }

    /// RFC 6750 section 2.1; the scheme in any case.
    private static func bearer(_ headers: Fields) -> PullBearer? {
        let values = headers["authorization"]
        guard values.count == 1, let value = values.first, value.utf8.count <= 256,
            value.prefix(7).lowercased() == "bearer "
        else { return nil }
        return PullBearer(Secret(String(value.dropFirst(7))))
    }

    private static func otherLog(_ log: LogIdentity) -> Response {
        .json(
            410,
            #"{"error":"other_log","detail":"the cursor is of another log: start again without it","log":""#
                + log.uuid.uuidString + #""}"#)
    }

    private static func problem(_ status: Int, _ name: String, _ detail: String, retryAfter: Int? = nil) -> Response {
        .json(
            status, #"{"error":"\#(name)","detail":"\#(detail)"}"#,
            fields: retryAfter.map { "Retry-After: \($0)\r\n" } ?? "")
    }
}

/// Reads one page and writes it as JSON; away from the event loop.
private struct PageRead: Sendable {
    enum Outcome: Sendable {
        case page(Response)
        /// No hits: the body to answer with if nothing comes.
        case empty([UInt8])
        case otherLog
        case failed
    }

    let log: any HitStore
    let identity: LogIdentity
    let stream: StreamID
    let after: Int64
    let limit: Int
    let gzip: Bool

    func result() -> Outcome {
        do throws(PixelServerError) {
            let page = try log.hits(of: stream, after: after, limit: limit)
            if page.hits.isEmpty, try log.lastSeq() < after {
                // The cursor is ours, so the log has held that hit: it was restored from an older copy.
                if log.identity == identity { try log.renewIdentity() }
                return .otherLog
            }
            // Of a shared log that may have been found out just now. The beginning is the same in all of them.
            guard page.log == identity || after == 0 else { return .otherLog }
            let cursor = Cursor(seq: page.hits.last?.seq ?? after)
            let bytes = page.json(cursor: cursor.text(of: page.log))
            if page.hits.isEmpty { return .empty(bytes) }
            let isWorthwhile = gzip && bytes.count >= Gzip.worthwhileBytes
            return .page(.page(bytes, gzip: isWorthwhile ? Gzip.compressed(bytes) : nil))
        } catch {
            return .failed
        }
    }
}
