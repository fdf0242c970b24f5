import GRDB
import Tokens

extension HitLog {
    /// Takes what the erasure names out of the log, and out of the files as well: of a deleted row SQLite leaves no byte
    /// (`secure_delete`), and the write-ahead log is emptied at the end. One short transaction, beside which hits go on
    /// being stored; true when there is more. Numbers of what was erased are never given again.
    package func erase(_ erasure: Erasure) throws(PixelServerError) -> Bool {
        try attempt {
            let deleted = try pool.write { db in
                switch erasure {
                case .token(let token): try Self.erase(token, in: db)
                case .stream(let stream): try Self.erase(stream, in: db)
                }
            }
            if deleted == Self.deletedAtOnce { return true }
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            return false
        }
    }

    private static func erase(_ token: Token, in db: Database) throws -> Int {
        try db.execute(sql: "DELETE FROM tallies WHERE token = ?", arguments: [token.text])
        try db.execute(
            sql: """
                DELETE FROM hits WHERE seq IN (
                    SELECT seq FROM hits WHERE stream = ? AND token = ? ORDER BY seq LIMIT ?)
                """, arguments: [Int64(token.stream.rawValue), token.text, deletedAtOnce])
        return db.changesCount
    }

    private static func erase(_ stream: StreamID, in db: Database) throws -> Int {
        for range in Token.textPrefixes(of: stream) {
            // "{" comes after every letter and digit.
            try db.execute(
                sql: "DELETE FROM tallies WHERE token >= ? AND token < ?", arguments: [range, range + "{"])
        }
        try db.execute(
            sql: "DELETE FROM hits WHERE seq IN (SELECT seq FROM hits WHERE stream = ? ORDER BY seq LIMIT ?)",
            arguments: [Int64(stream.rawValue), deletedAtOnce])
        return db.changesCount
    }
}
