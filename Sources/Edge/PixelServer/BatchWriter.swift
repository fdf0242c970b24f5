import Foundation
import GRDB
import Opens
import Tokens

/// Writes the entries of one transaction.
struct BatchWriter {
    /// What the next one need not look up again, if this one is committed.
    struct Known {
        var networks = NetworkNames()
        /// By hour: up to which number the disk knows that its hits may have it.
        var reserved: [Int64: Int64] = [:]
    }

    let db: Database
    let options: HitLog.Options
    let random: RandomBytes
    private(set) var known: Known
    private var insertion: HitInsertion
    private var result = Appended()
    private var probes = 0

    init(db: Database, options: HitLog.Options, random: @escaping RandomBytes, known: Known) throws {
        self.db = db
        insertion = try HitInsertion(db)
        self.options = options
        self.random = random
        self.known = known
    }

    mutating func append(_ entry: LogEntry, _ tallies: inout StoredTallies) throws {
        switch entry {
        case .hit(let request): try store(request, &tallies)
        case .forged: result.forged += 1
        case .probe: probes += 1
        }
    }

    /// Stores the last hits, and counts what was not stored. Always writes a page, so that every transaction costs a sync,
    /// whatever it holds; what changes no value would write none.
    mutating func finish() throws -> Appended {
        try insertion.finish()
        result.last = insertion.last
        for (hour, seqs) in insertion.hours where seqs.upperBound > known.reserved[hour] ?? 0 {
            try reserve(seqs, of: hour)
        }
        let statement = try db.cachedStatement(sql: "UPDATE counters SET value = value + ? WHERE name = ?")
        if result.capped > 0 { try statement.execute(arguments: [result.capped, "capped"]) }
        if probes > 0 {
            try db.cachedStatement(
                sql: """
                    INSERT INTO counters (name, value) VALUES ('probes', ?)
                    ON CONFLICT DO UPDATE SET value = value + excluded.value
                    """
            ).execute(arguments: [probes])
        }
        if result.forged > 0 || result.stored + result.capped + probes == 0 {
            try statement.execute(arguments: [result.forged, "forged"])
        }
        return result
    }

    /// Notes that the hour has hits with these numbers, and some ahead, so that this is not done for each batch.
    private mutating func reserve(_ seqs: ClosedRange<Int64>, of hour: Int64) throws {
        let last = seqs.upperBound + Self.ahead
        try db.cachedStatement(
            sql: "INSERT INTO hours (hour, first, last) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last"
        ).execute(arguments: [hour, seqs.lowerBound, last])
        if known.reserved.count >= Self.hours { known.reserved = [:] }
        known.reserved[hour] = last
    }

    private static let ahead: Int64 = 4096
    private static let hours = 24

    private mutating func store(_ request: RecordedRequest, _ tallies: inout StoredTallies) throws {
        guard try tallies.allows(request, options.hitsPerTokenPerDay, in: db) else {
            result.capped += 1
            return
        }
        try insertion.add(StoredHit(request) { try networkName(request.network, request.at.day) })
        result.stored += 1
    }

    private mutating func networkName(_ network: IPPrefix, _ day: Int64) throws -> String? {
        if let name = known.networks.known(network, day: day) { return name }
        let name = NetworkNames.hash(of: network, key: try known.networks.keys[day] ?? keep(day))
        if let name { known.networks.note(name, of: network, day: day) }
        return name
    }

    private mutating func keep(_ day: Int64) throws -> [UInt8] {
        try db.execute(
            sql: "INSERT OR IGNORE INTO network_keys (day, key) VALUES (?, ?)", arguments: [day, Data(random(32))])
        guard let key = try Data.fetchOne(db, sql: "SELECT key FROM network_keys WHERE day = ?", arguments: [day])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        known.networks.keys[day] = Array(key)
        return Array(key)
    }
}

extension Hit {
    /// In the order in which ``init(row:)`` reads them: by place, which is quicker than by name.
    static let columns = "seq, at, token, method, net, netclass, asn, self_net, ua, family, signals"

    init(row: Row) {
        let netclass: String? = row[5]
        let asn: Int64? = row[6]
        let family: String? = row[9]
        let signals: String? = row[10]
        self.init(
            seq: row[0], at: Date(milliseconds: row[1]), token: row[2], method: row[3], net: row[4],
            netclass: netclass.map(NetworkClass.init(rawValue:)),
            asn: asn.flatMap { UInt32(exactly: $0) }, selfNet: row[7], ua: row[8],
            family: family.map(ClientFamily.init(rawValue:)),
            signals: Set((signals ?? "").split(separator: " ").map { Signal(rawValue: String($0)) }))
    }
}

extension Date {
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }
    /// Days since 1970-01-01, UTC.
    var day: Int64 { Int64((timeIntervalSince1970 / 86_400).rounded(.down)) }
}
