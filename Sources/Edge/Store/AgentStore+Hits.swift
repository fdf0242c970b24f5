import Foundation
import GRDB
import Opens
import SentSync
import Tokens

package struct SourceID: Sendable, Hashable { let rawValue: Int64 }

/// Where a source's feed has been read to.
package struct SourcePosition: Sendable, Equatable {
    package var log: String?
    package var cursor: String?
    /// Whether everything that the source had to offer has been pulled once.
    package var isReadToEnd: Bool
}

extension AgentStore {
    package func source(named name: String) async throws(StoreError) -> SourceID {
        try await write { db in
            try db.perform(sql: "INSERT INTO source (name) VALUES (?) ON CONFLICT DO NOTHING", arguments: [name])
            let id = try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT id FROM source WHERE name = ?"), arguments: [name])
            return SourceID(rawValue: id ?? 0)
        }
    }

    package func position(of source: SourceID) async throws(StoreError) -> SourcePosition {
        try await read { db in
            let row = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT log, cursor, read_to_end FROM source WHERE id = ?"),
                arguments: [source.rawValue])
            return SourcePosition(
                log: row?["log"], cursor: row?["cursor"], isReadToEnd: row?["read_to_end"] ?? false)
        }
    }

    /// Stores hits and the cursor that covers them, together or not at all. A hit is known by (log, seq), so
    /// a page that comes twice changes nothing. Hits on tokens of no known message, or that name none, wait for it. Of one message
    /// ``keptHits`` are kept, the rest is counted.
    /// `isEnd`: the source has nothing more now. Returns whether a known message got a new hit, or may show what only a
    /// complete feed can tell.
    @discardableResult
    package func append(
        _ hits: [Hit], log: String, cursor: String, isEnd: Bool, from source: SourceID, now: Date
    ) async throws(StoreError) -> Bool {
        let (stored, news) = try await write { db in
            var page = try HitPageWriter(db, source: source, log: log, now: now)
            let stored = try hits.compactMap { try page.write($0) }
            try page.finish()
            var news = page.hasNews
            try db.perform(
                sql: "UPDATE source SET log = ?, cursor = ?, pulled_at = ? WHERE id = ?",
                arguments: [log, cursor, now.milliseconds, source.rawValue])
            if isEnd {
                try db.perform(
                    sql: "UPDATE source SET read_to_end = 1 WHERE id = ? AND read_to_end = 0",
                    arguments: [source.rawValue])
                if db.changesCount > 0 {
                    try db.perform(
                        sql: "UPDATE copy SET plan_due = 1 WHERE message_id IN (SELECT message_id FROM inherited)")
                    news = news || db.changesCount > 0
                }
            }
            return (stored, news)
        }
        // Not earlier: the numbers of rows that came to nothing are given to others.
        recent.note(stored)
        return news
    }

    /// The feed is another one now (restored from a backup, moved): it is read again from its beginning.
    package func restart(_ source: SourceID) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE source SET log = NULL, cursor = NULL, read_to_end = 0 WHERE id = ?",
                arguments: [source.rawValue])
        }
    }

    /// Whether every source that is known has been read to its end; false without any.
    static func feedIsComplete(_ db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT COALESCE(MIN(read_to_end), 0) FROM source") ?? false
    }

    static func inherited(_ db: Database, of message: Int64) throws -> Set<Mark> {
        Set(
            try String.fetchAll(
                try db.cachedStatement(sql: "SELECT mark FROM inherited WHERE message_id = ?"), arguments: [message]
            )
            .compactMap(Mark.init(rawValue:)))
    }
}

/// A hit with the store's own number for it.
struct StoredHit {
    let id: Int64
    let hit: Hit

    init(id: Int64, hit: Hit) {
        self.id = id
        self.hit = hit
    }

    /// `nil` if what was stored is no hit any more (made by a newer version).
    init?(_ row: Row) {
        guard let hit = Hit(json: [UInt8](row["body"] as Data)) else { return nil }
        id = row["id"]
        self.hit = hit
    }
}
