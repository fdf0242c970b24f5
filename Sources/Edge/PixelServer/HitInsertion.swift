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
    private var waiting: [HitNumbers] = []
    private var texts = HitTexts()
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
        waiting.append(HitNumbers(at: hit.at, stream: hit.stream, asn: hit.asn, selfNet: hit.selfNet))
        texts.add(hit)
        if waiting.count == Self.atOnce { try flush() }
    }

    /// Stores those that still wait. Then ``last`` and ``hours`` are of all.
    mutating func finish() throws { if !waiting.isEmpty { try flush() } }

    private mutating func flush() throws {
        if waiting.count == Self.atOnce {
            try store(waiting.indices, by: many)
        } else {
            for index in waiting.indices { try store(index..<index + 1, by: one) }
        }
        waiting.removeAll(keepingCapacity: true)
        texts.removeAll()
    }

    /// A statement gives its rows numbers without a gap, in their order.
    private mutating func store(_ hits: Range<Int>, by statement: Statement) throws {
        let row = Row(statement: statement.sqliteStatement, connection: connection)
        try texts.withTexts { text in
            defer {
                sqlite3_reset(row.statement)
                // SQLite was lent the texts.
                sqlite3_clear_bindings(row.statement)
            }
            for (place, index) in hits.enumerated() {
                try row.bind(waiting[index], text: { text(index, $0) }, from: Int32(place * Self.columns))
            }
            guard sqlite3_step(row.statement) == SQLITE_DONE else { throw row.failure }
        }
        var seq = sqlite3_last_insert_rowid(connection) - Int64(hits.count)
        for hit in waiting[hits] {
            seq += 1
            last[hit.stream] = seq
            let hour = hit.at.hour
            hours[hour] = (hours[hour]?.lowerBound ?? seq)...seq
        }
    }
}

/// What of a hit is no text.
private struct HitNumbers {
    let at: Int64
    let stream: StreamID
    let asn: UInt32?
    let selfNet: Bool
}

/// The texts of some hits, one behind the other: SQLite reads them where they are, while a copy of each would cost it as much
/// as to store them.
private struct HitTexts {
    typealias Text = UnsafeBufferPointer<UInt8>

    /// The columns that hold texts.
    enum Column: Int { case token, method, net, netclass, userAgent, family, signals }

    private static let columns = 7

    private var bytes: [UInt8] = []
    /// Of each hit, where those of ``Column`` are.
    private var places: [Range<Int>?] = []

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    mutating func add(_ hit: StoredHit) {
        add(hit.token)
        add(hit.method)
        add(hit.net)
        add(hit.netclass)
        add(hit.userAgent)
        add(hit.family)
        add(hit.signals)
    }

    private mutating func add(_ text: String?) {
        let start = bytes.count
        if let text { bytes += text.utf8 }
        places.append(text == nil ? nil : start..<bytes.count)
    }

    /// `body` is given what says a text of the hit at an index, to be used before it returns.
    func withTexts(_ body: (_ text: (Int, Column) -> Text?) throws -> Void) rethrows {
        try bytes.withUnsafeBufferPointer { bytes in
            try body { index, column in
                places[index * Self.columns + column.rawValue].map { Text(rebasing: bytes[$0]) }
            }
        }
    }
}

/// What a statement's parameters are bound by.
private struct Row {
    let statement: SQLiteStatement
    let connection: SQLiteConnection

    /// The parameters behind `offset`. What `text` gives must stay until they are bound to others.
    func bind(_ hit: HitNumbers, text: (HitTexts.Column) -> HitTexts.Text?, from offset: Int32) throws {
        try bind(offset + 1, hit.at)
        try bind(offset + 2, Int64(hit.stream.rawValue))
        try bind(offset + 3, text(.token))
        try bind(offset + 4, text(.method))
        try bind(offset + 5, text(.net))
        try bind(offset + 6, text(.netclass))
        try bind(offset + 7, hit.asn.map { Int64($0) })
        try bind(offset + 8, hit.selfNet ? 1 : 0)
        try bind(offset + 9, text(.userAgent))
        try bind(offset + 10, text(.family))
        try bind(offset + 11, text(.signals))
    }

    private func bind(_ column: Int32, _ value: Int64?) throws {
        // Nothing is bound: NULL.
        guard let value else { return }
        guard sqlite3_bind_int64(statement, column, value) == SQLITE_OK else { throw failure }
    }

    private func bind(_ column: Int32, _ text: HitTexts.Text?) throws {
        guard let text else { return }
        let code = text.withMemoryRebound(to: CChar.self) {
            sqlite3_bind_text(statement, column, $0.baseAddress, Int32($0.count), nil)
        }
        guard code == SQLITE_OK else { throw failure }
    }

    var failure: DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
    }
}
