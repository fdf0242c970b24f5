import Foundation
import GRDB
import Opens
import SentSync

/// A message that is due to be judged, and when it was taken up.
package struct JudgingTask: Sendable {
    let stored: StoredHistory
    let now: Date

    package var message: MessageKey { stored.message }
    package var history: History { stored.history }
}

extension AgentStore {
    /// Messages with new facts, or with a verdict that is not final and whose time has come: some of them, besides those
    /// that are under way.
    /// - Parameter outdated: those too that other rules have judged. For these all messages are looked at, and once there are
    ///   none there will be none.
    package func judgingTasks(
        now: Date, rules: Int, besides underWay: Set<MessageKey> = [], limit: Int = 500, outdated: Bool = true
    ) async throws(StoreError) -> [JudgingTask] {
        try await read { [recent] db in
            let due = try Int64.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT id FROM message WHERE judge_due = 1
                        UNION SELECT id FROM message WHERE review_at IS NOT NULL AND review_at <= ?
                        \(outdated ? "UNION SELECT id FROM message WHERE rules <> \(rules)" : "") LIMIT ?
                        """), arguments: [now.milliseconds, limit + underWay.count])
            var stored: [StoredHistory] = []
            var hits = 0
            for id in due where hits < Self.hitsAtOnce && !underWay.contains(MessageKey(rawValue: id)) {
                guard let history = try StoredHistory(db, id, recent, rules: rules) else { continue }
                stored.append(history)
                hits += history.hits.count
            }
            try Self.addNeighbours(db, to: &stored, recent)
            return stored.map { JudgingTask(stored: $0, now: now) }
        }
    }

    /// Each stretch of time is read once for all of them.
    static func addNeighbours(_ db: Database, to stored: inout [StoredHistory], _ recent: RecentHits) throws {
        let own = stored.flatMap(\.hits)
        let neighbourhood = Neighbourhood(of: own.lazy.map(\.hit), among: try hits(db, around: own, recent))
        for index in stored.indices {
            let history = stored[index].history
            stored[index].history.neighbours = neighbourhood.neighbours(of: history.hits, besides: history.tokens)
        }
    }

    /// When the next verdict that is not final yet is to be looked at again.
    package func nextReview() async throws(StoreError) -> Date? {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT MIN(review_at) FROM message").map(Date.init(milliseconds:))
        }
    }

    /// Stores judgements, all of them or none. Returns whether the keywords of any message may have to change.
    /// If new facts came while a message was judged, it stays due.
    @discardableResult
    package func save(_ judged: [(Judgement, JudgingTask)], rules: Int) async throws(StoreError) -> Bool {
        try await write { db in
            try judged.reduce(false) { changed, one in
                try JudgementWriter(db: db, stored: one.1.stored, rules: rules, now: one.1.now).write(one.0) || changed
            }
        }
    }

    /// Of all messages together, as soon as there are that many, no more are taken up at once.
    private static let hitsAtOnce = 10_000
    /// Of one message that many hits are judged at once, the oldest first: a flood must not stop the agent.
    package static let hitLimit = 2000
    /// Of one message that many hits are kept, those that came first, and the rest is counted: some 5 MB. A mail with a
    /// token for each of 253 recipients, which share a key, has room for forty of each.
    package static let keptHits = 10_000

    /// How far around a hit its neighbours are looked for: milliseconds.
    private static let reach: Int64 = 120_000

    /// At most this many of one stretch of time are looked at, the earliest.
    static let neighbourLimit = 10_000

    /// All hits near these, of those sources that are still configured; each stretch of time is read once.
    private static func hits(
        _ db: Database, around hits: [StoredHit], _ recent: RecentHits
    ) throws -> [Hit] {
        var stretches: [ClosedRange<Int64>] = []
        for at in hits.map(\.hit.at.milliseconds).sorted() {
            let near = (at - reach)...(at + reach)
            if let last = stretches.last, last.upperBound >= near.lowerBound {
                stretches[stretches.count - 1] = last.lowerBound...near.upperBound
            } else {
                stretches.append(near)
            }
        }
        return try stretches.flatMap { stretch in
            try recent.hits(
                try db.cachedStatement(
                    sql: """
                        SELECT id, body FROM hit WHERE source_id IN (SELECT id FROM source) AND at BETWEEN ? AND ?
                        ORDER BY at LIMIT ?
                        """), [stretch.lowerBound, stretch.upperBound, neighbourLimit]
            ).map(\.hit)
        }
    }
}
