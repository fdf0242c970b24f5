import Foundation
import GRDB
import IMAP
import Opens
import SentSync

/// The copies of a folder whose keywords may have to change.
package struct PlanningTask: Sendable {
    package let copies: [CopyView]
}

/// What the server showed after our STOREs.
package struct ReadBack: Sendable {
    package var flags: [UID: Set<Flag>]
    package var orders: [StoreOrder]
    /// Refused outright, with the server's word; a keyword that is missing in `flags` is found here by the store.
    package var refused: [Mark: String]

    package init(flags: [UID: Set<Flag>], orders: [StoreOrder], refused: [Mark: String]) {
        self.flags = flags
        self.orders = orders
        self.refused = refused
    }
}

extension AgentStore {
    /// At most `limit` copies, those of the newest messages first.
    package func planningTask(for folder: FolderID, limit: Int = 5000) async throws(StoreError) -> PlanningTask {
        try await read { db in PlanningTask(copies: try DueCopies(db: db, folder: folder).views(limit: limit)) }
    }

    /// Accounts with copies whose keywords may have to change.
    package func accountsWithDueCopies() async throws(StoreError) -> Set<String> {
        try await read { db in
            Set(
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT DISTINCT account.name FROM copy JOIN message ON message.id = copy.message_id
                        JOIN account ON account.id = message.account_id
                        WHERE copy.plan_due = 1 AND message.tracked = 1
                        """))
        }
    }

    /// Records what was written and what the server then showed. Messages whose keywords are as wanted, or can't be,
    /// are no longer due.
    package func record(
        _ readBack: ReadBack, in folder: FolderID, planned: PlanningTask, names: KeywordNames, now: Date
    )
        async throws(StoreError)
    {
        try await write { db in
            var refused = readBack.refused
            // The user may have removed a keyword while we wrote another one.
            let writer = FolderWriter(db: db, folder: folder, names: names, now: now)
            for (uid, flags) in readBack.flags { _ = try writer.readFlags(uid, flags) }
            for order in readBack.orders {
                for uid in order.uids.uids {
                    guard let flags = readBack.flags[uid] else { continue }
                    let present = flags.contains(Flag(spelling: order.keyword))
                    let held = present == (order.action == .add)
                    if !held, refused[order.mark] == nil {
                        refused[order.mark] = "the server accepted the keyword and did not keep it"
                    }
                    try db.cachedStatement(
                        sql: """
                            INSERT INTO written (message_id, folder_id, uid, at, action, keyword, detail)
                            SELECT message_id, ?, uid, ?, ?, ?, ? FROM copy WHERE folder_id = ? AND uid = ?
                            """
                    ).execute(arguments: [
                        folder.rawValue, now.milliseconds, held ? order.action.stored : "refused", order.keyword,
                        held ? "" : refused[order.mark] ?? "", folder.rawValue, uid.rawValue,
                    ])
                }
            }
            for (mark, reason) in refused {
                try db.perform(
                    sql: "INSERT OR REPLACE INTO refusal (folder_id, mark, reason, at) VALUES (?, ?, ?, ?)",
                    arguments: [folder.rawValue, mark.rawValue, reason, now.milliseconds])
            }
            try Self.settle(db, folder, planned, names)
        }
    }

    /// A folder that refused a keyword is asked again from now on (new connection, other permissions).
    package func forgetRefusals(in folder: FolderID) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: """
                    UPDATE copy SET plan_due = 1
                    WHERE folder_id = ? AND EXISTS (SELECT 1 FROM refusal WHERE refusal.folder_id = copy.folder_id)
                    """, arguments: [folder.rawValue])
            try db.perform(sql: "DELETE FROM refusal WHERE folder_id = ?", arguments: [folder.rawValue])
        }
    }

    /// Every message is planned anew if the configuration names other keywords than last time.
    package func planAll(for names: KeywordNames) async throws(StoreError) {
        let spelled = names.names.sorted { $0.key < $1.key }.map { "\($0.key.rawValue)=\($0.value)" }.joined(
            separator: " ")
        try await write { db in
            let before = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'keywords'")
            guard before != spelled else { return }
            try db.perform(sql: "UPDATE copy SET plan_due = 1")
            try db.perform(
                sql: "INSERT OR REPLACE INTO meta (key, value) VALUES ('keywords', ?)", arguments: [spelled])
        }
    }

    /// Takes the planned copies off the list of which a fresh plan has nothing left to do.
    private static func settle(
        _ db: Database, _ folder: FolderID, _ planned: PlanningTask, _ names: KeywordNames
    ) throws {
        let planned = UIDSet(planned.copies.map(\.uid))
        for copy in try DueCopies(db: db, folder: folder).views() where planned.contains(copy.uid) {
            guard KeywordPlan.orders(for: [copy], names: names).isEmpty else { continue }
            try db.cachedStatement(sql: "UPDATE copy SET plan_due = 0 WHERE folder_id = ? AND uid = ?").execute(
                arguments: [folder.rawValue, copy.uid.rawValue])
        }
    }
}

extension StoreAction {
    fileprivate var stored: String {
        switch self {
        case .add: "add"
        case .remove: "remove"
        case .replace: "replace"
        }
    }
}
