import FoundationEssentials
import Opens
import Secrets
import Synchronization
import Tokens
import Transport

/// Hits from a provider that puts in pixels of its own, by its API: a page at a time, and round again.
package final class ProviderFeed: HitFeed {
    private let api: any ProviderAPI
    private let http: HTTPClient
    private let key: @Sendable () async throws(PullError) -> Secret
    private let isMinimal: Bool
    private let lookup: NetworkLookup
    private let now: @Sendable () -> Date
    private let pause: @Sendable (Duration) async -> Void
    private let state = Mutex(State())

    private struct State {
        /// Whether a walk has come to its end since the start.
        var hasWalked = false
        /// What mails are called that events call otherwise; `nil`: by no name that helps.
        var names: [String: String?] = [:]
    }

    /// Names that are remembered.
    private static let nameLimit = 4096

    /// - Parameters:
    ///   - key: the API's; asked for with each page, so that a new one is used at once.
    ///   - isMinimal: as little as possible is kept of a hit.
    ///   - pause: lets time pass, unless the task ends.
    package init(
        _ api: any ProviderAPI, http: HTTPClient, isMinimal: Bool,
        lookup: @escaping NetworkLookup = { NetworkTable.builtIn.origin(of: $0) },
        now: @escaping @Sendable () -> Date,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        key: @escaping @Sendable () async throws(PullError) -> Secret
    ) {
        self.api = api
        self.http = http
        self.key = key
        self.isMinimal = isMinimal
        self.lookup = lookup
        self.now = now
        self.pause = pause
    }

    /// A walk begins after `wait` seconds, the first one at once. `limit` is the API's own.
    package func pull(after cursor: String?, log: String?, limit: Int, wait: Int) async throws(PullError) -> Page {
        let place = cursor.flatMap { ProviderPlace($0) } ?? ProviderPlace()
        if place.walk == nil, wait > 0, state.withLock(\.hasWalked) {
            await pause(.seconds(wait))
            if Task.isCancelled { return Page(log: api.name, cursor: place.text, hits: [], more: false) }
        }
        let now = now()
        let step = place.step(now: now, history: api.history)
        let key = try await key()
        let answer = try ProviderAnswer(
            try await send(api.request(from: step.from, until: step.began, page: step.page), key), of: api.name)
        let told = try api.shape.events(in: answer.value, limit: api.pageSize)
        let next = try api.next(after: answer, count: told.count, page: step.page)
        guard next == nil || next != step.page else { throw .unexpected("its next page is the same again") }
        let hits = try await hits(of: told.filter { $0.at >= step.from }, key)
        let behind = place.after(step, times: told.map(\.at), next: next, order: api.order, now: now)
        if behind.walk == nil { state.withLock { $0.hasWalked = true } }
        return Page(log: api.name, cursor: behind.text, hits: hits, more: behind.walk != nil)
    }

    /// Whether the API knows the key and answers as it should.
    package func check() async throws(PullError) {
        let now = now()
        let request = api.request(from: now - ProviderPlace.overlap, until: now, page: nil)
        let answer = try ProviderAnswer(try await send(request, try await key()), of: api.name)
        _ = try api.shape.events(in: answer.value, limit: api.pageSize)
    }

    private func hits(of events: [ProviderEvent], _ key: Secret) async throws(PullError) -> [Hit] {
        // Not the key itself: hashes are stored.
        let secret = key.reveal { KeyedHash.derive(from: $0, info: Array("sentmark/provider".utf8)) }
        let maker = ProviderHits(key: StreamKey(Secret(secret ?? [])), isMinimal: isMinimal, lookup: lookup)
        var hits: [Int64: Hit] = [:]
        for var event in events {
            if let id = event.messageID { event.messageID = try await messageID(of: id, key) }
            if let hit = maker.hit(event) { hits[hit.seq] = hit }
        }
        return hits.values.sorted { $0.seq < $1.seq }
    }

    private func messageID(of id: String, _ key: Secret) async throws(PullError) -> String? {
        let request: HTTPRequest
        switch api.mailName(id) {
        case .known(let name): return name
        case .none: return nil
        case .asked(let question): request = question
        }
        if let known = state.withLock({ $0.names[id] }) { return known }
        let name = api.messageID(of: id, in: try await answer(to: request, key))
        state.withLock { state in
            if state.names.count >= Self.nameLimit { state.names = [:] }
            state.names[id] = .some(name)
        }
        return name
    }

    /// One that is too long is as none: the page would never be done with.
    private func answer(to request: HTTPRequest, _ key: Secret) async throws(PullError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await send(request, key)
        } catch {
            guard case .transport(let failure) = error, failure.kind == .other else { throw error }
            return HTTPResponse(status: 404)
        }
        switch response.status {
        case 401, 403: throw .keyRefused(by: api.name)
        case 429, 500...599: throw .busy(status: response.status, after: response.retryAfter)
        default: return response
        }
    }

    private func send(_ request: HTTPRequest, _ key: Secret) async throws(PullError) -> HTTPResponse {
        var request = request
        request.secretHeaders = [api.credential(key)]
        do {
            return try await http.send(request)
        } catch {
            throw .transport(error)
        }
    }
}
