import GRDB
import GRDBSQLite
import Tokens

/// Stores the hits of one transaction, several with a statement: each statement looks up anew which number was given last,
/// and writes down which is now. Bound column by column: to be given a list of values takes GRDB as long as SQLite takes to
/// store them.
struct HitInsertion {
    /// Hits of one statement. With twice as many the next is hardly cheaper.
    static let atOnce = 16
    private static let columns = 11

    private let many: Statement
    private let one: Statement
    private let connection: SQLiteConnection
    private var waiting: [StoredHit] = []
    /// The last hit of each stream.
    private(set) var last: [StreamID: Int64] = [:]
    /// By the hour of the hits, since 1970: the first and the last of their numbers.
    private(set) var hours: [Int64: ClosedRange<Int64>] = [:]

    init(_ db: Database) throws {
        many = try db.cachedStatement(sql: Self.insertMany)
        one = try db.cachedStatement(sql: Self.insertOne)
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.connection = connection
        waiting.reserveCapacity(Self.atOnce)
    }

    private static let insertMany = sql(rows: atOnce)
    private static let insertOne = sql(rows: 1)

    private static func sql(rows: Int) -> String {
        let row = "(" + Array(repeating: "?", count: columns).joined(separator: ", ") + ")"
        return """
            INSERT INTO hits (at, stream, token, method, net, netclass, asn, self_net, ua, family, signals)
            VALUES \(Array(repeating: row, count: rows).joined(separator: ", "))
            """
    }

    /// To be called in the transaction that it was made in, as ``finish()``.
    mutating func add(_ hit: StoredHit) throws {
        waiting.append(hit)
        if waiting.count == Self.atOnce { try flush() }
    }

    /// Stores those that still wait. Then ``last`` and ``hours`` are of all.
    mutating func finish() throws { if !waiting.isEmpty { try flush() } }

    private mutating func flush() throws {
        if waiting.count == Self.atOnce {
            try store(waiting[...], by: many)
        } else {
            for index in waiting.indices { try store(waiting[index...index], by: one) }
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// A statement gives its rows numbers without a gap, in their order.
    private mutating func store(_ hits: ArraySlice<StoredHit>, by statement: Statement) throws {
        let row = Row(statement: statement.sqliteStatement, connection: connection)
        defer { sqlite3_reset(statement.sqliteStatement) }
        for (index, hit) in hits.enumerated() { try row.bind(hit, from: Int32(index * Self.columns)) }
        guard sqlite3_step(statement.sqliteStatement) == SQLITE_DONE else { throw row.failure }
        var seq = sqlite3_last_insert_rowid(connection) - Int64(hits.count)
        for hit in hits {
            seq += 1
            last[hit.stream] = seq
            let hour = hit.at.hour
            hours[hour] = (hours[hour]?.lowerBound ?? seq)...seq
        }
    }
}

/// What a statement's parameters are bound by.
private struct Row {
    let statement: SQLiteStatement
    let connection: SQLiteConnection

    /// The parameters behind `offset`.
    func bind(_ hit: StoredHit, from offset: Int32) throws {
        try bind(offset + 1, hit.at)
        try bind(offset + 2, Int64(hit.stream.rawValue))
        try bind(offset + 3, hit.token)
        try bind(offset + 4, hit.method)
        try bind(offset + 5, hit.net)
        try bind(offset + 6, hit.netclass)
        try bind(offset + 7, hit.asn.map { Int64($0) })
        try bind(offset + 8, hit.selfNet ? 1 : 0)
        try bind(offset + 9, hit.userAgent)
        try bind(offset + 10, hit.family)
        try bind(offset + 11, hit.signals)
    }

    private func bind(_ column: Int32, _ value: Int64?) throws {
        let code =
            value.map { sqlite3_bind_int64(statement, column, $0) } ?? sqlite3_bind_null(statement, column)
        guard code == SQLITE_OK else { throw failure }
    }

    private func bind(_ column: Int32, _ value: String?) throws {
        guard var value else { return try bind(column, Int64?.none) }
        // An empty text may have no address, and that would be NULL.
        guard !value.isEmpty else {
            guard sqlite3_bind_text(statement, column, "", 0, nil) == SQLITE_OK else { throw failure }
            return
        }
        // -1: SQLite makes a copy.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let code = value.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement, column, $0.baseAddress, Int32($0.count), transient)
            }
        }
        guard code == SQLITE_OK else { throw failure }
    }

    var failure: DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
    }
}
