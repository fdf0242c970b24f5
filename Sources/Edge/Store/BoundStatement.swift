import GRDB
import GRDBSQLite

/// A statement that is run for each of many messages or hits, and is handed to SQLite as it is: to be given a list of values
/// takes GRDB as long as SQLite takes to store them, and a row, which it copies value by value, longer than finding it.
/// What is bound by column, counted from 1, stays for the runs that follow.
struct BoundStatement {
    private let owner: Statement
    private let statement: SQLiteStatement
    private let connection: SQLiteConnection

    /// Prepared once for each connection.
    init(_ db: Database, sql: String) throws {
        owner = try db.cachedStatement(sql: sql)
        statement = owner.sqliteStatement
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.connection = connection
    }

    func bind(_ column: Int32, _ value: Int64) throws {
        try check(sqlite3_bind_int64(statement, column, value))
    }

    func bind(_ column: Int32, _ value: Double) throws {
        try check(sqlite3_bind_double(statement, column, value))
    }

    func bind(_ column: Int32, _ value: String) throws {
        var value = value
        try check(
            value.withUTF8 { text in
                // An empty text may have no address, and that would be NULL.
                guard let start = text.baseAddress else {
                    return sqlite3_bind_text(statement, column, "", 0, nil)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: text.count) {
                    sqlite3_bind_text(statement, column, $0, Int32(text.count), Self.copied)
                }
            })
    }

    func bind(_ column: Int32, _ value: [UInt8]) throws {
        try check(
            value.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else {
                    return sqlite3_bind_zeroblob(statement, column, 0)
                }
                return sqlite3_bind_blob(statement, column, start, Int32(bytes.count), Self.copied)
            })
    }

    func bindNull(_ column: Int32) throws { try check(sqlite3_bind_null(statement, column)) }

    /// How many rows it has changed.
    @discardableResult
    func run() throws -> Int {
        while try step() {}
        return Int(sqlite3_changes(connection))
    }

    /// Whether there is a row, which can be read until the next step. After the last one it can be run again.
    func step() throws -> Bool {
        let code = sqlite3_step(statement)
        if code == SQLITE_ROW { return true }
        let failure = code == SQLITE_DONE ? nil : failure
        sqlite3_reset(statement)
        if let failure { throw failure }
        return false
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

extension BoundStatement {
    /// Binds all columns and runs. How many rows that has changed.
    @discardableResult
    func run(_ values: any ColumnValue...) throws -> Int {
        try bind(values)
        return try run()
    }

    /// Binds all columns and reads the first row, if there is one.
    func first<Value>(_ values: any ColumnValue..., read: (BoundRow) throws -> Value) throws -> Value? {
        defer { sqlite3_reset(statement) }
        try bind(values)
        return try step() ? read(BoundRow(statement: statement)) : nil
    }

    /// Binds all columns and reads all rows.
    func all<Value>(_ values: any ColumnValue..., read: (BoundRow) throws -> Value) throws -> [Value] {
        defer { sqlite3_reset(statement) }
        try bind(values)
        var found: [Value] = []
        while try step() { found.append(try read(BoundRow(statement: statement))) }
        return found
    }

    private func bind(_ values: [any ColumnValue]) throws {
        // Else what an earlier run has bound would be taken.
        guard values.count == sqlite3_bind_parameter_count(statement) else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "\(values.count) values", sql: owner.sql)
        }
        for (index, value) in values.enumerated() { try value.bind(to: self, Int32(index + 1)) }
    }
}

/// The row that a statement has come to. Columns count from 0, as everywhere with SQLite.
struct BoundRow {
    fileprivate let statement: SQLiteStatement

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    /// 0 for NULL.
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    func flag(_ column: Int32) -> Bool { integer(column) != 0 }
    func integerOrNil(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
    /// Empty for NULL.
    func text(_ column: Int32) -> String { textOrNil(column) ?? "" }

    func textOrNil(_ column: Int32) -> String? {
        guard let text = sqlite3_column_text(statement, column) else { return nil }
        let length = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: length), as: UTF8.self)
    }
}
