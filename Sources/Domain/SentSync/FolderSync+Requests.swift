import FoundationEssentials
import IMAP

extension FolderSync {
    /// What to ask next, beside what is under way; `nil` until an answer or news comes.
    package mutating func next() -> SyncRequest? {
        guard underway.count + chunks.count(where: { $0.asked != nil }) < window else { return nil }
        if doubt != nil {
            guard underway.isEmpty else { return nil }
            return begin(.identities(state.tracked))
        }
        for index in chunks.indices where chunks[index].asked == nil {
            if let request = chunks[index].ask(alone: window == 1) { return request }
        }
        if let request = look() { return begin(request) }
        if let first = firstArrival {
            due.remove(.arrivals)
            guard let told = takePushed(from: first) else { return begin(Chunk(newsFrom: first, lookout: lookout)) }
            if let request = begin(told) { return request }
            news += conclude(at: chunks.count - 1)
            return next()
        }
        let uids = chunks.count < window ? nextOfBacklog() : UIDSet()
        return uids.isEmpty ? nil : begin(Chunk(uids: uids, lookout: lookout))
    }

    /// Newest first: what people look at is examined first. Before that, what the server has pointed at.
    private func nextOfBacklog() -> UIDSet {
        var rest = chunks.reduce(backlog) { $0.subtracting($1.uids) }
        var hinted = hint.first.isEmpty ? hint.first : rest.intersection(hint.first)
        return hinted.isEmpty ? rest.removeNewest(chunkSize) : hinted.removeNewest(chunkSize)
    }

    /// Large requests have failed: one at a time, so that it is known which one does.
    private var window: Int { state.chunk == 0 && !asksAlone ? policy.window : 1 }

    var chunkSize: Int { state.chunk == 0 ? pace : state.chunk }

    private mutating func begin(_ request: SyncRequest) -> SyncRequest {
        underway.append(request)
        return request
    }

    private mutating func begin(_ chunk: Chunk) -> SyncRequest? {
        chunks.append(chunk)
        return chunks[chunks.count - 1].ask(alone: window == 1)
    }

    /// Where messages that arrived begin, if they are to be asked for now. While the last ones are being examined, the
    /// mark behind which everything is new has not moved.
    private var firstArrival: UID? {
        guard due.contains(.arrivals), state.chunk == 0, !isEmpty, !isExaminingArrivals else { return nil }
        return state.uidNext
    }

    private var isEmpty: Bool { exists == 0 && existsIsCertain }

    var isExaminingArrivals: Bool { chunks.contains { $0.newsFrom != nil } }

    /// A request that concerns the folder as a whole. The responses to SEARCH name no request: one at a time.
    private mutating func look() -> SyncRequest? {
        let isSearching = underway.contains(where: \.isSearch)
        if due.contains(.arrivals), isEmpty || state.uidNext == nil || policy.isVisit { due.remove(.arrivals) }
        if due.contains(.arrivals), state.chunk > 0, !isSearching, let first = state.uidNext {
            due.remove(.arrivals)
            return .search(from: first, since: nil)
        }
        if due.contains(.flags), !underway.contains(where: \.isAboutFlags) {
            due.remove(.flags)
            if !state.tracked.isEmpty {
                guard selected.highest != nil, let before = state.highest else {
                    reviewed = [:]
                    return .review(state.tracked)
                }
                return .changes(state.tracked, since: before)
            }
        }
        guard !isSearching else { return nil }
        if due.contains(.survivors) {
            due.remove(.survivors)
            if !state.tracked.isEmpty { return .survivors(state.tracked) }
        }
        if due.contains(.search) {
            due.remove(.search)
            return .search(from: nil, since: state.scanSince.map(CalendarDay.init))
        }
        return nextHint() ?? nextOfHunt()
    }
}

extension SyncRequest {
    fileprivate var isSearch: Bool {
        switch self {
        case .search, .find, .survivors: true
        case .review, .changes, .identities, .news, .glances, .structures, .parts, .wholes, .details: false
        }
    }

    fileprivate var isAboutFlags: Bool {
        switch self {
        case .review, .changes: true
        case .search, .find, .survivors, .identities, .news, .glances, .structures, .parts, .wholes, .details: false
        }
    }
}

extension CalendarDay {
    /// The day before, in UTC: SEARCH SINCE compares days in the server's zone (RFC 9051 6.4.4).
    init(_ date: Date) { self.init(date, plus: -1) }

    /// The day in UTC, so many days later.
    init(_ date: Date, plus count: Int) {
        // Years that the calendar of IMAP can spell.
        let seconds = min(max(date.timeIntervalSince1970, -60_000_000_000), 250_000_000_000)
        self.init(daysSince1970: Int((seconds / 86_400).rounded(.down)) + count)
    }
}
