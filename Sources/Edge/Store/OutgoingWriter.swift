import Foundation
import GRDB
import MIME
import Outgoing
import Tokens

/// Writes mail down on its way out; the caller holds the transaction.
struct OutgoingWriter {
    let db: Database

    /// One that carries a token is from then on known by its Message-ID and by the token.
    func register(
        _ mail: Registration, outcome: SendingOutcome?, of account: AccountID, now: Date
    ) throws -> OutgoingID {
        let message = mail.isTracked ? try message(of: mail, account, now) : nil
        try BoundStatement(
            db,
            sql: """
                INSERT INTO outgoing (account_id, message, message_id, subject_hash, content_hash, way, at, state,
                    reply, provider_id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).run(
            account.rawValue, message, mail.messageID, KeyedHash.sha256(Array(mail.subject.utf8)) ?? [],
            mail.contentHash, mail.way.rawValue, now.milliseconds, (outcome?.state ?? .registered).rawValue,
            outcome?.reply ?? "", outcome?.providerID)
        let id = db.lastInsertedRowID
        let recipients = try BoundStatement(
            db,
            sql: """
                INSERT INTO outgoing_recipient (outgoing_id, position, address, reason, token)
                VALUES (?, ?, ?, ?, ?)
                """)
        for (position, recipient) in mail.recipients.enumerated() {
            try recipients.run(id, position, recipient.address, recipient.reason, recipient.token)
        }
        return OutgoingID(rawValue: id)
    }

    /// The provider has accepted the copy of these recipients.
    func delivered(_ recipients: [Int], of mail: OutgoingID) throws {
        for position in recipients {
            try db.perform(
                sql: "UPDATE outgoing_recipient SET delivered = 1 WHERE outgoing_id = ? AND position = ?",
                arguments: [mail.rawValue, position])
        }
    }

    /// What became of it. Of a mail that nobody accepted the token is forgotten, unless it is in use already.
    func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) throws {
        try BoundStatement(db, sql: "UPDATE outgoing SET state = ?, reply = ?, provider_id = ? WHERE id = ?")
            .run(outcome.state.rawValue, outcome.reply, outcome.providerID, mail.rawValue)
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

    /// Sent once more, it is the same message, with one more token.
    private func message(
        of mail: Registration, _ account: AccountID, _ now: Date
    ) throws -> Int64 {
        let rows = MessageRows(db: db, account: account.rawValue)
        let id: Int64
        if let known = try rows.id(named: mail.messageID) {
            id = known
            try db.perform(sql: "UPDATE message SET tracked = 1, judge_due = 1 WHERE id = ?", arguments: [id])
            try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [id])
        } else {
            id = try rows.insert(
                mail.messageID, subject: mail.subject, sentAt: now.milliseconds, isTracked: true,
                recipientIsSender: mail.recipientIsSender, to: mail.recipients.map { ($0.name, $0.address) },
                now: now.milliseconds)
        }
        let insertion = try BoundStatement(
            db,
            sql: """
                INSERT INTO message_token (message_id, token, kind, quoted, token_key) VALUES (?, ?, 'own', 0, ?)
                ON CONFLICT DO NOTHING
                """)
        for token in Set(mail.recipients.compactMap(\.token)) { try insertion.run(id, token, TokenKey.of(token)) }
        return id
    }
}
