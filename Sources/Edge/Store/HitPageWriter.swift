import Foundation
import GRDB
import Opens
import SentSync
import Tokens

/// Stores the hits of one page; the caller holds the transaction. What is asked of a token is asked once.
struct HitPageWriter {
    private let db: Database
    private let source: SourceID
    private let log: String
    private let now: Date
    private let encoder = JSONEncoder()
    /// Whether the source had another log before.
    private let hadOtherLogs: Bool
    private var flood: HitFlood
    /// By token key: hits before then were deleted, or would have been. Milliseconds.
    private var forgotten: [String: Int64] = [:]
    /// Token keys whose messages are due.
    private var due: Set<String> = []
    /// Whether a known message got a new hit.
    private(set) var hasNews = false

    init(_ db: Database, source: SourceID, log: String, now: Date) throws {
        self.db = db
        self.source = source
        self.log = log
        self.now = now
        flood = try HitFlood(db, source: source, log: log)
        // The first and the last in an index: no more is read of it, however many there are.
        hadOtherLogs =
            try Bool.fetchOne(
                try db.cachedStatement(
                    sql: """
                        SELECT (SELECT MIN(log) FROM hit WHERE source_id = ?1) <> ?2
                            OR (SELECT MAX(log) FROM hit WHERE source_id = ?1) <> ?2
                        """), arguments: [source.rawValue, log]) ?? false
    }

    /// `nil` if it is not stored: it is already, or has been forgotten, or there are more of its token than are kept.
    mutating func write(_ hit: Hit) throws -> StoredHit? {
        let key = TokenKey.of(hit.token)
        if hit.at.milliseconds < (try forgottenUntil(key)) { return nil }
        if hadOtherLogs, try isKnown(hit, key) { return nil }
        if try flood.takes(hit, key) { return nil }
        try db.cachedStatement(
            sql: """
                INSERT INTO hit (source_id, log, seq, at, token_key, body, received_at)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source_id, log, seq) DO NOTHING
                """
        ).execute(arguments: [
            source.rawValue, log, hit.seq, hit.at.milliseconds, key, try encoder.encode(hit), now.milliseconds,
        ])
        guard db.changesCount > 0 else { return nil }
        let stored = StoredHit(id: db.lastInsertedRowID, hit: hit)
        flood.isKept(key)
        if let name = MessageName(hit.token) {
            try NamedMessages(db: db).claim(name)
            forgotten[key] = nil
        }
        if due.insert(key).inserted {
            try db.cachedStatement(
                sql: """
                    UPDATE message SET judge_due = 1
                    WHERE id IN (SELECT message_id FROM message_token WHERE token_key = ?)
                    """
            ).execute(arguments: [key])
            hasNews = hasNews || db.changesCount > 0
        }
        return stored
    }

    /// After the last hit.
    func finish() throws { try flood.write() }

    private mutating func forgottenUntil(_ key: String) throws -> Int64 {
        if let known = forgotten[key] { return known }
        let until =
            try Int64.fetchOne(
                try db.cachedStatement(
                    sql: """
                        SELECT MAX(forgotten_until) FROM message_token
                            JOIN message ON message.id = message_token.message_id
                            WHERE token_key = ? AND quoted = 0
                        """), arguments: [key]) ?? .min
        forgotten[key] = until
        return until
    }

    /// Whether an earlier log of the source told the same: a log that was restored from a backup has a new identity, and
    /// gives its old hits once more.
    private func isKnown(_ hit: Hit, _ key: String) throws -> Bool {
        try Row.fetchAll(
            db.cachedStatement(
                sql:
                    "SELECT id, body FROM hit WHERE token_key = ? AND at = ? AND source_id = ? AND seq = ? AND log <> ?"
            ),
            arguments: [key, hit.at.milliseconds, source.rawValue, hit.seq, log]
        ).contains { StoredHit($0, JSONDecoder())?.hit == hit }
    }
}
