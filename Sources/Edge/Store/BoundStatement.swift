import GRDB
import GRDBSQLite

/// A statement that is run for each of many rows, bound column by column: to be given a list of values takes GRDB as long as
/// SQLite takes to store them. Columns count from 1; what is bound stays for the rows that follow.
struct BoundStatement {
    private let statement: Statement
    private let connection: SQLiteConnection

    init(_ db: Database, sql: String, _ arguments: StatementArguments) throws {
        statement = try db.cachedStatement(sql: sql)
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.connection = connection
        try statement.setArguments(arguments)
    }

    func bind(_ column: Int32, _ value: Int64) throws {
        try check(sqlite3_bind_int64(statement.sqliteStatement, column, value))
    }

    func bind(_ column: Int32, _ value: Double) throws {
        try check(sqlite3_bind_double(statement.sqliteStatement, column, value))
    }

    func bind(_ column: Int32, _ value: String) throws {
        var value = value
        try check(
            value.withUTF8 { text in
                // An empty text may have no address, and that would be NULL.
                guard let start = text.baseAddress else {
                    return sqlite3_bind_text(statement.sqliteStatement, column, "", 0, nil)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: text.count) {
                    sqlite3_bind_text(statement.sqliteStatement, column, $0, Int32(text.count), Self.copied)
                }
            })
    }

    func bind(_ column: Int32, _ value: [UInt8]) throws {
        try check(
            value.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else {
                    return sqlite3_bind_zeroblob(statement.sqliteStatement, column, 0)
                }
                return sqlite3_bind_blob(
                    statement.sqliteStatement, column, start, Int32(bytes.count), Self.copied)
            })
    }

    /// How many rows it has changed.
    func run() throws -> Int {
        let code = sqlite3_step(statement.sqliteStatement)
        let failure = code == SQLITE_DONE ? nil : failure
        sqlite3_reset(statement.sqliteStatement)
        if let failure { throw failure }
        return Int(sqlite3_changes(connection))
    }

    /// -1: SQLite makes a copy.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func check(_ code: CInt) throws {
        guard code == SQLITE_OK else { throw failure }
    }

    private var failure: DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
    }
}
