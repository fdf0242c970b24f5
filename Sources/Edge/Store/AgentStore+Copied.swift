import Foundation
import GRDB
import IMAP
import SentSync

/// Which messages are, or were, in the folder that the user has named for copies: each is copied once.
///
/// Nothing here says that a COPY was carried out but the server's OK, or the copy itself: a message is *claimed* before
/// its COPY is sent, and a claim that an interruption left behind is given up only after the folder has been looked
/// through for what arrived there meanwhile.
extension AgentStore {
    /// From where on the folder has to be looked through; `nil`: from its beginning.
    package func copyFolder(
        _ mailbox: String, of account: AccountID
    ) async throws(StoreError) -> (validity: UIDValidity, next: UID)? {
        try await read { db in
            try Row.fetchOne(
                try db.cachedStatement(
                    sql: "SELECT uid_validity, uid_next FROM copy_folder WHERE account_id = ? AND mailbox = ?"),
                arguments: [account.rawValue, mailbox]
            ).map { (UIDValidity($0["uid_validity"]), UID($0["uid_next"] as UInt32)) }
        }
    }

    /// The folder has been looked through, as far as `next` where the server says how far that is. Claims of `folder`
    /// that are not among the Message-IDs found are open again.
    package func found(
        _ messageIDs: Set<String>, in mailbox: String, upTo next: (validity: UIDValidity, next: UID)?,
        for folder: FolderID, of account: AccountID
    ) async throws(StoreError) {
        try await write { db in
            for id in messageIDs {
                try db.perform(
                    sql: """
                        INSERT INTO copied (account_id, mailbox, message_id) VALUES (?, ?, ?)
                        ON CONFLICT DO UPDATE SET claimed_by = NULL
                        """, arguments: [account.rawValue, mailbox, id])
            }
            try db.perform(
                sql: """
                    UPDATE copy SET plan_due = 1 WHERE folder_id = ?1 AND message_id IN
                        (SELECT message.id FROM message JOIN copied ON copied.account_id = message.account_id
                            AND \(MessageRows.isNamed("copied.message_id")) WHERE copied.claimed_by = ?1)
                    """, arguments: [folder.rawValue])
            try db.perform(sql: "DELETE FROM copied WHERE claimed_by = ?", arguments: [folder.rawValue])
            guard let next else { return }
            try db.perform(
                sql:
                    "INSERT OR REPLACE INTO copy_folder (account_id, mailbox, uid_validity, uid_next) VALUES (?, ?, ?, ?)",
                arguments: [account.rawValue, mailbox, next.validity.rawValue, next.next.rawValue])
        }
    }

    /// Notes what is about to be done where the server could not tell afterwards who has done it. Returns the orders
    /// without copies that another folder's session is making.
    package func begin(
        _ orders: [StoreOrder], of task: PlanningTask, in folder: FolderID
    ) async throws(StoreError) -> [StoreOrder] {
        guard orders.contains(where: { [.copy, .color].contains($0.sign.projection) }) else { return orders }
        let views = Dictionary(task.copies.map { ($0.uid, $0) }) { first, _ in first }
        return try await write { db in
            try orders.compactMap { order in
                var order = order
                switch order.sign.projection {
                case .keyword, .label: break
                case .color: try Self.intend(order, views, in: folder, db)
                case .copy: order.uids = UIDSet(try order.uids.uids.filter { try Self.claim($0, order, folder, db) })
                }
                return order.uids.isEmpty ? nil : order
            }
        }
    }

    private static func claim(_ uid: UID, _ order: StoreOrder, _ folder: FolderID, _ db: Database) throws -> Bool {
        try db.perform(
            sql: """
                INSERT OR IGNORE INTO copied (account_id, mailbox, message_id, claimed_by)
                SELECT message.account_id, ?, message.message_id, copy.folder_id FROM copy
                JOIN message ON message.id = copy.message_id
                WHERE copy.folder_id = ? AND copy.uid = ? AND message.message_id IS NOT NULL
                """, arguments: [order.sign.text, folder.rawValue, uid.rawValue])
        return db.changesCount > 0
    }

    private static func intend(
        _ order: StoreOrder, _ views: [UID: CopyView], in folder: FolderID, _ db: Database
    ) throws {
        guard let color = FlagColor(rawValue: order.sign.text) else { return }
        for uid in order.uids.uids {
            let before = views[uid].map { view in
                // Bits that are no colour are what an interruption left between two of ours.
                FlagColor(view.seen.flags).map { [$0] } ?? (view.seen.flags.contains(.flagged) ? view.paint.colors : [])
            }
            try Self.setPaint(Paint((before ?? []) + [color]), of: uid, in: folder, db)
        }
    }
}

extension AgentStore {
    /// The colours that are ours on the flag of a copy from now on.
    static func setPaint(_ paint: Paint, of uid: UID, in folder: FolderID, _ db: Database) throws {
        let copy: StatementArguments = [folder.rawValue, uid.rawValue]
        try db.perform(
            sql: "UPDATE copy SET paint = ? WHERE folder_id = ? AND uid = ?", arguments: [paint.stored] + copy)
        let message = try Row.fetchOne(
            try db.cachedStatement(
                sql: """
                    SELECT id, paint FROM message
                    WHERE id = (SELECT message_id FROM copy WHERE folder_id = ? AND uid = ?)
                    """), arguments: copy)
        guard let message else { return }
        let known = Paint(stored: message["paint"])
        let new = Set(paint.colors).subtracting(known.colors).sorted { $0.rawValue < $1.rawValue }
        guard !new.isEmpty else { return }
        try db.perform(
            sql: "UPDATE message SET paint = ? WHERE id = ?",
            arguments: [Paint(known.colors + new).stored, message["id"] as Int64])
    }
}

extension CopyWriter {
    /// Claims whose COPY has been answered.
    func settleCopies(_ sign: Sign, kept: [UID], _ outcome: StoreOutcome) throws {
        let ofCopy = "(SELECT message.message_id FROM copy JOIN message ON message.id = copy.message_id"
        for uid in kept {
            try db.perform(
                sql: """
                    UPDATE copied SET claimed_by = NULL WHERE mailbox = ? AND claimed_by = ? AND message_id =
                        \(ofCopy) WHERE copy.folder_id = claimed_by AND copy.uid = ?)
                    """, arguments: [sign.text, folder.rawValue, uid.rawValue])
        }
        // What is uncertain stays claimed until the folder is looked through.
        guard !outcome.partial.contains(sign) else { return }
        try db.perform(
            sql: "DELETE FROM copied WHERE mailbox = ? AND claimed_by = ?", arguments: [sign.text, folder.rawValue])
    }
}
