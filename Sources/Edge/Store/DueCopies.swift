import GRDB
import IMAP
import Opens
import SentSync

/// The copies of a folder whose keywords may have to change, as the planner sees them; the caller holds the transaction.
struct DueCopies {
    let db: Database
    let folder: FolderID

    /// Those of the newest messages first. A fixed number of queries, however many copies are due.
    func views(limit: Int = -1) throws -> [CopyView] {
        let rows = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT copy.uid, copy.flags, message.id, message.status, message.readings, message.evidence
                    FROM copy JOIN message ON message.id = copy.message_id
                    WHERE copy.plan_due = 1 AND message.tracked = 1 AND copy.folder_id = ?
                    ORDER BY message.id DESC LIMIT ?
                    """), arguments: [folder.rawValue, limit])
        guard !rows.isEmpty else { return [] }
        let refused = Set(
            try String.fetchAll(
                try db.cachedStatement(sql: "SELECT mark FROM refusal WHERE folder_id = ?"),
                arguments: [folder.rawValue]
            )
            .compactMap(Mark.init(rawValue:)))
        let withdrawn = try byMessage("withdrawn", column: "evidence")
        let inherited = try byMessage("inherited", column: "0")
        let isComplete = try AgentStore.feedIsComplete(db)
        return rows.compactMap { row in
            guard let status = OpenStatus(rawValue: row["status"]) else { return nil }
            let message: Int64 = row["id"]
            let standing = Standing(status: status, readings: row["readings"], evidence: row["evidence"])
            return CopyView(
                uid: UID(row["uid"] as UInt32), seen: Set<Flag>(stored: row["flags"]), standing: standing,
                withdrawn: withdrawn[message] ?? [:], refused: refused,
                kept: standing.kept(of: Set((inherited[message] ?? [:]).keys), feedIsComplete: isComplete))
        }
    }

    private func byMessage(_ table: String, column: String) throws -> [Int64: [Mark: Int]] {
        let rows = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT message_id, mark, \(column) AS value FROM \(table) WHERE message_id IN
                        (SELECT message_id FROM copy WHERE folder_id = ? AND plan_due = 1)
                    """), arguments: [folder.rawValue])
        var found: [Int64: [Mark: Int]] = [:]
        while let row = try rows.next() {
            guard let mark = Mark(rawValue: row["mark"]) else { continue }
            found[row["message_id"], default: [:]][mark] = row["value"]
        }
        return found
    }
}
