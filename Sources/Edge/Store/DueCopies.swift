import GRDB
import IMAP
import Opens
import SentSync

/// The copies of a folder whose signs may have to change, as the planner sees them; the caller holds the transaction.
struct DueCopies {
    let db: Database
    let folder: FolderID
    let signs: Signs

    /// Those of the newest messages first. A fixed number of queries, however many copies are due. What is about to be judged
    /// again is left until then: what came may explain the hit that made the difference.
    func views(limit: Int = -1) throws -> [CopyView] {
        let due = try due(limit)
        guard !due.isEmpty else { return [] }
        let refused = try refusedSigns()
        let withdrawn = try byMessage("withdrawn", column: "evidence")
        let inherited = try byMessage("inherited", column: "0")
        let isComplete = try AgentStore.feedIsComplete(db)
        return due.map { message, view in
            var view = view
            view.withdrawn = withdrawn[message] ?? [:]
            view.refused = (refused[0] ?? []).union(refused[view.uid.rawValue] ?? [])
            view.kept = view.standing.kept(of: Set((inherited[message] ?? [:]).keys), feedIsComplete: isComplete)
            return view
        }
    }

    /// As their own rows have them.
    private func due(_ limit: Int) throws -> [(message: Int64, view: CopyView)] {
        try BoundStatement(
            db,
            sql: """
                SELECT copy.uid, copy.flags, copy.labels, message.id, message.message_id, message.status,
                    message.readings, message.evidence, \(MessageDomains.isUnreliable), copy.paint,
                    EXISTS (SELECT 1 FROM copied WHERE copied.account_id = message.account_id
                        AND copied.mailbox = ? AND copied.message_id = message.message_id)
                FROM copy JOIN message ON message.id = copy.message_id
                WHERE copy.plan_due = 1 AND message.tracked = 1 AND copy.folder_id = ?
                    AND (message.judge_due = 0 OR message.rules = 0)
                ORDER BY message.id DESC LIMIT ?
                """
        ).all(signs.copyFolder ?? "", folder.rawValue, limit) { row -> (message: Int64, view: CopyView)? in
            guard let status = OpenStatus(rawValue: row.text(5)) else { return nil }
            let standing = Standing(
                status: status, readings: Int(row.integer(6)), evidence: Int(row.integer(7)),
                isUnreliable: row.flag(8))
            var view = CopyView(
                uid: UID(UInt32(truncatingIfNeeded: row.integer(0))),
                seen: SeenOnServer(flags: row.text(1), labels: row.textOrNil(2)), standing: standing,
                messageID: row.textOrNil(4))
            view.paint = Paint(stored: row.text(9))
            view.isCopied = row.flag(10)
            return (row.integer(3), view)
        }.compactMap(\.self)
    }

    /// By UID; those of the folder as a whole under 0.
    private func refusedSigns() throws -> [UInt32: Set<Sign>] {
        let rows = try Row.fetchCursor(
            try db.cachedStatement(sql: "SELECT uid, projection, mark, text FROM refused WHERE folder_id = ?"),
            arguments: [folder.rawValue])
        var found: [UInt32: Set<Sign>] = [:]
        while let row = try rows.next() {
            guard let sign = Sign(stored: row) else { continue }
            found[row["uid"], default: []].insert(sign)
        }
        return found
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

extension Sign {
    /// `nil` for what another version wrote.
    init?(stored row: Row) {
        guard let projection = Projection(rawValue: row["projection"]), let mark = Mark(rawValue: row["mark"]) else {
            return nil
        }
        self.init(projection, mark, row["text"])
    }
}

extension SeenOnServer {
    /// As `copy` has them.
    init(flags: String, labels: String?) {
        self.init(
            flags: Set<Flag>(stored: flags),
            labels: labels.map { Set($0.split(separator: "\n").map { Label(String($0)) }) })
    }
}

extension Set<Label> {
    /// A line each.
    var stored: String { map(\.name).sorted().joined(separator: "\n") }
}

extension Paint {
    init(stored text: String) { self.init(text.split(separator: " ").compactMap { FlagColor(rawValue: String($0)) }) }

    var stored: String { colors.map(\.rawValue).joined(separator: " ") }
}
