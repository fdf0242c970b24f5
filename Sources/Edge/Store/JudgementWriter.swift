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
        guard
            let before = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT * FROM message WHERE id = ?"), arguments: [id])
        else {
            return false
        }
        try askForLook(judgement, account: before["account_id"])
        try writeVerdicts(judgement)
        let isNews = try !isUpToDate()
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
            before["status"] as String != judgement.status.rawValue
            || before["readings"] as Int != tally.readings
            || before["evidence"] as Int != tally.evidence
        try db.perform(
            sql: """
                UPDATE message SET status = ?, readings = ?, evidence = ?, first_open_at = ?, last_open_at = ?,
                    review_at = ?, rules = ?, judge_due = ?, reach = ?, settled = ? WHERE id = ?
                """,
            arguments: [
                judgement.status.rawValue, tally.readings, tally.evidence, tally.firstOpen?.milliseconds,
                tally.lastOpen?.milliseconds, judgement.reviewAt?.milliseconds, rules, isNews, tally.reach.rawValue,
                settled, id,
            ])
        if changed { try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [id]) }
        let domainsChanged = try MessageDomains(db: db, now: now).judged(
            before, domains: history.recipientDomains, before: Reach(rawValue: before["reach"]), after: tally.reach)
        if changed || domainsChanged { return true }
        // Its keywords may have waited for this.
        return try before["rules"] as Int > 0
            && Bool.fetchOne(
                try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM copy WHERE message_id = ? AND plan_due = 1)"),
                arguments: [id]) == true
    }

    /// Whether nothing has come while the message was judged.
    private func isUpToDate() throws -> Bool {
        try MessageHits.count(db, of: id) == stored.known
            && AgentStore.ownActivity(db, of: id) == history.ownActivity
            && AgentStore.incoming(db, of: id) == history.incoming
            && AgentStore.undelivered(db, of: id) == history.undelivered
    }

    /// Who loaded a pixel for the first time may be the sender, in mail that has come: the folder is looked through.
    private func askForLook(_ judgement: Judgement, account: Int64) throws {
        let isNew = try zip(stored.hits, judgement.verdicts).contains { hit, verdict in
            guard verdict.mayBePerson, history.countsFrom.map({ hit.hit.at >= $0 }) ?? true else { return false }
            return try Bool.fetchOne(
                try db.cachedStatement(
                    sql: "SELECT NOT EXISTS (SELECT 1 FROM verdict WHERE message_id = ? AND hit_id = ?)"),
                arguments: [id, hit.id]) == true
        }
        guard isNew else { return }
        try db.perform(
            sql: "UPDATE account SET look_due = 1 WHERE id = ? AND look_due = 0", arguments: [account])
    }

    private func writeVerdicts(_ judgement: Judgement) throws {
        for (index, (hit, verdict)) in zip(stored.hits, judgement.verdicts).enumerated() {
            if let start = history.countsFrom, history.hits[index].at < start { continue }
            try db.cachedStatement(
                sql: """
                    INSERT INTO verdict (message_id, hit_id, class, p_person, confidence, rule)
                    SELECT ?, id, ?, ?, ?, ? FROM hit WHERE id = ?
                    ON CONFLICT DO UPDATE SET class = excluded.class, p_person = excluded.p_person,
                        confidence = excluded.confidence, rule = excluded.rule
                    WHERE rule <> excluded.rule OR class <> excluded.class OR p_person <> excluded.p_person
                        OR confidence <> excluded.confidence
                    """
            ).execute(arguments: [
                id, verdict.hitClass.rawValue, verdict.personProbability, verdict.confidence, verdict.rule, hit.id,
            ])
        }
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
