import Foundation
import GRDB
import IMAP
import MailboxModel
import Opens
import SentSync

@testable import Store

/// What the agent believes of a folder.
struct Knowledge: Sendable {
    /// Those of tracked messages.
    let copies: [Folder: [UInt32: Set<Flag>]]
    /// Of Sent, those whose labels have been read.
    let hasLabels: Set<UInt32>
    /// Of Sent.
    let parked: Set<UInt32>
    /// Message-IDs of tracked messages without a copy.
    let lost: Set<String>
    /// What INBOX holds, as far as it shows a pixel.
    let incoming: [Incoming]
}

/// The agent's other loops: hits are pulled and judged beside the conversation.
extension AgentStore {
    /// Hands over hits that the pixel server has, at most `limit`, as one page.
    func pull(_ feed: [Hit], after pulled: Int, limit: Int) async throws -> Int {
        let source = try await source(named: "px")
        let page = feed.dropFirst(pulled).prefix(limit)
        let end = pulled + page.count
        try await append(
            Array(page), log: "L", cursor: String(end), isEnd: end == feed.count, from: source, now: World.now)
        return end
    }

    /// How many hits it has been given.
    func pulled() async throws -> Int {
        try await position(of: source(named: "px")).cursor.flatMap(Int.init) ?? 0
    }

    /// Returns whether keywords may have to change.
    func judge() async throws -> Bool {
        var hasChanged = false
        while true {
            let tasks = try await judgingTasks(now: World.now, rules: Rules.current.version)
            if tasks.isEmpty { break }
            let judged = tasks.map { (OpensEngine.judge($0.history, now: World.now), $0) }
            if try await save(judged, rules: Rules.current.version) { hasChanged = true }
        }
        if !hasChanged { return false }
        return try await !accountsWithDueCopies().isEmpty
    }

    /// What is known of a copy; `isSettled`: nothing is left to be judged or written.
    func copy(of uid: UInt32, in mailbox: MailboxModel) async throws -> (flags: Set<Flag>, isSettled: Bool)? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT copy.flags, copy.labels, copy.plan_due OR message.judge_due AS due FROM copy
                    JOIN message ON message.id = copy.message_id JOIN folder ON folder.id = copy.folder_id
                    WHERE copy.uid = ? AND folder.uid_validity = ? AND folder.name = CAST('Sent' AS BLOB)
                    """, arguments: [uid, mailbox.uidValidity]
            ).map { ($0.shown, $0["due"] == 0) }
        }
    }

    /// HIGHESTMODSEQ as it is remembered; 0 for none.
    func highest() async throws -> Int {
        try await read { db in
            try Int.fetchOne(db, sql: "SELECT highest_modseq FROM folder WHERE name = CAST('Sent' AS BLOB)") ?? 0
        }
    }

    /// What is known of tracked messages, and which UIDs are set aside.
    func knowledge() async throws -> Knowledge {
        let incoming = try await incoming()
        return try await read { db in
            let copies = try Row.fetchAll(
                db,
                sql: """
                    SELECT folder.name, copy.uid, copy.flags, copy.labels FROM copy
                    JOIN message ON message.id = copy.message_id JOIN folder ON folder.id = copy.folder_id
                    WHERE message.tracked = 1
                    """)
            let sent = copies.filter { $0.folder == .sent }
            return Knowledge(
                copies: Dictionary(grouping: copies) { $0.folder ?? .inbox }.mapValues { rows in
                    Dictionary(uniqueKeysWithValues: rows.map { ($0["uid"], $0.shown) })
                }, hasLabels: Set(sent.filter { $0["labels"] != nil }.map { $0["uid"] }),
                parked: try UInt32.fetchSet(
                    db,
                    sql: """
                        SELECT uid FROM parked JOIN folder ON folder.id = parked.folder_id
                        WHERE folder.name = CAST('Sent' AS BLOB)
                        """),
                lost: try String.fetchSet(
                    db,
                    sql: """
                        SELECT message_id FROM message WHERE tracked = 1 AND message_id IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message_id = message.id)
                        """), incoming: incoming)
        }
    }

    func incoming() async throws -> [Incoming] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT kind, by_recipient, token, arrived_at FROM incoming WHERE token <> '' ORDER BY arrived_at, id
                    """
            ).map { row in
                let kind: Incoming.Kind =
                    switch row["kind"] as String {
                    case "reply": row["by_recipient"] as Bool ? .reply : .forward
                    case "copy": .copy
                    default: .automatic
                    }
                let arrived = Double(row["arrived_at"] as Int64) / 1000
                return Incoming(
                    kind: kind, token: (row["token"] as String).lowercased(),
                    arrivedAt: Date(timeIntervalSince1970: arrived))
            }
        }
    }

    /// Whether it is a tracked message.
    func knows(messageID: String) async throws -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM message WHERE message_id = ? AND tracked = 1)",
                arguments: [messageID]) ?? false
        }
    }

    /// The UID in INBOX over which a look broke off that went from message to message, since three had broken off before.
    func passedOver() async throws -> UInt32? {
        try await read { db in
            try UInt32.fetchOne(
                db, sql: "SELECT uid_next - 1 FROM incoming_folder WHERE tries > 3 AND uid_next IS NOT NULL")
        }
    }

    /// All that a run that finds nothing new must leave as it is.
    func contents() async throws -> [String] {
        let tables = [
            "folder", "message", "message_token", "recipient", "copy", "hit", "verdict", "withdrawn", "inherited",
            "parked", "source", "copied", "copy_folder", "incoming",
            "incoming_folder",
        ]
        return try await read { db in
            try tables.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY 1, 2").map { row in
                    // The last look at what is still unread.
                    "\(table) \(row.filter { $0.0 != "unseen_at" }.map { "\($0.0) \($0.1)" })"
                }
            }
        }
    }
}

extension Row {
    fileprivate var folder: Folder? { Folder(MailboxName(wire: Array(self["name"] as Data))) }

    /// Flags, and the keywords that the labels stand for.
    fileprivate var shown: Set<Flag> {
        let labels = (self["labels"] as String? ?? "").split(separator: "\n").map(String.init)
        return Set<Flag>(stored: self["flags"]).union(labels.compactMap { World.labels[$0] })
    }
}
