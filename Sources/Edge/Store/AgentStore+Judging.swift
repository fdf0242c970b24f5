import Foundation
import GRDB
import Opens
import SentSync

/// A message that is due to be judged: its whole history, and which stored hit each of its hits is.
package struct JudgingTask: Sendable {
    package let message: MessageKey
    package let history: History
    /// Keys of the stored hits, in the order of the history's.
    let hits: [Int64]
}

extension AgentStore {
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
            return try Self.tasks(db, ids, recent).compactMap(\.self)
        }
    }

    /// For each of the messages; `nil` for one that is not there.
    static func tasks(_ db: Database, _ ids: [Int64], _ recent: RecentHits) throws -> [JudgingTask?] {
        let stored = try ids.map { ($0, try hits(db, of: $0, recent)) }
        let neighbourhood = Neighbourhood(try hits(db, around: stored.flatMap(\.1), recent))
        return try stored.map { try task(db, $0.0, $0.1, neighbourhood) }
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
        let judgedBefore = try Int64.fetchSet(
            try db.cachedStatement(sql: "SELECT hit_id FROM verdict WHERE message_id = ?"), arguments: [id])
        // It may be the sender, in mail that has come: the folder is looked through.
        if zip(task.hits, judgement.verdicts).contains(where: { $1.mayBePerson && !judgedBefore.contains($0) }) {
            try db.perform(
                sql: "UPDATE account SET look_due = 1 WHERE id = ? AND look_due = 0",
                arguments: [before["account_id"] as Int64])
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
        let isUpToDate =
            try hits(db, of: id, recent).count == task.hits.count
            && ownActivity(db, of: id) == task.history.ownActivity
            && incoming(db, of: id) == task.history.incoming
            && undelivered(db, of: id) == task.history.undelivered
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
                !isUpToDate, id,
            ])
        if changed { try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [id]) }
        // Its keywords have waited for this.
        let isAwaited = try Bool.fetchOne(
            try db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM copy WHERE message_id = ? AND plan_due = 1)"), arguments: [id])
        return changed || before["rules"] as Int > 0 && isAwaited == true
    }

    private static func task(
        _ db: Database, _ id: Int64, _ stored: [StoredHit], _ neighbourhood: Neighbourhood
    ) throws -> JudgingTask? {
        guard
            let row = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT * FROM message WHERE id = ?"), arguments: [id])
        else {
            return nil
        }
        let domains = try String.fetchAll(
            try db.cachedStatement(sql: "SELECT address FROM recipient WHERE message_id = ?"), arguments: [id]
        )
        .compactMap { $0.split(separator: "@").last.map { $0.lowercased() } }
        let tokens = try String.fetchAll(
            try db.cachedStatement(sql: "SELECT token FROM message_token WHERE message_id = ?"), arguments: [id])
        let hits = stored.map(\.hit)
        let all = Set(tokens.map { $0.lowercased() }).union(hits.map(\.token))
        var history = History(
            sentAt: (row["sent_at"] as Int64?).map(Date.init(milliseconds:)), recipientDomains: Set(domains),
            recipientIsSender: row["recipient_is_sender"], tokens: all, hits: hits,
            neighbours: neighbourhood.neighbours(of: hits, besides: all),
            ownActivity: try ownActivity(db, of: id))
        history.incoming = try incoming(db, of: id)
        history.undelivered = try undelivered(db, of: id)
        return JudgingTask(message: MessageKey(rawValue: id), history: history, hits: stored.map(\.id))
    }

    /// At most this many hits of one message are judged, the oldest first: a flood must not stop the agent.
    package static let hitLimit = 2000

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

    /// How far around a hit its neighbours are looked for: milliseconds.
    private static let reach: Int64 = 120_000

    /// At most this many of one stretch of time are looked at, the earliest.
    private static let neighbourLimit = 10_000

    /// All hits near these, of those sources that are still configured; each stretch of time is read once.
    private static func hits(
        _ db: Database, around hits: [StoredHit], _ recent: RecentHits
    ) throws -> [Hit] {
        let decoder = JSONDecoder()
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
            try Row.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT id, body FROM hit WHERE source_id IN (SELECT id FROM source) AND at BETWEEN ? AND ?
                        ORDER BY at LIMIT ?
                        """), arguments: [stretch.lowerBound, stretch.upperBound, neighbourLimit]
            ).compactMap { recent.hit($0, decoder)?.hit }
        }
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
