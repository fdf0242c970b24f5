import GRDB
import Tokens

extension HitLog {
    /// Takes what the erasures name out of the log, in short transactions beside which hits go on being stored; true when
    /// there is more. At the end the files are rewritten without it, for which stored hits wait (about a second for
    /// 100 MB). Numbers of what was erased are never given again.
    package func erase(_ erasures: [Erasure]) throws(PixelServerError) -> Bool {
        try attempt {
            let isMore = try pool.write { db in
                var room = Self.deletedAtOnce
                for erasure in erasures where room > 0 {
                    switch erasure {
                    case .token(let token): room -= try Self.erase(token, limit: room, in: db)
                    case .stream(let stream): room -= try Self.erase(stream, limit: room, in: db)
                    }
                }
                return room == 0
            }
            if isMore { return true }
            try pool.writeWithoutTransaction { db in
                // secure_delete overwrites what is deleted, but not what lay between the rows of a page before: copies that
                // stay there when rows are moved, as happens when pages that have become empty are joined. (Retention
                // empties pages from one end, and moves none.)
                try db.execute(sql: "VACUUM")
                _ = try db.checkpoint(.truncate)
            }
            return false
        }
    }

    private static func erase(_ token: Token, limit: Int, in db: Database) throws -> Int {
        try db.execute(sql: "DELETE FROM tallies WHERE token = ?", arguments: [token.text])
        try db.execute(
            sql: """
                DELETE FROM hits WHERE seq IN (
                    SELECT seq FROM hits WHERE stream = ? AND token = ? ORDER BY seq LIMIT ?)
                """, arguments: [Int64(token.stream.rawValue), token.text, limit])
        return db.changesCount
    }

    private static func erase(_ stream: StreamID, limit: Int, in db: Database) throws -> Int {
        for prefix in Token.textPrefixes(of: stream) {
            // "{" comes after every letter and digit.
            try db.execute(
                sql: "DELETE FROM tallies WHERE token >= ? AND token < ?", arguments: [prefix, prefix + "{"])
        }
        try db.execute(
            sql: "DELETE FROM hits WHERE seq IN (SELECT seq FROM hits WHERE stream = ? ORDER BY seq LIMIT ?)",
            arguments: [Int64(stream.rawValue), limit])
        return db.changesCount
    }
}
