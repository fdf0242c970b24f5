import Beacon
import FoundationEssentials
import IMAP
import Tokens

/// Keeps what is known of one folder in step with the server: a machine without I/O.
///
/// The runner asks ``next()`` what to ask the server, feeds every untagged response to ``received(_:)``, and hands the
/// outcome to ``finished(_:)`` or ``failed(_:reason:)``; both return the changes to store, in one transaction. Whatever
/// was not stored is simply asked again, so it can be stopped anywhere.
package struct FolderSync: Sendable {
    package struct Policy: Sendable {
        /// How far back the first scan looks; `nil` is everything.
        package var since: Date?
        package var patterns: [TokenPattern]
        package var isOurs: @Sendable (Token) -> Bool

        package init(since: Date?, patterns: [TokenPattern] = [], isOurs: @escaping @Sendable (Token) -> Bool) {
            self.since = since
            self.patterns = patterns
            self.isOurs = isOurs
        }
    }

    /// What SELECT said.
    package struct Selected: Sendable, Equatable {
        package var uidValidity: UIDValidity?
        package var uidNext: UID?
        package var highest: ModificationSequence?
        package var exists: UInt32

        package init(uidValidity: UIDValidity?, uidNext: UID?, highest: ModificationSequence?, exists: UInt32) {
            self.uidValidity = uidValidity
            self.uidNext = uidNext
            self.highest = highest
            self.exists = exists
        }
    }

    package private(set) var state: FolderState
    private let policy: Policy
    private let scanner: BeaconScanner
    private var selected = Selected(uidValidity: nil, uidNext: nil, highest: nil, exists: 0)
    private var exists: UInt32 = 0
    private var newsDue = false
    private var reviewDue = false
    private var searchDue = false
    /// UIDs still to be examined; those of the first scan and those that arrived.
    private var backlog = UIDSet()
    private var scanTotal = 0
    private var chunk: Chunk?
    /// Filled by SEARCH responses until the search is finished.
    private var found = UIDSet()
    /// Filled by FETCH responses until the review is finished.
    private var reviewed: [UID: Set<Flag>]?
    private var news: [Change] = []

    package init(state: FolderState, policy: Policy) {
        self.state = state
        self.policy = policy
        scanner = BeaconScanner(patterns: policy.patterns)
    }

    /// Messages examined of those the first scan has to examine, while it is under way.
    package var progress: (done: Int, total: Int)? {
        state.scanComplete || scanTotal == 0 ? nil : (scanTotal - backlog.count, scanTotal)
    }

    /// Whether there is something to ask or to store that the server told on its own.
    package var hasNews: Bool { newsDue || reviewDue || !news.isEmpty }

    /// Begins a session; returns what has to be stored before anything is asked.
    package mutating func begin(_ selected: Selected) -> [Change] {
        self.selected = selected
        exists = selected.exists
        var changes: [Change] = []
        if let validity = selected.uidValidity, validity != state.uidValidity {
            let oldest = state.oldestTracked
            state = FolderState(uidValidity: validity, chunk: state.chunk, oldestTracked: oldest)
            changes += [.reset(uidValidity: validity), beginScan(since: Self.earlier(policy.since, oldest))]
        } else if Self.isEarlier(policy.since, than: state.scanSince) {
            changes.append(beginScan(since: policy.since))
        }
        if state.uidNext == nil, let next = selected.uidNext {
            state.uidNext = next
            changes.append(.checkpoint(uidNext: next, highest: nil))
        }
        searchDue = !state.scanComplete
        newsDue = Self.isNews(selected.uidNext, beyond: state.uidNext)
        let unchanged = selected.highest != nil && selected.highest == state.highest && !newsDue
        reviewDue = !state.tracked.isEmpty && !unchanged
        if state.tracked.isEmpty { changes += caughtUp() }
        return changes
    }

    /// What to ask next; `nil` when everything is known and only news can change that.
    package mutating func next() -> SyncRequest? {
        if let request = chunk?.next() { return request }
        if newsDue, exists > 0, let first = state.uidNext {
            newsDue = false
            guard state.chunk == 0 else { return .search(from: first, since: nil) }
            chunk = Chunk(newsFrom: first, scanner: scanner)
            return .news(from: first)
        }
        newsDue = false
        if reviewDue, !state.tracked.isEmpty {
            reviewed = [:]
            return .review(state.tracked)
        }
        reviewDue = false
        if searchDue { return .search(from: nil, since: state.scanSince.map(CalendarDay.init)) }
        var rest = backlog
        // Newest first: what people look at is examined first.
        let uids = rest.removeNewest(chunkSize)
        guard !uids.isEmpty else { return nil }
        chunk = Chunk(uids: uids, scanner: scanner)
        return .contentTypes(uids)
    }

    package mutating func received(_ response: Untagged) {
        switch response {
        case .exists(let count):
            if count > exists { newsDue = true }
            exists = count
        case .expunge:
            exists = exists > 0 ? exists - 1 : 0
            reviewDue = true
        case .vanished(let uids, let earlier):
            if !earlier { exists -= min(exists, UInt32(clamping: uids.count)) }
            forget(uids)
        case .fetch(let data):
            received(data)
        case .search(let result):
            if let all = result.all { found.formUnion(all) }
        case .condition, .bye, .preauthenticated, .capability, .enabled, .id, .flags, .list, .recent, .mailboxStatus,
            .other:
            break
        }
    }

    /// The request was answered with OK.
    package mutating func finished(_ request: SyncRequest) -> [Change] {
        switch request {
        case .search(let first, _):
            return drainNews() + searched(from: first)
        case .review(let asked):
            return drainNews() + review(asked) + caughtUp()
        case .news, .contentTypes, .structures, .parts, .wholes, .details:
            return drainNews() + advance(request)
        }
    }

    /// Flag changes and disappearances that the server told on its own.
    package mutating func drainNews() -> [Change] {
        defer { news = [] }
        return news
    }

    /// The server refused the request, or the connection broke over it. Large requests are cut down until the one
    /// message that cannot be read stands alone and is set aside.
    package mutating func failed(_ request: SyncRequest, reason: String) -> [Change] {
        defer { chunk = nil }
        switch request {
        case .search:
            searchDue = false
            return drainNews()
        case .review:
            reviewDue = false
            reviewed = nil
            return drainNews()
        case .news:
            newsDue = true
        case .contentTypes, .structures, .parts, .wholes, .details:
            if let uid = chunk?.uids.first, chunk?.uids.count == 1 {
                return drainNews() + [.parked(uid, reason: reason)] + settled(UIDSet(uid))
            }
        }
        state.chunk = max(1, (request.uids.map { min($0.count, chunkSize) } ?? chunkSize) / 2)
        return drainNews() + [.chunk(state.chunk)]
    }
}

extension FolderSync {
    private var chunkSize: Int { state.chunk == 0 ? SyncLimits.chunk : state.chunk }

    private mutating func beginScan(since: Date?) -> Change {
        state.scanSince = since
        state.scanComplete = false
        state.scanned = UIDSet()
        return .scanBegan(since: since)
    }

    private mutating func searched(from first: UID?) -> [Change] {
        let uids = found
        found = UIDSet()
        if let first {
            backlog.formUnion(uids.from(first))
            return []
        }
        searchDue = false
        var changes: [Change] = []
        let next = state.uidNext ?? UID((uids.last?.rawValue ?? 0) &+ 1)
        if state.uidNext == nil {
            state.uidNext = next
            changes.append(.checkpoint(uidNext: next, highest: nil))
        }
        let wanted = uids.subtracting(UIDSet(from: next))
        backlog.formUnion(wanted.subtracting(state.scanned))
        scanTotal = wanted.count
        if backlog.isEmpty {
            state.scanComplete = true
            changes.append(.scanCompleted)
        }
        return changes
    }

    private mutating func received(_ data: FetchData) {
        guard let uid = data.uid else {
            // Without CONDSTORE a change of flags comes by sequence number alone.
            if data.flags != nil { reviewDue = true }
            return
        }
        if let flags = data.flags, state.tracked.contains(uid) {
            if reviewed != nil {
                reviewed?[uid] = Set(flags)
            } else {
                news.append(.flags(uid, Set(flags)))
            }
        }
        _ = chunk?.received(data, uid)
    }

    private mutating func review(_ asked: UIDSet) -> [Change] {
        let flags = reviewed ?? [:]
        reviewed = nil
        reviewDue = false
        let gone = asked.subtracting(UIDSet(flags.keys))
        state.tracked = state.tracked.subtracting(gone)
        return flags.sorted { $0.key < $1.key }.map { Change.flags($0.key, $0.value) }
            + (gone.isEmpty ? [] : [.vanished(gone)])
    }

    private mutating func forget(_ uids: UIDSet) {
        let known = state.tracked.intersection(uids)
        guard !known.isEmpty else { return }
        state.tracked = state.tracked.subtracting(known)
        news.append(.vanished(known))
    }

    /// What SELECT said of the mailbox before the look is what is remembered: changes that come while looking are seen
    /// again, never missed.
    private mutating func caughtUp() -> [Change] {
        guard let next = state.uidNext else { return [] }
        state.highest = selected.highest
        return [.checkpoint(uidNext: next, highest: state.highest)]
    }

    private mutating func advance(_ request: SyncRequest) -> [Change] {
        chunk?.finished(request)
        guard let done = chunk, done.isDone else { return [] }
        chunk = nil
        var changes: [Change] = []
        for message in done.messages(isOurs: policy.isOurs) {
            changes.append(.message(message))
            if message.tokens.contains(where: \.isOwnOfTheMessage) { state.tracked.insert(message.uid) }
        }
        if state.chunk > 0 {
            state.chunk = state.chunk * 2 >= SyncLimits.chunk ? 0 : state.chunk * 2
            changes.append(.chunk(state.chunk))
        }
        return changes + settled(done.uids)
    }

    /// These UIDs need no further look: moves the mark for new mail, or the scan's.
    private mutating func settled(_ uids: UIDSet) -> [Change] {
        backlog = backlog.subtracting(uids)
        var changes: [Change] = []
        if let next = state.uidNext, let last = uids.from(next).last, backlog.from(next).isEmpty {
            state.uidNext = UID(last.rawValue &+ 1)
            changes.append(.checkpoint(uidNext: UID(last.rawValue &+ 1), highest: state.highest))
        }
        if !state.scanComplete, !searchDue {
            state.scanned.formUnion(uids)
            state.scanComplete = backlog.isEmpty
            changes.append(backlog.isEmpty ? .scanCompleted : .scanned(uids))
        }
        return changes
    }

    private static func isNews(_ next: UID?, beyond known: UID?) -> Bool {
        guard let next, let known else { return true }
        return next > known
    }

    private static func earlier(_ a: Date?, _ b: Date?) -> Date? {
        guard let a else { return nil }
        return b.map { min(a, $0) } ?? a
    }

    /// `nil` is the beginning of time.
    private static func isEarlier(_ a: Date?, than b: Date?) -> Bool {
        guard let b else { return false }
        return a.map { $0 < b } ?? true
    }
}

extension UIDSet {
    /// Those not below `first`.
    fileprivate func from(_ first: UID) -> UIDSet { intersection(UIDSet(from: first)) }
}

extension CalendarDay {
    /// The day before, in UTC: SEARCH SINCE compares days in the server's zone (RFC 9051 6.4.4).
    fileprivate init(_ date: Date) {
        let days = Int(((date.timeIntervalSince1970 - 86_400) / 86_400).rounded(.down))
        // Civil from days since 1970-01-01 (proleptic Gregorian calendar).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthShifted = (5 * dayOfYear + 2) / 153
        let month = monthShifted < 10 ? monthShifted + 3 : monthShifted - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * monthShifted + 2) / 5 + 1)
    }
}
