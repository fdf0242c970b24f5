import Foundation
import GRDB

extension HitLog {
    static let deletedAtOnce = 2000

    /// Deletes hits older than `retention` seconds and counts and network keys older than two days, and takes what was deleted
    /// out of the files as well. One short transaction, beside which hits go on being stored; true when there is more.
    package func maintain(now: Date, retention: TimeInterval) throws(PixelServerError) -> Bool {
        let today = now.day
        let oldest = now.addingTimeInterval(-retention)
        return try attempt {
            let (hits, others) = try writing.withLock { writing in
                let (keys, hits, others) = try pool.write { db in
                    try db.execute(sql: "DELETE FROM network_keys WHERE day <= ?", arguments: [today - 2])
                    var others = db.changesCount
                    try db.execute(sql: "DELETE FROM tallies WHERE day <= ?", arguments: [today - 2])
                    if db.changesCount > 0 { try writing.tallies.look(in: db) }
                    others += db.changesCount
                    let hits = try Self.delete(before: oldest.milliseconds, limit: Self.deletedAtOnce, in: db)
                    return (try Set(Int64.fetchAll(db, sql: "SELECT day FROM network_keys")), hits, others)
                }
                writing.known.networks.keep(keys)
                // Hours may be gone.
                writing.known.reserved = [:]
                return (hits, others)
            }
            if hits == Self.deletedAtOnce { return true }
            // With secure_delete the database is clean; the log beside it still holds the old pages.
            if hits + others > 0 { _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
            return false
        }
    }

    /// Those of times before `oldest`, milliseconds since 1970, and so many at most; how many it were.
    private static func delete(before oldest: Int64, limit: Int, in db: Database) throws -> Int {
        var deleted = 0
        let hours = try Row.fetchAll(
            db, sql: "SELECT hour, first, last FROM hours WHERE hour <= ? ORDER BY hour", arguments: [oldest.hour])
        for row in hours {
            let (hour, first, last): (Int64, Int64, Int64) = (row[0], row[1], row[2])
            try db.execute(
                sql: """
                    DELETE FROM hits WHERE seq IN (
                        SELECT seq FROM hits WHERE seq BETWEEN ? AND ? AND at < ? ORDER BY seq LIMIT ?)
                    """, arguments: [first, last, oldest, limit - deleted])
            deleted += db.changesCount
            if deleted == limit { break }
            // All of its hits are older than the hour that `oldest` is in.
            if hour < oldest.hour { try db.execute(sql: "DELETE FROM hours WHERE hour = ?", arguments: [hour]) }
        }
        return deleted
    }
}

extension Int64 {
    static let hourMilliseconds: Int64 = 3_600_000

    /// Of milliseconds: whole hours.
    var hour: Int64 { self / Self.hourMilliseconds }
}
