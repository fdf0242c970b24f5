import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Tokens

package struct AccountID: Sendable, Hashable { let rawValue: Int64 }
package struct FolderID: Sendable, Hashable { let rawValue: Int64 }
package struct MessageKey: Sendable, Hashable, Comparable {
    let rawValue: Int64
    package static func < (a: MessageKey, b: MessageKey) -> Bool { a.rawValue < b.rawValue }
}

extension AgentStore {
    package func account(named name: String) async throws(StoreError) -> AccountID {
        try await write { db in
            try db.perform(sql: "INSERT INTO account (name) VALUES (?) ON CONFLICT DO NOTHING", arguments: [name])
            let id = try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT id FROM account WHERE name = ?"), arguments: [name])
            return AccountID(rawValue: id ?? 0)
        }
    }

    package func folder(_ name: MailboxName, of account: AccountID) async throws(StoreError) -> FolderID {
        try await write { db in
            let key: DatabaseValueConvertible = Data(name.wire)
            try db.perform(
                sql: "INSERT INTO folder (account_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [account.rawValue, key])
            let id = try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT id FROM folder WHERE account_id = ? AND name = ?"),
                arguments: [account.rawValue, key])
            return FolderID(rawValue: id ?? 0)
        }
    }

    /// The folder that LIST led to, if that was asked since.
    package func sentFolder(
        of account: AccountID, wish: String, foundSince date: Date
    ) async throws(StoreError) -> MailboxName? {
        try await read { db in
            let name = try Data.fetchOne(
                try db.cachedStatement(
                    sql: "SELECT name FROM sent_folder WHERE account_id = ? AND wish = ? AND found_at >= ?"),
                arguments: [account.rawValue, wish, date.milliseconds])
            return name.map { MailboxName(wire: Array($0)) }
        }
    }

    package func note(
        sentFolder name: MailboxName, of account: AccountID, wish: String, now: Date
    ) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "INSERT OR REPLACE INTO sent_folder (account_id, wish, name, found_at) VALUES (?, ?, ?, ?)",
                arguments: [account.rawValue, wish, Data(name.wire), now.milliseconds])
        }
    }

    package func forgetSentFolder(of account: AccountID, wish: String) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "DELETE FROM sent_folder WHERE account_id = ? AND wish = ?", arguments: [account.rawValue, wish])
        }
    }

    package func state(of folder: FolderID) async throws(StoreError) -> FolderState {
        try await read { db in
            guard
                let row = try Row.fetchOne(
                    try db.cachedStatement(sql: "SELECT * FROM folder WHERE id = ?"), arguments: [folder.rawValue])
            else { return FolderState() }
            let uids = try UInt32.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT copy.uid FROM copy JOIN message ON message.id = copy.message_id
                        WHERE copy.folder_id = ? AND message.tracked = 1
                        """), arguments: [folder.rawValue])
            let oldest = try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT MIN(sent_at) FROM message WHERE tracked = 1 AND account_id = ?"),
                arguments: [row["account_id"] as Int64])
            return FolderState(
                uidValidity: (row["uid_validity"] as UInt32?).map { UIDValidity($0) },
                uidNext: (row["uid_next"] as UInt32?).map { UID($0) },
                highest: (row["highest_modseq"] as Int64?).map { ModificationSequence(UInt64($0)) },
                count: row["message_count"], scanSince: (row["scan_since"] as Int64?).map(Date.init(milliseconds:)),
                scanComplete: row["scan_complete"], scanned: UIDSet(stored: row["scanned"]), hinted: row["hinted"],
                chunk: row["chunk"],
                tracked: UIDSet(uids.map { UID($0) }), oldestTracked: oldest.map(Date.init(milliseconds:)))
        }
    }

    /// Applies what one step of the sync learned, in one transaction.
    /// Returns whether any message has something new to be judged or planned.
    /// - Parameter since: before that the server had told everything else; `nil` if nobody was listening.
    @discardableResult
    package func apply(
        _ changes: [Change], to folder: FolderID, signs: Signs, since: Date? = nil, now: Date
    ) async throws(StoreError) -> Bool {
        guard !changes.isEmpty else { return false }
        return try await write { db in
            var news = StoredNews()
            var writer = try FolderWriter(db: db, folder: folder, signs: signs, now: now)
            for change in changes { try writer.apply(change, &news) }
            try Self.note(news.touched, in: folder, since: since, now: now, db)
            return news.isAny
        }
    }

    /// Somebody has touched these copies.
    static func note(_ touched: [UID], in folder: FolderID, since: Date?, now: Date, _ db: Database) throws {
        let copies = Set(touched)
        guard copies.count <= sweepLimit else { return }
        try note(OwnActivity(since: since, until: now), ofCopies: copies.sorted(), in: folder, db)
    }
}

extension UIDSet {
    /// As the store spells it: the IMAP form, empty for none.
    init(stored text: String) { self = UIDSet(text) ?? UIDSet() }
}

extension Set<Flag> {
    /// Separated by spaces, which no flag holds.
    init(stored text: String) { self.init(text.split(separator: " ").map { Flag(spelling: String($0)) }) }

    var stored: String { map(\.spelling).sorted().joined(separator: " ") }
}
