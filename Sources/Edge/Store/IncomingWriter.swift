import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Tokens

/// Writes what incoming mail tells; the caller holds the transaction.
struct IncomingWriter {
    let db: Database
    let account: AccountID
    let mailbox: MailboxName
    let now: Date

    /// The folder has been numbered anew: that mail is followed no further.
    func forgetUIDs() throws {
        try db.perform(
            sql: "UPDATE incoming SET uid = NULL WHERE \(Self.isHere)",
            arguments: [Data(mailbox.wire), account.rawValue])
    }

    func noteUnseen(_ uids: UIDSet) throws {
        for uid in uids.uids {
            try db.perform(
                sql: "UPDATE incoming SET unseen_at = ? WHERE \(Self.isHere) AND uid = ?",
                arguments: [now.milliseconds, Data(mailbox.wire), account.rawValue, uid.rawValue])
        }
    }

    /// Whoever opened it loaded the pixel that it shows.
    func noteSeen(_ uids: UIDSet) throws -> Bool {
        var isNew = false
        for uid in uids.uids {
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM incoming WHERE \(Self.isHere) AND uid = ?",
                arguments: [Data(mailbox.wire), account.rawValue, uid.rawValue])
            for row in rows {
                let since: Int64 = row["unseen_at"] ?? row["arrived_at"]
                try noteOpened(row["message_id"], since: Date(milliseconds: since), shows: row["token"])
                try db.perform(sql: "UPDATE incoming SET uid = NULL WHERE id = ?", arguments: [row["id"] as Int64])
            }
            isNew = isNew || !rows.isEmpty
        }
        return isNew
    }

    /// Returns whether it is new, and about a message that is known.
    func record(_ mail: IncomingMail) throws -> Bool {
        var isNew = false
        for (message, tokens) in try messages(of: mail).sorted(by: { $0.key < $1.key }) {
            let recipients = try String.fetchSet(
                try db.cachedStatement(sql: "SELECT LOWER(address) FROM recipient WHERE message_id = ?"),
                arguments: [message])
            let isByRecipient = mail.sender.map(recipients.contains) ?? false
            var isRecorded = false
            for token in tokens.isEmpty ? [""] : tokens.sorted() {
                isRecorded = try insert(mail, message, token, isByRecipient) || isRecorded
            }
            for address in mail.failed.intersection(recipients).sorted() {
                try db.perform(
                    sql: """
                        UPDATE recipient SET failed_at = ? WHERE message_id = ? AND LOWER(address) = ?
                            AND failed_at IS NULL
                        """, arguments: [mail.arrivedAt.milliseconds, message, address])
                isRecorded = isRecorded || db.changesCount > 0
            }
            guard isRecorded else { continue }
            isNew = true
            try db.perform(sql: "UPDATE message SET judge_due = 1 WHERE id = ?", arguments: [message])
            if mail.isSeen, let shown = tokens.first {
                try noteOpened(message, since: mail.arrivedAt, shows: shown)
            }
        }
        return isNew
    }

    /// Tracked messages that it is about, each with those of its tokens that it shows.
    private func messages(of mail: IncomingMail) throws -> [Int64: Set<String>] {
        var found: [Int64: Set<String>] = [:]
        for name in mail.names {
            let ids = try Int64.fetchAll(
                try db.cachedStatement(
                    sql: "SELECT id FROM message WHERE account_id = ?1 AND \(MessageRows.isNamed("?2")) AND tracked = 1"
                ),
                arguments: [account.rawValue, name])
            for id in ids { found[id] = found[id] ?? [] }
        }
        for token in mail.tokens {
            let ids = try Int64.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT message.id FROM message JOIN message_token ON message_token.message_id = message.id
                        WHERE account_id = ? AND token_key = ? AND quoted = 0 AND kind <> 'unverified' AND tracked = 1
                        """), arguments: [account.rawValue, TokenKey.of(token)])
            for id in ids { found[id, default: []].insert(token) }
        }
        return found
    }

    private func insert(_ mail: IncomingMail, _ message: Int64, _ token: String, _ isByRecipient: Bool) throws -> Bool {
        let uid = mail.isSeen || token.isEmpty ? nil : mail.uid.rawValue
        try db.perform(
            sql: """
                INSERT OR IGNORE INTO incoming
                    (message_id, mailbox, uid, kind, by_recipient, token, arrived_at, unseen_at)
                SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
                WHERE (SELECT COUNT(*) FROM incoming WHERE message_id = ?1) < ?9
                """,
            arguments: [
                message, Data(mailbox.wire), uid, mail.kind.rawValue, isByRecipient, token,
                mail.arrivedAt.milliseconds, uid == nil ? nil : now.milliseconds, AgentStore.incomingLimit,
            ])
        return db.changesCount > 0
    }

    private func noteOpened(_ message: Int64, since: Date, shows token: String) throws {
        guard !token.isEmpty else { return }
        try AgentStore.note(OwnActivity(since: since, until: now), of: message, db)
    }

    private static let isHere = "mailbox = ? AND message_id IN (SELECT id FROM message WHERE account_id = ?)"
}
