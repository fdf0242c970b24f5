import Foundation
import GRDB
import Opens
import Tokens

/// Writes the entries of one transaction.
struct BatchWriter {
    let db: Database
    let options: HitLog.Options
    let random: RandomBytes
    /// By day.
    var networkKeys: [Int64: [UInt8]]
    private var result = Appended()
    private var probes = 0

    init(db: Database, options: HitLog.Options, random: @escaping RandomBytes, networkKeys: [Int64: [UInt8]]) {
        self.db = db
        self.options = options
        self.random = random
        self.networkKeys = networkKeys
    }

    mutating func append(_ entry: LogEntry) throws {
        switch entry {
        case .hit(let request): try store(request)
        case .forged: result.forged += 1
        case .probe: probes += 1
        }
    }

    /// Counts what was not stored. Always writes a page, so that every transaction costs a sync, whatever it holds; what
    /// changes no value would write none.
    func finished() throws -> Appended {
        let statement = try db.cachedStatement(sql: "UPDATE counters SET value = value + ? WHERE name = ?")
        try statement.execute(arguments: [result.forged, "forged"])
        if result.capped > 0 { try statement.execute(arguments: [result.capped, "capped"]) }
        if probes > 0 {
            try db.cachedStatement(
                sql: """
                    INSERT INTO counters (name, value) VALUES ('probes', ?)
                    ON CONFLICT DO UPDATE SET value = value + excluded.value
                    """
            ).execute(arguments: [probes])
        }
        return result
    }

    private mutating func store(_ request: RecordedRequest) throws {
        let token = request.token.text
        let day = request.at.day
        let tally = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    INSERT INTO tallies (token, day, requests) VALUES (?, ?, 1)
                    ON CONFLICT DO UPDATE SET requests = requests + 1 RETURNING requests
                    """), arguments: [token, day])
        guard let tally, tally <= options.hitsPerTokenPerDay else {
            result.capped += 1
            return
        }
        let hit = try StoredHit(request) { try networkKey(day) }
        try db.cachedStatement(
            sql: """
                INSERT INTO hits (at, stream, token, method, net, netclass, asn, self_net, ua, family, signals)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            hit.at, Int64(hit.stream.rawValue), hit.token, hit.method, hit.net, hit.netclass,
            hit.asn.map { Int64($0) }, hit.selfNet, hit.userAgent, hit.family, hit.signals,
        ])
        result.stored += 1
        result.last[hit.stream] = db.lastInsertedRowID
    }

    private mutating func networkKey(_ day: Int64) throws -> [UInt8] { try networkKeys[day] ?? keep(day) }

    private mutating func keep(_ day: Int64) throws -> [UInt8] {
        try db.execute(
            sql: "INSERT OR IGNORE INTO network_keys (day, key) VALUES (?, ?)", arguments: [day, Data(random(32))])
        guard let key = try Data.fetchOne(db, sql: "SELECT key FROM network_keys WHERE day = ?", arguments: [day])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        networkKeys[day] = Array(key)
        return Array(key)
    }
}

extension Hit {
    init(row: Row) {
        let signals: String = row["signals"] ?? ""
        let netclass: String? = row["netclass"]
        let family: String? = row["family"]
        let asn: Int64? = row["asn"]
        self.init(
            seq: row["seq"], at: Date(milliseconds: row["at"]), token: row["token"], method: row["method"],
            net: row["net"], netclass: netclass.map(NetworkClass.init(rawValue:)),
            asn: asn.flatMap { UInt32(exactly: $0) }, selfNet: row["self_net"], ua: row["ua"],
            family: family.map(ClientFamily.init(rawValue:)),
            signals: Set(signals.split(separator: " ").map { Signal(rawValue: String($0)) }))
    }
}

extension Date {
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }
    /// Days since 1970-01-01, UTC.
    var day: Int64 { Int64((timeIntervalSince1970 / 86_400).rounded(.down)) }
}
