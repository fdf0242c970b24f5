import Foundation
import GRDB
import Opens

extension AgentStore {
    /// Deletes hits that came before `date`, and the verdicts on them. What they proved stays: a status never falls because
    /// of it. Those of a message that is still to be judged wait for that.
    package func forgetHits(before date: Date) async throws(StoreError) {
        let messages = try await read { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT message_id FROM message_token JOIN hit ON hit.token_key = message_token.token_key
                    WHERE quoted = 0 AND kind <> 'unverified' AND hit.at < ?
                    """, arguments: [date.milliseconds])
        }
        for start in stride(from: 0, to: messages.count, by: 20) {
            let some = messages[start..<min(start + 20, messages.count)]
            try await write { db in
                for message in some { try HitForgetting(db: db, message: message, before: date).run() }
            }
        }
        while try await write({ try HitForgetting.forgetWaiting($0, before: date, limit: 5000) }) {}
    }
}

/// Deletes the older hits of one message; the caller holds the transaction.
private struct HitForgetting {
    let db: Database
    let message: Int64
    let before: Date

    func run() throws {
        // A token can be that of two messages: the same mail in two accounts.
        let sharers = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT DISTINCT message.id, judge_due, forgotten FROM message_token
                    JOIN message ON message.id = message_token.message_id
                    WHERE token_key IN (\(MessageHits.keys)) AND quoted = 0 AND kind <> 'unverified'
                    """), arguments: [message])
        guard sharers.allSatisfy({ !($0["judge_due"] as Bool) }) else { return }
        let boundary = try boundary()
        for row in sharers {
            var tally = Tally(stored: row["forgotten"]) ?? Tally()
            let gone = try verdicts(of: row["id"], before: boundary)
            guard !gone.isEmpty else { continue }
            for (verdict, at) in gone { tally.add(verdict, at: at) }
            try db.perform(
                sql: """
                    UPDATE message SET forgotten = ?, forgotten_until = MAX(COALESCE(forgotten_until, 0), ?),
                        settled = NULL WHERE id = ?
                    """,
                arguments: [
                    String(decoding: try JSONEncoder().encode(tally), as: UTF8.self), boundary.milliseconds,
                    row["id"] as Int64,
                ])
        }
        let those = "token_key IN (\(MessageHits.keys)) AND at < ?2"
        for row in sharers {
            try db.perform(
                sql: "DELETE FROM verdict WHERE message_id = ?3 AND hit_id IN (SELECT id FROM hit WHERE \(those))",
                arguments: [message, boundary.milliseconds, row["id"] as Int64])
        }
        try db.perform(sql: "DELETE FROM hit WHERE \(those)", arguments: [message, boundary.milliseconds])
    }

    private func boundary() throws -> Date {
        let times = try Int64.fetchAll(
            try db.cachedStatement(
                sql: "SELECT at FROM hit WHERE token_key IN (\(MessageHits.keys)) AND at < ?2 ORDER BY at"),
            arguments: [message, before.milliseconds])
        let next = try Int64.fetchOne(
            try db.cachedStatement(
                sql: "SELECT MIN(at) FROM hit WHERE token_key IN (\(MessageHits.keys)) AND at >= ?2"),
            arguments: [message, before.milliseconds])
        return Forgetting.boundary(
            times.map(Date.init(milliseconds:)), next: next.map(Date.init(milliseconds:)), before: before)
    }

    /// Those of one of the sharers, on the hits that go.
    private func verdicts(of sharer: Int64, before boundary: Date) throws -> [(Verdict, Date)] {
        try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT class, p_person, confidence, rule, at FROM hit JOIN verdict ON hit_id = hit.id
                    WHERE token_key IN (\(MessageHits.keys)) AND at < ?2 AND verdict.message_id = ?3
                    """), arguments: [message, boundary.milliseconds, sharer]
        ).compactMap { row in AgentStore.verdict(row).map { ($0, Date(milliseconds: row["at"])) } }
    }

    /// Those on tokens of no message, and counters that nothing has been added to since. Returns whether there may be more.
    static func forgetWaiting(_ db: Database, before date: Date, limit: Int) throws -> Bool {
        try db.perform(sql: "DELETE FROM flood WHERE last_at < ?", arguments: [date.milliseconds])
        try db.perform(
            sql: """
                DELETE FROM hit WHERE id IN (SELECT id FROM hit WHERE at < ? AND NOT EXISTS
                    (SELECT 1 FROM message_token WHERE message_token.token_key = hit.token_key AND quoted = 0
                        AND kind <> 'unverified') LIMIT ?)
                """, arguments: [date.milliseconds, limit])
        return db.changesCount == limit
    }
}
