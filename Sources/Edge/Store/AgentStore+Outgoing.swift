import Foundation
import GRDB
import MIME
import Outgoing
import Tokens

extension AgentStore {
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
}
