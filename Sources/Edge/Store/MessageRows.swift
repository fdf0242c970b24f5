import Foundation
import GRDB

/// Rows of `message`, whether a message was found or is on its way out; the caller holds the transaction.
struct MessageRows {
    let db: Database
    let account: Int64

    /// - Parameter name: the Message-ID.
    func id(named name: String?) throws -> Int64? {
        try BoundStatement(db, sql: "SELECT id FROM message WHERE account_id = ?1 AND \(Self.isNamed("?2"))")
            .first(account, name) { $0.integer(0) }
    }

    /// That a message of a known account has this Message-ID, by the index of those in lower case. Without the plus SQLite puts
    /// the value in place of the column in LOWER as well, and sees no use for the index.
    static func isNamed(_ name: String) -> String {
        "LOWER(message.message_id) = LOWER(\(name)) AND +message.message_id = \(name)"
    }

    /// Of one that was not known. Times are milliseconds.
    func insert(
        _ name: String?, subject: String, sentAt: Int64?, isTracked: Bool, recipientIsSender: Bool,
        to recipients: [(name: String, address: String)], now: Int64
    ) throws -> Int64 {
        try BoundStatement(
            db,
            sql: """
                INSERT INTO message
                    (account_id, message_id, subject, sent_at, tracked, recipient_is_sender, first_seen_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).run(account, name, subject, sentAt, isTracked, recipientIsSender, now)
        let id = db.lastInsertedRowID
        let insertion = try BoundStatement(
            db, sql: "INSERT INTO recipient (message_id, position, name, address) VALUES (?, ?, ?, ?)")
        for (position, recipient) in recipients.enumerated() {
            try insertion.run(id, position, recipient.name, recipient.address)
        }
        return id
    }
}
