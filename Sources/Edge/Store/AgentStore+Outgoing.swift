import Foundation
import GRDB
import MIME
import Outgoing
import Tokens

extension AgentStore {
    /// Writes a mail down before it is sent: on disk when it returns. One that carries a token is from then on known by
    /// its Message-ID and by the token.
    @discardableResult
    package func register(
        _ mail: Registration, outcome: SendingOutcome? = nil, of account: AccountID, now: Date
    ) async throws(StoreError) -> OutgoingID {
        try await write { db in
            let message = mail.isTracked ? try Self.message(of: mail, account, now, db) : nil
            try db.perform(
                sql: """
                    INSERT INTO outgoing (account_id, message, message_id, subject_hash, content_hash, way, at, state,
                        reply, provider_id)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    account.rawValue, message, mail.messageID,
                    Data(KeyedHash.sha256(Array(mail.subject.utf8)) ?? []),
                    mail.contentHash.map { Data($0) },
                    mail.way.rawValue, now.milliseconds, (outcome?.state ?? .registered).rawValue, outcome?.reply ?? "",
                    outcome?.providerID,
                ])
            let id = db.lastInsertedRowID
            for (position, recipient) in mail.recipients.enumerated() {
                try db.perform(
                    sql: """
                        INSERT INTO outgoing_recipient (outgoing_id, position, address, reason, token)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [id, position, recipient.address, recipient.reason, recipient.token])
            }
            return OutgoingID(rawValue: id)
        }
    }

    /// The provider has accepted the copy of these recipients.
    package func delivered(_ recipients: [Int], of mail: OutgoingID) async throws(StoreError) {
        try await write { db in
            for position in recipients {
                try db.perform(
                    sql: "UPDATE outgoing_recipient SET delivered = 1 WHERE outgoing_id = ? AND position = ?",
                    arguments: [mail.rawValue, position])
            }
        }
    }

    /// What became of it. Of a mail that nobody accepted the token is forgotten, unless it is in use already.
    package func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE outgoing SET state = ?, reply = ?, provider_id = ? WHERE id = ?",
                arguments: [outcome.state.rawValue, outcome.reply, outcome.providerID, mail.rawValue])
            guard outcome.state == .refused else { return }
            try db.perform(
                sql: """
                    DELETE FROM message WHERE id = (SELECT message FROM outgoing WHERE outgoing.id = ?)
                        AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message_id = message.id)
                        AND NOT EXISTS (
                            SELECT 1 FROM outgoing WHERE outgoing.message = message.id AND outgoing.state <> 'refused')
                        AND NOT EXISTS (
                            SELECT 1 FROM message_token JOIN hit ON hit.token_key = message_token.token_key
                            WHERE message_token.message_id = message.id)
                    """, arguments: [mail.rawValue])
        }
    }

    /// Recipients who have the same mail already, since an earlier attempt to send it to all of them was half done.
    package func recipientsDelivered(
        _ messageID: String, contentHash: [UInt8], of account: AccountID, since: Date
    ) async throws(StoreError) -> Set<String> {
        try await read { db in
            try String.fetchSet(
                db,
                sql: """
                    SELECT address FROM outgoing_recipient JOIN outgoing ON outgoing.id = outgoing_id
                    WHERE account_id = ? AND message_id = ? AND content_hash = ? AND at >= ? AND delivered = 1
                        AND state <> 'accepted'
                    """, arguments: [account.rawValue, messageID, Data(contentHash), since.milliseconds])
        }
    }

    /// The latest first, at most 20.
    package func outgoing(named messageID: String) async throws(StoreError) -> [OutgoingReport] {
        let name =
            messageID.hasPrefix("<") && messageID.hasSuffix(">") ? String(messageID.dropFirst().dropLast()) : messageID
        return try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT outgoing.*, account.name AS account FROM outgoing JOIN account ON account.id = account_id
                    WHERE message_id = ? ORDER BY at DESC, outgoing.id DESC LIMIT 20
                    """, arguments: [name]
            ).map { try Self.report($0, db) }
        }
    }

    /// What was sent before that is not in the log any more; tracked messages stay what they are.
    package func forgetOutgoing(before date: Date) async throws(StoreError) {
        try await write { db in
            try db.perform(sql: "DELETE FROM outgoing WHERE at < ?", arguments: [date.milliseconds])
            try db.perform(
                sql: """
                    DELETE FROM outbox WHERE changed_at < ? AND state IN ('done', 'refused', 'uncertain', 'gone')
                    """, arguments: [date.milliseconds])
        }
    }

    private static func report(_ row: Row, _ db: Database) throws -> OutgoingReport {
        let recipients = try Row.fetchAll(
            db, sql: "SELECT * FROM outgoing_recipient WHERE outgoing_id = ? ORDER BY position",
            arguments: [row["id"] as Int64])
        return OutgoingReport(
            account: row["account"], messageID: row["message_id"], way: SendingWay(rawValue: row["way"]) ?? .smtp,
            at: Date(milliseconds: row["at"]), state: SendingState(rawValue: row["state"]) ?? .registered,
            reply: row["reply"], providerID: row["provider_id"],
            recipients: recipients.map {
                .init(
                    address: $0["address"], reason: SendingReason(name: $0["reason"]), token: $0["token"],
                    isDelivered: $0["delivered"])
            })
    }

    /// Sent once more, it is the same message, with one more token.
    private static func message(
        of mail: Registration, _ account: AccountID, _ now: Date, _ db: Database
    ) throws -> Int64 {
        let known = try Int64.fetchOne(
            try db.cachedStatement(sql: "SELECT id FROM message WHERE account_id = ? AND message_id = ?"),
            arguments: [account.rawValue, mail.messageID])
        let id: Int64
        if let known {
            id = known
            try db.perform(sql: "UPDATE message SET tracked = 1, judge_due = 1 WHERE id = ?", arguments: [id])
            try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [id])
        } else {
            try db.perform(
                sql: """
                    INSERT INTO message
                        (account_id, message_id, subject, sent_at, tracked, recipient_is_sender, first_seen_at)
                    VALUES (?, ?, ?, ?, 1, ?, ?)
                    """,
                arguments: [
                    account.rawValue, mail.messageID, mail.subject, now.milliseconds, mail.recipientIsSender,
                    now.milliseconds,
                ])
            id = db.lastInsertedRowID
            for (position, recipient) in mail.recipients.enumerated() {
                try db.perform(
                    sql: "INSERT INTO recipient (message_id, position, name, address) VALUES (?, ?, ?, ?)",
                    arguments: [id, position, recipient.name, recipient.address])
            }
        }
        for token in Set(mail.recipients.compactMap(\.token)) {
            try db.perform(
                sql: """
                    INSERT INTO message_token (message_id, token, kind, quoted, token_key) VALUES (?, ?, 'own', 0, ?)
                    ON CONFLICT DO NOTHING
                    """, arguments: [id, token, TokenKey.of(token)])
        }
        return id
    }
}
