import GRDB
import Opens

/// Counts the hits of a message beyond those that are kept, within one transaction.
struct HitFlood {
    private struct Beyond {
        var hits = 0
        var lastSeq: Int64
        var lastAt: Int64
    }

    private let db: Database
    private let source: SourceID
    private let log: String
    /// What the log has told so far; its numbers ascend.
    private let toldUpTo: Int64
    /// By token key, up to the limit.
    private var kept: [String: Int] = [:]
    private var beyond: [String: Beyond] = [:]

    /// - Parameter number: the log's in the store.
    init(_ db: Database, source: SourceID, log: String, number: Int64) throws {
        self.db = db
        self.source = source
        self.log = log
        toldUpTo =
            try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT MAX(seq) FROM hit WHERE log_id = ?"), arguments: [number]) ?? 0
    }

    /// Whether there are as many of its key as are kept. Then it has been counted, unless it comes a second time.
    mutating func takes(_ hit: Hit, _ key: String) throws -> Bool {
        guard try count(of: key) >= AgentStore.keptHits else { return false }
        var those = try beyond[key] ?? Beyond(lastSeq: max(toldUpTo, counted(key)), lastAt: 0)
        if hit.seq > those.lastSeq {
            those.hits += 1
            those.lastSeq = hit.seq
            those.lastAt = max(those.lastAt, hit.at.milliseconds)
        }
        beyond[key] = those
        return true
    }

    mutating func isKept(_ key: String) { kept[key, default: 0] += 1 }

    func write() throws {
        for (key, those) in beyond where those.hits > 0 {
            try db.perform(
                sql: """
                    INSERT INTO flood (token_key, source_id, log, hits, last_seq, last_at) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET hits = hits + excluded.hits, last_seq = excluded.last_seq,
                        last_at = MAX(last_at, excluded.last_at)
                    """, arguments: [key, source.rawValue, log, those.hits, those.lastSeq, those.lastAt])
        }
    }

    private mutating func count(of key: String) throws -> Int {
        if let known = kept[key] { return known }
        let count =
            try Int.fetchOne(
                try db.cachedStatement(
                    sql: "SELECT COUNT(*) FROM (SELECT 1 FROM hit WHERE token_key = ? LIMIT \(AgentStore.keptHits))"),
                arguments: [key]) ?? 0
        kept[key] = count
        return count
    }

    private func counted(_ key: String) throws -> Int64 {
        try Int64.fetchOne(
            try db.cachedStatement(
                sql: "SELECT last_seq FROM flood WHERE token_key = ? AND source_id = ? AND log = ?"),
            arguments: [key, source.rawValue, log]) ?? 0
    }
}

extension HitFlood {
    /// Of all tokens of a message. A log that was read again under a new name is counted once.
    static func beyond(_ db: Database, of message: Int64) throws -> Int {
        try Int.fetchOne(
            try db.cachedStatement(
                sql: """
                    SELECT SUM(hits) FROM (SELECT MAX(hits) AS hits FROM flood
                        WHERE token_key IN (\(MessageHits.keys)) GROUP BY token_key, source_id)
                    """), arguments: [message]) ?? 0
    }
}
