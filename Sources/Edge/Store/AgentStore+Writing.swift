import Foundation
import GRDB
import IMAP
import Opens
import SentSync

/// The copies of a folder whose signs may have to change.
package struct PlanningTask: Sendable {
    package let copies: [CopyView]
}

/// How our commands ended, and what the server showed after them.
package struct ReadBack: Sendable {
    package var orders: [StoreOrder]
    package var outcome: StoreOutcome
    package var seen: [UID: SeenOnServer]

    package init(orders: [StoreOrder], outcome: StoreOutcome, seen: [UID: SeenOnServer]) {
        self.orders = orders
        self.outcome = outcome
        self.seen = seen
    }
}

extension AgentStore {
    /// At most `limit` copies, those of the newest messages first.
    package func planningTask(
        for folder: FolderID, signs: Signs, limit: Int = 5000
    ) async throws(StoreError) -> PlanningTask {
        try await read { db in
            PlanningTask(copies: try DueCopies(db: db, folder: folder, signs: signs).views(limit: limit))
        }
    }

    /// Accounts with copies whose signs may have to change.
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

    /// Records what was written and what the server then showed. Messages whose signs are as wanted, or can't be,
    /// are no longer due. Returns whether there is something new to be judged.
    /// - Parameter since: as with ``apply(_:to:signs:since:now:)``.
    @discardableResult
    package func record(
        _ readBack: ReadBack, in folder: FolderID, planned: PlanningTask, signs: Signs, since: Date? = nil, now: Date
    ) async throws(StoreError) -> Bool {
        try await write { db in
            var news = StoredNews()
            let copies = CopyWriter(db: db, folder: folder, signs: signs, now: now)
            var written: [UID: Set<Mark>] = [:]
            for order in readBack.orders where order.action == .add {
                for uid in order.uids.uids { written[uid, default: []].insert(order.sign.mark) }
            }
            for (uid, seen) in readBack.seen { try copies.readBack(uid, seen, written: written[uid] ?? [], &news) }
            try Self.note(news.touched, in: folder, since: since, now: now, db)
            for (sign, reason) in readBack.outcome.refused { try copies.refuse(sign, reason) }
            for order in readBack.orders { try Self.record(order, readBack, copies) }
            try Self.settle(db, folder, planned, signs)
            return !news.touched.isEmpty
        }
    }

    /// A folder that refused something is asked again from now on (new connection, other permissions).
    package func forgetRefusals(in folder: FolderID) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: """
                    UPDATE copy SET plan_due = 1
                    WHERE folder_id = ? AND EXISTS (SELECT 1 FROM refused WHERE refused.folder_id = copy.folder_id
                        AND refused.uid IN (0, copy.uid))
                    """, arguments: [folder.rawValue])
            try db.perform(sql: "DELETE FROM refused WHERE folder_id = ?", arguments: [folder.rawValue])
        }
    }

    /// Every message of an account is planned anew if the configuration names other signs than last time.
    package func planAll(for accounts: [String: Signs]) async throws(StoreError) {
        try await write { db in
            for (account, signs) in accounts {
                let key = "signs/\(account)"
                let before = try String.fetchOne(
                    try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key])
                guard before != signs.stored else { continue }
                try db.perform(
                    sql: """
                        UPDATE copy SET plan_due = 1 WHERE folder_id IN
                            (SELECT folder.id FROM folder JOIN account ON account.id = folder.account_id
                             WHERE account.name = ?)
                        """, arguments: [account])
                try db.perform(
                    sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", arguments: [key, signs.stored])
            }
        }
    }
}

extension AgentStore {
    /// Message by message, what became of an order.
    private static func record(_ order: StoreOrder, _ readBack: ReadBack, _ copies: CopyWriter) throws {
        let sign = order.sign
        let outcome = readBack.outcome
        let verdicts = order.uids.uids.map { uid in (uid, verdict(uid, order, readBack)) }
        // Where some kept it, it is about the message; where none did, about the sign.
        let isKeptBySome = verdicts.contains { $0.1 == nil }
        for (uid, refusal) in verdicts {
            if let refusal {
                if outcome.refused[sign] == nil {
                    let isOne = isKeptBySome || refusal.isOfTheMessage || outcome.partial.contains(sign)
                    try copies.refuse(sign, uid: isOne ? uid : nil, refusal.reason)
                }
                try copies.note(uid, "refused", sign, refusal.reason)
            } else {
                try copies.note(uid, order.action == .add ? "add" : "remove", sign, "")
                if sign.projection == .color {
                    let color = order.action == .add ? FlagColor(rawValue: sign.text) : nil
                    try setPaint(Paint(color.map { [$0] } ?? []), of: uid, in: copies.folder, copies.db)
                }
            }
        }
        if sign.projection == .copy {
            try copies.settleCopies(sign, kept: verdicts.filter { $0.1 == nil }.map(\.0), outcome)
        }
    }

    /// Why the message is not as ordered; `nil` if it is.
    private static func verdict(
        _ uid: UID, _ order: StoreOrder, _ readBack: ReadBack
    ) -> (reason: String, isOfTheMessage: Bool)? {
        let outcome = readBack.outcome
        if let reason = outcome.refused[order.sign] { return (reason, false) }
        if let some = outcome.refusedMessages[order.sign], some.uids.contains(uid) { return (some.reason, true) }
        if order.sign.projection == .copy {
            return outcome.partial.contains(order.sign) ? ("the server does not say which were copied", true) : nil
        }
        guard let seen = readBack.seen[uid] else { return ("the server does not show the message", true) }
        if seen.shows(order.sign) == (order.action == .add) { return nil }
        return ("the server accepted it and did not keep it", false)
    }

    /// Takes the planned copies off the list of which a fresh plan has nothing left to do.
    private static func settle(_ db: Database, _ folder: FolderID, _ planned: PlanningTask, _ signs: Signs) throws {
        let planned = UIDSet(planned.copies.map(\.uid))
        let done = try BoundStatement(db, sql: "UPDATE copy SET plan_due = 0 WHERE folder_id = ? AND uid = ?")
        for copy in try DueCopies(db: db, folder: folder, signs: signs).views() where planned.contains(copy.uid) {
            guard KeywordPlan.orders(for: [copy], signs: signs).isEmpty else { continue }
            try done.run(folder.rawValue, copy.uid.rawValue)
        }
    }
}

extension Signs {
    fileprivate var stored: String {
        all.map { "\($0.projection.rawValue) \($0.mark.rawValue) \($0.text)" }.joined(separator: "\n")
    }
}
