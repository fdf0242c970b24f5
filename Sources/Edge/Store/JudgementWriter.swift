import Foundation
import GRDB
import Opens

/// Writes a judgement down; the caller holds the transaction.
struct JudgementWriter {
    let db: Database
    let stored: StoredHistory
    let rules: Int
    let now: Date

    private var id: Int64 { stored.message.rawValue }
    private var history: History { stored.history }

    /// Returns whether keywords may have to change.
    func write(_ judgement: Judgement) throws -> Bool {
        guard let facts = try MessageFacts(db, id) else { return false }
        if try writeVerdicts(judgement) {
            // Who loaded a pixel for the first time may be the sender, in mail that has come: the folder is looked through.
            try db.perform(
                sql: "UPDATE account SET look_due = 1 WHERE id = ? AND look_due = 0",
                arguments: [facts.account])
        }
        let isNews = !isUpToDate(facts)
        let settlement = try isNews ? nil : settlement(of: judgement)
        let settled = try (settlement ?? stored.settled)?.text()
        if stored.isCut, settlement != nil {
            // Only the whole says what the message is.
            try db.perform(
                sql: "UPDATE message SET rules = ?, judge_due = 1, settled = ? WHERE id = ?",
                arguments: [rules, settled, id])
            return false
        }
        let tally = judgement.tally
        let changed =
            facts.status != judgement.status.rawValue || facts.readings != tally.readings
            || facts.evidence != tally.evidence
        try BoundStatement(
            db,
            sql: """
                UPDATE message SET status = ?, readings = ?, evidence = ?, first_open_at = ?, last_open_at = ?,
                    review_at = ?, rules = ?, judge_due = ?, reach = ?, settled = ? WHERE id = ?
                """
        ).run(
            judgement.status.rawValue, tally.readings, tally.evidence, tally.firstOpen?.milliseconds,
            tally.lastOpen?.milliseconds, judgement.reviewAt?.milliseconds, rules, isNews, tally.reach.rawValue,
            settled, id)
        if changed { try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [id]) }
        let domainsChanged = try MessageDomains(db: db, now: now).judged(
            facts, domains: history.recipientDomains, after: tally.reach)
        if changed || domainsChanged { return true }
        // Its keywords may have waited for this.
        return try facts.rules > 0
            && Bool.fetchOne(
                try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM copy WHERE message_id = ? AND plan_due = 1)"),
                arguments: [id]) == true
    }

    /// Whether nothing has come while the message was judged.
    private func isUpToDate(_ facts: MessageFacts) -> Bool {
        facts.hits == stored.known && facts.ownActivity == history.ownActivity
            && facts.incoming == history.incoming && facts.undelivered == history.undelivered
    }

    /// Of the hits that count, and are still there. Returns whether one of them, never judged before, may be a person's.
    private func writeVerdicts(_ judgement: Judgement) throws -> Bool {
        let first = history.countsFrom.map { start in stored.hits.prefix { $0.hit.at < start }.count } ?? 0
        let judged = zip(stored.hits, judgement.verdicts).dropFirst(first)
        guard let earliest = stored.hits.dropFirst(first).first?.hit.at, let latest = stored.hits.last?.hit.at else {
            return false
        }
        let there = try MessageHits.ids(db, of: id, from: earliest, through: latest)
        let known = try knownVerdicts(there)
        let insertion = try BoundStatement(
            db,
            sql: """
                INSERT INTO verdict (hit_id, class, p_person, confidence, rule, message_id) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET class = excluded.class, p_person = excluded.p_person,
                    confidence = excluded.confidence, rule = excluded.rule
                """)
        try insertion.bind(6, id)
        var mayBeSomeone = false
        for (hit, verdict) in judged where there.contains(hit.id) && known[hit.id] != .some(verdict) {
            if known[hit.id] == nil, verdict.mayBePerson { mayBeSomeone = true }
            try insertion.bind(1, hit.id)
            try insertion.bind(2, verdict.hitClass.rawValue)
            try insertion.bind(3, verdict.personProbability)
            try insertion.bind(4, verdict.confidence)
            try insertion.bind(5, verdict.rule)
            try insertion.run()
        }
        return mayBeSomeone
    }

    /// `nil` for one that another version has written.
    private func knownVerdicts(_ hits: Set<Int64>) throws -> [Int64: Verdict?] {
        guard let first = hits.min(), let last = hits.max() else { return [:] }
        let rows = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT hit_id, class, p_person, confidence, rule FROM verdict
                    WHERE message_id = ? AND hit_id BETWEEN ? AND ?
                    """), arguments: [id, first, last])
        var known: [Int64: Verdict?] = [:]
        while let row = try rows.next() { known.updateValue(AgentStore.verdict(row), forKey: row["hit_id"]) }
        return known
    }

    /// `nil` if no more is settled than was.
    private func settlement(of judgement: Judgement) throws -> StoredSettlement? {
        guard let settlement = Settlement(judgement, of: history, isCut: stored.isCut), let facts = stored.facts else {
            return nil
        }
        return StoredSettlement(
            settlement: settlement, rules: rules, facts: facts,
            rows: try MessageHits.count(db, of: id, before: settlement.openFrom))
    }
}

extension StoredSettlement {
    fileprivate func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
}
