import Foundation
import GRDB
import Opens

/// A message as it was judged when it was judged last, and its whole history.
package struct JudgedMessage: Sendable {
    package let key: MessageKey
    package let account: String
    package let messageID: String?
    package let subject: String
    package let status: OpenStatus
    package let readings: Int
    /// By the version of the rules.
    package let rules: Int
    /// The names of the rules by hit, in the order of the history's; `nil` for one that was not judged yet.
    package let verdicts: [String?]
    package let history: History
}

extension AgentStore {
    /// The tracked messages behind `last`, in the order of their keys. Changes nothing.
    package func judgedMessages(after last: MessageKey?, limit: Int = 100) async throws(StoreError) -> [JudgedMessage] {
        try await read { [recent] db in
            let rows = try Row.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT message.id, message_id, subject, status, readings, rules, account.name AS account
                        FROM message JOIN account ON account.id = account_id
                        WHERE tracked = 1 AND message.id > ? ORDER BY message.id LIMIT ?
                        """), arguments: [last?.rawValue ?? 0, limit])
            // All of them are there: what is read is one state of the database.
            var histories = try rows.compactMap { try StoredHistory(db, $0["id"], recent, rules: nil) }
            try Self.addNeighbours(db, to: &histories, recent)
            return try zip(rows, histories).map { row, stored in
                let names = try Row.fetchAll(
                    try db.cachedStatement(sql: "SELECT hit_id, rule FROM verdict WHERE message_id = ?"),
                    arguments: [stored.message.rawValue])
                let rules = Dictionary(names.map { ($0["hit_id"] as Int64, $0["rule"] as String) }) { first, _ in
                    first
                }
                return JudgedMessage(
                    key: stored.message, account: row["account"], messageID: row["message_id"],
                    subject: row["subject"], status: OpenStatus(rawValue: row["status"]) ?? .unknown,
                    readings: row["readings"], rules: row["rules"], verdicts: stored.hits.map { rules[$0.id] },
                    history: stored.history)
            }
        }
    }

    /// Every message is to be judged once more.
    package func judgeAllAgain() async throws(StoreError) {
        try await write { db in try db.perform(sql: "UPDATE message SET judge_due = 1") }
    }
}
