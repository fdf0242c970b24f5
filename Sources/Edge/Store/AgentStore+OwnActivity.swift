import Foundation
import GRDB
import IMAP
import Opens
import Tokens

/// Touches of messages by their sender.
extension AgentStore {
    /// Of one message, the last ones.
    static let activityLimit = 50
    /// Whoever changes that many messages at once looks at none of them.
    static let sweepLimit = 10

    /// What was touched is judged again, and so is what is quoted there.
    static func note(
        _ activity: OwnActivity, ofCopies uids: [UID], in folder: FolderID, _ db: Database
    ) throws {
        for uid in uids {
            let message = try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT message_id FROM copy WHERE folder_id = ? AND uid = ?"),
                arguments: [folder.rawValue, uid.rawValue])
            if let message { try note(activity, of: message, db) }
        }
    }

    static func note(_ activity: OwnActivity, of message: Int64, _ db: Database) throws {
        try db.perform(
            sql: "INSERT OR IGNORE INTO own_activity (message_id, at, since) VALUES (?, ?, ?)",
            arguments: [message, activity.until.milliseconds, activity.since?.milliseconds])
        guard db.changesCount > 0 else { return }
        try db.perform(
            sql: """
                DELETE FROM own_activity WHERE message_id = ?1 AND at <=
                    (SELECT at FROM own_activity WHERE message_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)
                """, arguments: [message, activityLimit])
        try db.perform(
            sql: """
                UPDATE message SET judge_due = 1 WHERE id = ?1 OR id IN
                    (SELECT other.message_id FROM message_token AS shown
                     JOIN message_token AS other ON other.token_key = shown.token_key WHERE shown.message_id = ?1)
                """, arguments: [message])
    }

    /// Of the message and of others that show its pixel, the oldest first.
    static func ownActivity(_ db: Database, of message: Int64) throws -> [OwnActivity] {
        try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT DISTINCT since, at FROM own_activity WHERE message_id = ?1 OR message_id IN
                        (SELECT shown.message_id FROM message_token AS own
                         JOIN message_token AS shown ON shown.token_key = own.token_key
                         WHERE own.message_id = ?1 AND own.quoted = 0)
                    ORDER BY at, since
                    """), arguments: [message]
        ).map {
            OwnActivity(
                since: ($0["since"] as Int64?).map(Date.init(milliseconds:)), until: Date(milliseconds: $0["at"]))
        }
    }

    /// What was before that is not remembered any more, unless there is a hit that it may explain.
    package func forgetActivity(before date: Date) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: """
                    DELETE FROM own_activity WHERE at < ? AND NOT EXISTS (
                        SELECT 1 FROM message_token JOIN hit ON hit.token_key = message_token.token_key
                        WHERE message_token.message_id = own_activity.message_id
                            AND hit.at BETWEEN own_activity.at - ? AND own_activity.at + ?)
                    """, arguments: [date.milliseconds, Self.activityReach, Self.activityReach])
        }
    }

    /// Milliseconds, more than the rules look.
    private static let activityReach: Int64 = 600_000
}
