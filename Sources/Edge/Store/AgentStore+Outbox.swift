import Foundation
import GRDB
import IMAP
import Outgoing

/// A message of an account's outbox, as it is in the book.
package struct OutboxEntry: Sendable, Equatable {
    package let id: Int64
    package let item: OutboxItem
    /// SHA-256 of the draft as it lay in the outbox.
    package let contentHash: [UInt8]
    /// Whether the draft came with a Message-ID.
    package let hasOwnID: Bool
    /// What it is sent under, without angle brackets.
    package let messageID: String
    /// Where it is in the folder for what is being sent, as told by the server when we moved it there.
    package let place: Place?
    /// Why it is refused or doubtful.
    package let reason: String
    /// The Message-ID that the provider gave it.
    package let providerID: String?

    package struct Place: Sendable, Hashable {
        package let validity: UIDValidity
        package let uid: UID

        package init(_ validity: UIDValidity, _ uid: UID) {
            self.validity = validity
            self.uid = uid
        }
    }
}

extension AgentStore {
    /// Those that are not at an end, the oldest first.
    package func outbox(of account: AccountID) async throws(StoreError) -> [OutboxEntry] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM outbox WHERE account_id = ? AND state NOT IN ('done', 'refused', 'uncertain', 'gone')
                    ORDER BY id
                    """, arguments: [account.rawValue]
            ).map(OutboxEntry.init)
        }
    }

    /// Writes down that a message is about to be claimed, or lies where it should not. On disk when it returns. A message
    /// with the same content that is not at an end stays as it is.
    package func enter(
        _ contentHash: [UInt8], as state: OutboxState, hasOwnID: Bool, messageID: String, of account: AccountID,
        now: Date
    ) async throws(StoreError) -> OutboxEntry {
        try await write { db in
            let known = try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM outbox WHERE account_id = ? AND content_hash = ?
                        AND state NOT IN ('done', 'refused', 'uncertain', 'gone')
                    """, arguments: [account.rawValue, Data(contentHash)])
            if let known { return OutboxEntry(known) }
            try db.perform(
                sql: """
                    INSERT INTO outbox (account_id, content_hash, has_own_id, message_id, state, found_at, changed_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    account.rawValue, Data(contentHash), hasOwnID, messageID, state.rawValue, now.milliseconds,
                    now.milliseconds,
                ])
            let row = try Row.fetchOne(db, sql: "SELECT * FROM outbox WHERE id = ?", arguments: [db.lastInsertedRowID])
            guard let row else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
            return OutboxEntry(row)
        }
    }

    /// On disk when it returns. `nil` leaves what is written as it is.
    package func note(
        _ state: OutboxState, of entry: OutboxEntry, place: OutboxEntry.Place? = nil, reason: String? = nil,
        providerID: String? = nil, now: Date
    ) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: """
                    UPDATE outbox SET state = ?, changed_at = ?, uid_validity = coalesce(?, uid_validity),
                        uid = coalesce(?, uid), reason = coalesce(?, reason), provider_id = coalesce(?, provider_id)
                    WHERE id = ?
                    """,
                arguments: [
                    state.rawValue, now.milliseconds, place?.validity.rawValue, place?.uid.rawValue, reason, providerID,
                    entry.id,
                ])
        }
    }
}

extension OutboxEntry {
    fileprivate init(_ row: Row) {
        id = row["id"]
        // A later version's state is one that permits nothing.
        let state = OutboxState(rawValue: row["state"]) ?? .doubtful
        item = OutboxItem(
            state, foundAt: Date(milliseconds: row["found_at"]), changedAt: Date(milliseconds: row["changed_at"]))
        contentHash = Array(row["content_hash"] as Data)
        hasOwnID = row["has_own_id"]
        messageID = row["message_id"]
        let validity = (row["uid_validity"] as UInt32?).map { UIDValidity($0) }
        let uid = (row["uid"] as UInt32?).map { UID($0) }
        place = validity.flatMap { validity in uid.map { Place(validity, $0) } }
        reason = row["reason"]
        providerID = row["provider_id"]
    }
}
