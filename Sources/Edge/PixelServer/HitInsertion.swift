import GRDB
import GRDBSQLite

/// Stores hits, one statement for all of a transaction, bound column by column: to be given a list of values takes GRDB as
/// long as SQLite takes to store them.
struct HitInsertion {
    private let statement: Statement
    private let connection: SQLiteConnection

    init(_ db: Database) throws {
        statement = try db.cachedStatement(
            sql: """
                INSERT INTO hits (at, stream, token, method, net, netclass, asn, self_net, ua, family, signals)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.connection = connection
    }

    /// The number that the hit got. To be called in the transaction that it was made in.
    func store(_ hit: StoredHit) throws -> Int64 {
        defer { sqlite3_reset(statement.sqliteStatement) }
        try bind(1, hit.at)
        try bind(2, Int64(hit.stream.rawValue))
        try bind(3, hit.token)
        try bind(4, hit.method)
        try bind(5, hit.net)
        try bind(6, hit.netclass)
        try bind(7, hit.asn.map { Int64($0) })
        try bind(8, hit.selfNet ? 1 : 0)
        try bind(9, hit.userAgent)
        try bind(10, hit.family)
        try bind(11, hit.signals)
        guard sqlite3_step(statement.sqliteStatement) == SQLITE_DONE else { throw failure }
        return sqlite3_last_insert_rowid(connection)
    }

    private func bind(_ column: Int32, _ value: Int64?) throws {
        let code =
            value.map { sqlite3_bind_int64(statement.sqliteStatement, column, $0) }
            ?? sqlite3_bind_null(statement.sqliteStatement, column)
        guard code == SQLITE_OK else { throw failure }
    }

    private func bind(_ column: Int32, _ value: String?) throws {
        guard var value else { return try bind(column, Int64?.none) }
        // An empty text may have no address, and that would be NULL.
        guard !value.isEmpty else {
            guard sqlite3_bind_text(statement.sqliteStatement, column, "", 0, nil) == SQLITE_OK else { throw failure }
            return
        }
        // -1: SQLite makes a copy.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let code = value.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement.sqliteStatement, column, $0.baseAddress, Int32($0.count), transient)
            }
        }
        guard code == SQLITE_OK else { throw failure }
    }

    private var failure: DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
    }
}
