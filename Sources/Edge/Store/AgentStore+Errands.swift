import Foundation
import GRDB
import IMAP
import SentSync

/// Messages of an account that are looked for together.
package struct LostMessages: Sendable {
    fileprivate let account: AccountID
    fileprivate let dueAt: Date
    /// All that are due and not older than this one.
    fileprivate let first: MessageKey
    package fileprivate(set) var quarries: [Quarry]

    fileprivate var arguments: StatementArguments { [account.rawValue, dueAt.milliseconds, first.rawValue] }
}

extension Quarry {
    fileprivate init(stored row: Row) {
        self.init(
            messageID: row["message_id"], sentAt: (row["sent_at"] as Int64?).map(Date.init(milliseconds:)))
    }
}

/// Tracked messages that are not where they were, and folders that are visited because of them.
extension AgentStore {
    /// Message-IDs of tracked messages without a copy, those of the last ones first, at most 10,000.
    package func messagesWithoutCopy(of account: AccountID) async throws(StoreError) -> Set<String> {
        try await read { db in
            try String.fetchSet(
                try db.cachedStatement(
                    sql: """
                        SELECT message_id FROM message WHERE account_id = ? AND tracked = 1 AND message_id IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message_id = message.id)
                        ORDER BY id DESC LIMIT 10000
                        """), arguments: [account.rawValue])
        }
    }

    /// What the known copies are called: several of one message need not have the same Message-ID.
    package func names(ofCopiesIn folder: FolderID) async throws(StoreError) -> [UID: String] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT copy.uid, COALESCE(copy.name, message.message_id) AS name FROM copy
                    JOIN message ON message.id = copy.message_id
                    WHERE copy.folder_id = ? AND COALESCE(copy.name, message.message_id) IS NOT NULL
                    """, arguments: [folder.rawValue])
            var names: [UID: String] = [:]
            while let row = try rows.next() { names[UID(row["uid"] as UInt32)] = row["name"] }
            return names
        }
    }

    /// When something has to be done outside the watched folders; a time that is past: now.
    package func nextErrand(of account: AccountID) async throws(StoreError) -> Date? {
        try await read { db in
            let isDue = try Bool.fetchOne(
                try db.cachedStatement(sql: "SELECT EXISTS (\(Self.dueElsewhere))"), arguments: [account.rawValue])
            if isDue == true { return .distantPast }
            return try Int64.fetchOne(
                try db.cachedStatement(
                    sql: "SELECT MIN(hunt_at) FROM message WHERE account_id = ? AND hunt_at IS NOT NULL"),
                arguments: [account.rawValue]
            ).map(Date.init(milliseconds:))
        }
    }

    /// Messages that are to be looked for by now, at most `limit`, those of the last ones first.
    package func lostMessages(
        of account: AccountID, dueAt now: Date, limit: Int = 1000
    ) async throws(StoreError) -> LostMessages {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, message_id, sent_at FROM message WHERE account_id = ? AND hunt_at <= ?
                    ORDER BY id DESC LIMIT ?
                    """, arguments: [account.rawValue, now.milliseconds, limit])
            return LostMessages(
                account: account, dueAt: now, first: MessageKey(rawValue: rows.last?["id"] ?? 0),
                quarries: rows.map(Quarry.init(stored:)))
        }
    }

    /// Those of them that nothing has turned up of since.
    package func stillLost(of lost: LostMessages) async throws(StoreError) -> LostMessages {
        try await read { db in
            var left = lost
            left.quarries = try Row.fetchAll(
                db,
                sql: """
                    SELECT message_id, sent_at FROM message WHERE account_id = ? AND hunt_at <= ? AND id >= ?
                    ORDER BY id DESC
                    """, arguments: lost.arguments
            ).map(Quarry.init(stored:))
            return left
        }
    }

    /// Which of them have not been found by now are not looked for again.
    package func endHunt(for lost: LostMessages) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE message SET hunt_at = NULL WHERE account_id = ? AND hunt_at <= ? AND id >= ?",
                arguments: lost.arguments)
        }
    }

    package func visitedFoldersWithDueCopies(of account: AccountID) async throws(StoreError) -> [MailboxName] {
        try await read { db in
            try Data.fetchAll(db, sql: Self.dueElsewhere, arguments: [account.rawValue]).map {
                MailboxName(wire: Array($0))
            }
        }
    }

    /// What waits to be judged is not planned before that (``DueCopies``): a visit would change nothing, and be due again.
    private static let dueElsewhere = """
        SELECT DISTINCT folder.name FROM copy JOIN folder ON folder.id = copy.folder_id
        JOIN message ON message.id = copy.message_id
        WHERE copy.plan_due = 1 AND message.tracked = 1 AND (message.judge_due = 0 OR message.rules = 0)
            AND folder.visited = 1 AND folder.account_id = ?
        """

    package func watchedFolders(of account: AccountID) async throws(StoreError) -> Set<MailboxName> {
        try await read { db in
            Set(
                try Data.fetchAll(
                    db, sql: "SELECT name FROM folder WHERE account_id = ? AND visited = 0",
                    arguments: [account.rawValue]
                ).map { MailboxName(wire: Array($0)) })
        }
    }

    package func noteVisit(to folder: FolderID, _ isVisited: Bool = true) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE folder SET visited = ?1 WHERE id = ?2 AND visited <> ?1",
                arguments: [isVisited, folder.rawValue])
        }
    }

    /// The folder is gone, and what was in it may be elsewhere.
    package func leave(_ name: MailboxName, of account: AccountID, now: Date) async throws(StoreError) {
        let folder = try await folder(name, of: account)
        try await write { db in
            try FolderWriter(db: db, folder: folder, signs: Signs(.standard), now: now).forget(UIDSet(from: UID(1)))
            try db.perform(sql: "DELETE FROM folder WHERE id = ?", arguments: [folder.rawValue])
        }
    }
}
