import Foundation
import GRDB
import Opens
import SentSync
import Tokens

/// Stores the hits of one page; the caller holds the transaction. What is asked of a token is asked once.
struct HitPageWriter {
    /// What is known of the messages that carry a token.
    private struct Carriers {
        /// Hits before then were deleted, or would have been. Milliseconds.
        let forgottenUntil: Int64
        /// Whether all of them are due to be judged; `nil` without any.
        var areDue: Bool?
    }

    private let db: Database
    /// Of the source's log.
    private let log: Int64
    private let source: SourceID
    /// Whether the source had another log before.
    private let hadOtherLogs: Bool
    private var flood: HitFlood
    private let insertion: BoundStatement
    /// By token key.
    private var carriers: [String: Carriers] = [:]
    /// Whether a known message got a new hit.
    private(set) var hasNews = false

    init(_ db: Database, source: SourceID, log: String, now: Date) throws {
        self.db = db
        self.source = source
        self.log = try Self.number(of: log, source, db)
        flood = try HitFlood(db, source: source, log: log, number: self.log)
        insertion = try BoundStatement(
            db,
            sql: """
                INSERT INTO hit (seq, at, token_key, body, source_id, log_id, received_at)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (log_id, seq) DO NOTHING
                """)
        try insertion.bind(5, source.rawValue)
        try insertion.bind(6, self.log)
        try insertion.bind(7, now.milliseconds)
        hadOtherLogs =
            try Bool.fetchOne(
                try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM hit_log WHERE source_id = ? AND id <> ?)"),
                arguments: [source.rawValue, self.log]) ?? false
    }

    private static func number(of log: String, _ source: SourceID, _ db: Database) throws -> Int64 {
        try db.perform(
            sql: "INSERT INTO hit_log (source_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [source.rawValue, log])
        return try Int64.fetchOne(
            try db.cachedStatement(sql: "SELECT id FROM hit_log WHERE source_id = ? AND name = ?"),
            arguments: [source.rawValue, log]) ?? 0
    }

    /// `nil` if it is not stored: it is already, or has been forgotten, or there are more of its token than are kept.
    mutating func write(_ hit: Hit) throws -> StoredHit? {
        let key = TokenKey.of(hit.token)
        if try hit.at.milliseconds < carriers(of: key).forgottenUntil { return nil }
        if hadOtherLogs, try isKnown(hit, key) { return nil }
        if try flood.takes(hit, key) { return nil }
        try insertion.bind(1, hit.seq)
        try insertion.bind(2, hit.at.milliseconds)
        try insertion.bind(3, key)
        try insertion.bind(4, hit.json)
        guard try insertion.run() > 0 else { return nil }
        let stored = StoredHit(id: db.lastInsertedRowID, hit: hit)
        flood.isKept(key)
        if let name = MessageName(hit.token) {
            try NamedMessages(db: db).claim(name)
            carriers[key] = nil
        }
        try makeDue(key)
        return stored
    }

    private mutating func makeDue(_ key: String) throws {
        guard let areDue = try carriers(of: key).areDue else { return }
        hasNews = true
        if areDue { return }
        try db.perform(
            sql: """
                UPDATE message SET judge_due = 1
                WHERE id IN (SELECT message_id FROM message_token WHERE token_key = ?) AND judge_due = 0
                """, arguments: [key])
        carriers[key]?.areDue = true
    }

    /// After the last hit.
    func finish() throws { try flood.write() }

    private mutating func carriers(of key: String) throws -> Carriers {
        if let known = carriers[key] { return known }
        let row = try Row.fetchOne(
            try db.cachedStatement(
                sql: """
                    SELECT MAX(CASE WHEN quoted = 0 THEN forgotten_until END) AS forgotten, MIN(judge_due) AS due
                        FROM message_token JOIN message ON message.id = message_token.message_id WHERE token_key = ?
                    """), arguments: [key])
        let found = Carriers(forgottenUntil: row?["forgotten"] ?? .min, areDue: row?["due"])
        carriers[key] = found
        return found
    }

    /// Whether an earlier log of the source told the same: a log that was restored from a backup has a new identity, and
    /// gives its old hits once more.
    private func isKnown(_ hit: Hit, _ key: String) throws -> Bool {
        try Row.fetchAll(
            db.cachedStatement(
                sql:
                    "SELECT id, body FROM hit WHERE token_key = ? AND at = ? AND source_id = ? AND seq = ? AND log_id <> ?"
            ),
            arguments: [key, hit.at.milliseconds, source.rawValue, hit.seq, log]
        ).contains { StoredHit($0)?.hit == hit }
    }
}
