import Beacon
import FoundationEssentials
import IMAP
import MIME
import Tokens

/// Messages that are examined together: which of them may hold HTML, where it is, what tokens it holds.
struct Chunk: Sendable {
    /// For news the set grows as the answers come in.
    private(set) var uids: UIDSet
    let newsFrom: UID?
    /// The request under way.
    private(set) var asked: SyncRequest?
    /// Whether nothing else of the sync is under way meanwhile: what cannot be read is of this request then.
    private(set) var isAlone = false
    /// The longest that a request of this chunk took.
    private(set) var slowest = Duration.zero
    /// All that its requests took.
    private(set) var spent = Duration.zero
    private var isFresh = true
    private var drafts: [UID: Draft] = [:]
    private var lookout: Lookout

    init(uids: UIDSet, lookout: Lookout) {
        self.uids = uids
        newsFrom = nil
        self.lookout = lookout
    }

    init(newsFrom first: UID, lookout: Lookout) {
        uids = UIDSet()
        newsFrom = first
        self.lookout = lookout
    }

    /// News that the server told by itself, with all that is asked of news.
    init(told news: [UID: FetchData], from first: UID, lookout: Lookout) {
        self.init(newsFrom: first, lookout: lookout)
        isFresh = false
        for (uid, data) in news { _ = received(data, uid) }
    }

    var isDone: Bool { asked == nil && !isFresh && drafts.values.allSatisfy { $0.stage == .done } }

    /// The next request of this chunk, which is under way from now on.
    mutating func ask(alone: Bool) -> SyncRequest? {
        asked = next()
        isAlone = alone
        isFresh = false
        return asked
    }

    private func next() -> SyncRequest? {
        if isFresh { return newsFrom.map(SyncRequest.news) ?? .glances(uids, fields: lookout.fields) }
        for (stage, request) in [
            (Draft.Stage.structure, SyncRequest.structures), (.whole, SyncRequest.wholes),
            (.details, SyncRequest.details),
        ] {
            let due = UIDSet(drafts.values.filter { $0.stage == stage }.map(\.uid))
            if !due.isEmpty { return request(due) }
        }
        let parts = partRequests()
        return parts.isEmpty ? nil : .parts(parts)
    }

    /// `false` if the response is not about what this chunk asked.
    mutating func received(_ data: FetchData, _ uid: UID) -> Bool {
        if let newsFrom {
            // `n:*` is answered with the last message even when that is below n.
            guard uid >= newsFrom else { return false }
            if !uids.contains(uid), data.headerFields != nil { uids.insert(uid) }
        }
        guard uids.contains(uid) else { return false }
        let flags = data.flags.map(Set.init)
        if drafts[uid] != nil {
            drafts[uid]?.received(data, flags: flags, scanner: lookout.scanner)
            return true
        }
        guard let header = data.headerFields else { return false }
        drafts[uid] = Draft(
            uid: uid, header: header, flags: flags, internalDate: data.internalDate, isNews: newsFrom != nil,
            lookout: lookout)
        if data.structure != nil { drafts[uid]?.received(data, flags: flags, scanner: lookout.scanner) }
        return true
    }

    /// News may hold what was not waited for when it was asked for.
    mutating func wait(for awaited: Set<String>) {
        guard newsFrom != nil, lookout.awaited != awaited else { return }
        lookout.awaited = awaited
        for uid in drafts.keys { drafts[uid]?.recognize(awaited) }
    }

    /// The request was answered; messages that did not appear in the answer are gone.
    mutating func finished(_ request: SyncRequest, took: Duration) {
        asked = nil
        slowest = max(slowest, took)
        spent += took
        guard let asked = request.uids else { return }
        for uid in asked.uids { drafts[uid]?.answered(request) }
    }

    func messages() -> [ExaminedMessage] {
        drafts.values.sorted { $0.uid < $1.uid }.compactMap { $0.message(isOurs: lookout.isOurs) }
    }

    private func partRequests() -> [SyncRequest.PartRequest] {
        var requests: [SectionRange: [UID]] = [:]
        for draft in drafts.values where draft.stage == .parts {
            for part in draft.parts where !part.isComplete {
                let range = part.received..<min(part.received + SyncLimits.partBytes, SyncLimits.partTotal)
                requests[SectionRange(section: part.section, range: range), default: []].append(draft.uid)
            }
        }
        return requests.map { .init(section: $0.key.section, range: $0.key.range, uids: UIDSet($0.value)) }
            .sorted { ($0.section, $0.range.lowerBound) < ($1.section, $1.range.lowerBound) }
    }

    private struct SectionRange: Hashable {
        let section: String
        let range: Range<UInt32>
    }
}
