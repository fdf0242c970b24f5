import Foundation
import GRDB
import Opens
import SentSync

/// A message that is due to be judged: its whole history, and which stored hit each of its hits is.
package struct JudgingTask: Sendable {
    package let message: MessageKey
    package let history: History
    let hits: [Int64]
}

extension AgentStore {
    /// How far around a hit its neighbours are looked for: seconds.
    static let neighbourhood: Int64 = 120

    /// Messages with new facts, or with a verdict that is not final and whose time has come.
    package func judgingTasks(now: Date, rules: Int, limit: Int = 100) async throws(StoreError) -> [JudgingTask] {
        try await read { [recent] db in
            let ids = try Int64.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT id FROM message WHERE judge_due = 1
                        UNION SELECT id FROM message WHERE review_at IS NOT NULL AND review_at <= ?
                        UNION SELECT id FROM message WHERE rules <> ? LIMIT ?
                        """), arguments: [now.milliseconds, rules, limit])
            return try ids.compactMap { try Self.task(db, $0, recent) }
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
        try await write { [recent] db in
            try judged.reduce(false) { changed, one in
                try Self.save(db, one.0, of: one.1, rules: rules, recent) || changed
            }
        }
    }

    private static func save(
        _ db: Database, _ judgement: Judgement, of task: JudgingTask, rules: Int, _ recent: RecentHits
    ) throws -> Bool {
        let id = task.message.rawValue
        guard
            let before = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT * FROM message WHERE id = ?"), arguments: [id])
        else {
            return false
        }
        for (hit, verdict) in zip(task.hits, judgement.verdicts) {
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO verdict (message_id, hit_id, class, p_person, confidence, rule)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                id, hit, verdict.hitClass.rawValue, verdict.personProbability, verdict.confidence, verdict.rule,
            ])
        }
        let evidence = judgement.verdicts.count { $0.hitClass.isEvidence }
        let known = try hits(db, of: id, recent).count
        let changed =
            before["status"] as String != judgement.status.rawValue
            || before["readings"] as Int != judgement.readings
            || before["evidence"] as Int != evidence
        try db.perform(
            sql: """
                UPDATE message SET status = ?, readings = ?, evidence = ?, first_open_at = ?, last_open_at = ?,
                    review_at = ?, rules = ?, judge_due = ? WHERE id = ?
                """,
            arguments: [
                judgement.status.rawValue, judgement.readings, evidence, judgement.firstOpen?.milliseconds,
                judgement.lastOpen?.milliseconds, judgement.reviewAt?.milliseconds, rules,
                known != task.hits.count, id,
            ])
        if changed { try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [id]) }
        return changed
    }

    private static func task(_ db: Database, _ id: Int64, _ recent: RecentHits) throws -> JudgingTask? {
        guard
            let row = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT * FROM message WHERE id = ?"), arguments: [id])
        else {
            return nil
        }
        let stored = try hits(db, of: id, recent)
        let domains = try String.fetchAll(
            try db.cachedStatement(sql: "SELECT address FROM recipient WHERE message_id = ?"), arguments: [id]
        )
        .compactMap { $0.split(separator: "@").last.map { $0.lowercased() } }
        let tokens = try String.fetchAll(
            try db.cachedStatement(sql: "SELECT token FROM message_token WHERE message_id = ?"), arguments: [id])
        let history = History(
            sentAt: (row["sent_at"] as Int64?).map(Date.init(milliseconds:)), recipientDomains: Set(domains),
            recipientIsSender: row["recipient_is_sender"], tokens: Set(tokens).union(stored.map(\.hit.token)),
            hits: stored.map(\.hit), neighbours: try neighbours(db, of: id, around: stored.map(\.hit), recent))
        return JudgingTask(message: MessageKey(rawValue: id), history: history, hits: stored.map(\.id))
    }

    /// At most this many hits of one message are judged, the oldest first: a flood must not stop the agent.
    private static let hitLimit = 2000

    static func hits(_ db: Database, of message: Int64, _ recent: RecentHits) throws -> [StoredHit] {
        let decoder = JSONDecoder()
        return try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT hit.id, hit.body FROM hit WHERE token_key IN
                        (SELECT token_key FROM message_token WHERE message_id = ? AND quoted = 0 AND kind <> 'unverified')
                    ORDER BY hit.at, hit.seq LIMIT ?
                    """), arguments: [message, hitLimit]
        ).compactMap { recent.hit($0, decoder) }
    }

    private static func neighbours(
        _ db: Database, of message: Int64, around hits: [Hit], _ recent: RecentHits
    ) throws -> [Hit] {
        let decoder = JSONDecoder()
        var found: [Int64: Hit] = [:]
        var last = Int64.min
        for hit in hits {
            let at = hit.at.milliseconds
            // One look covers all hits of a burst.
            guard at > last + neighbourhood * 500, found.count < hitLimit else { continue }
            last = at
            let rows = try Row.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT hit.id, hit.body FROM hit WHERE hit.source_id IN (SELECT id FROM source)
                            AND hit.at BETWEEN ? AND ? AND token_key NOT IN
                            (SELECT token_key FROM message_token WHERE message_id = ?)
                        ORDER BY hit.at LIMIT ?
                        """), arguments: [at - neighbourhood * 1000, at + neighbourhood * 1500, message, hitLimit])
            for stored in rows.compactMap({ recent.hit($0, decoder) }) { found[stored.id] = stored.hit }
        }
        return found.values.sorted { ($0.at, $0.seq) < ($1.at, $1.seq) }
    }
}

extension HitClass {
    /// Whether a hit of this class tells something that was not known before.
    fileprivate var isEvidence: Bool {
        switch self {
        case .person, .proxyPerson, .machinePrefetch, .securityScanner: true
        case .own, .duplicate, .forged: false
        }
    }
}
