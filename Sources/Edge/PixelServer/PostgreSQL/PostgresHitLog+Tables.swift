import Foundation
import Opens
import Tokens

extension PostgresHitLog {
    /// The log's highest number, and which log it is. What was believed of the database is brought up to date on the way.
    func look(
        _ connection: PostgresConnection, until deadline: Instant
    ) throws(PostgresFailure) -> (seq: Int64, log: LogIdentity) {
        // Taken before: what is committed meanwhile makes no older copy of the database.
        let highest = shared.withLock { $0.highest }
        let rows = try connection.run(
            [
                PostgresStatement(
                    """
                    SELECT i.uuid, encode(i.cursor_key, 'hex'), l.seq, l.month
                    FROM sentmark.log l JOIN sentmark.identity i ON i.id = l.id WHERE l.id = 1
                    """, name: "look")
            ], until: deadline)
        let columns = rows.first?.first ?? []
        let identity = try PostgresIdentity.identity(columns)
        let seq = columns[2].flatMap(Int64.init) ?? 0
        if seq < highest {
            // It held more than that: what runs there now is an older copy.
            try PostgresIdentity.renew(identity, on: connection, random: random, until: deadline)
            shared.withLock {
                $0.highest = 0
                $0.told = min($0.told, seq)
                $0.months = []
            }
            return try look(connection, until: deadline)
        }
        let isCurrent = shared.withLock { shared in
            shared.identity = identity
            shared.highest = max(shared.highest, seq)
            return shared.months.last?.month ?? 0 == columns[3].flatMap(Int.init) ?? 0
        }
        if !isCurrent { try readMonths(connection, until: deadline) }
        return (seq, identity)
    }

    /// The months whose tables hold hits with numbers above `seq`, oldest first.
    func tables(after seq: Int64) -> [Int] {
        let months = shared.withLock { $0.months }
        let ends = months.dropFirst().map(\.first) + [.max]
        return zip(months, ends).filter { $1 - 1 > seq }.map(\.0.month)
    }

    /// Where hits go, and the batch can go: a new table if the batch is of a new month.
    func month(
        for batch: PostgresBatch, _ connection: PostgresConnection, until deadline: Instant
    ) throws(PostgresFailure) -> Int {
        if shared.withLock({ $0.months.isEmpty }) { try readMonths(connection, until: deadline) }
        let current = shared.withLock { $0.months.last?.month ?? 0 }
        guard let month = batch.month, month > current else { return current }
        _ = try connection.run(PostgresSchema.begin(month), until: deadline)
        try readMonths(connection, until: deadline)
        return shared.withLock { $0.months.last?.month ?? 0 }
    }

    /// The key of the hashes of networks of that day, the same for all servers.
    func networkKey(
        _ day: Int64, _ connection: PostgresConnection, until deadline: Instant
    ) throws(PostgresFailure) -> [UInt8] {
        if let key = shared.withLock({ $0.networkKeys[day] }) { return key }
        let rows = try connection.run(
            [
                PostgresStatement(
                    """
                    INSERT INTO sentmark.network_keys (day, key) VALUES ($1::bigint, $2::bytea)
                    ON CONFLICT (day) DO NOTHING
                    """, [.integer(day), .bytes(random(32))]),
                PostgresStatement(
                    "SELECT encode(key, 'hex') FROM sentmark.network_keys WHERE day = $1::bigint", [.integer(day)]),
            ], until: deadline)
        guard let key = rows.last?.first?.first?.flatMap([UInt8].init(hexadecimal:)) else {
            throw .lost("the day's network key is gone again")
        }
        shared.withLock { $0.networkKeys[day] = key }
        return key
    }

    /// Whether the batch has been stored by a transaction whose answer was lost, and as what.
    func committed(
        _ batch: PostgresBatch, _ writer: String, _ number: Int64, _ connection: PostgresConnection,
        until deadline: Instant
    ) throws(PostgresFailure) -> Appended? {
        // FOR UPDATE waits for a transaction that has got that far and no further.
        let rows = try connection.run(
            [
                PostgresStatement(
                    "SELECT batch, first, last FROM sentmark.writers WHERE writer = $1::uuid FOR UPDATE",
                    [.text(writer)])
            ], until: deadline)
        let columns = (rows.first?.first ?? []).compactMap { $0.flatMap(Int64.init) }
        guard columns.count == 3, columns[0] == number else { return nil }
        try readMonths(connection, until: deadline)
        let statements = tables(after: columns[1]).map { month in
            PostgresStatement(
                """
                SELECT stream, count(*), max(seq) FROM \(PostgresSchema.hits(month))
                WHERE seq > $1::bigint AND seq <= $2::bigint GROUP BY stream
                """, [.integer(columns[1]), .integer(columns[2])])
        }
        guard !statements.isEmpty else { return batch.appended([] as PostgresRows) }
        return batch.appended(try connection.run(statements, until: deadline).flatMap(\.self))
    }

    func readMonths(_ connection: PostgresConnection, until deadline: Instant) throws(PostgresFailure) {
        let rows = try connection.run(
            [PostgresStatement("SELECT month, first FROM sentmark.months ORDER BY month")], until: deadline)
        let months = (rows.first ?? []).compactMap { columns -> Month? in
            guard columns.count == 2, let month = columns[0].flatMap(Int.init),
                let first = columns[1].flatMap(Int64.init)
            else { return nil }
            return Month(month: month, first: first)
        }
        shared.withLock { $0.months = months }
    }
}

extension Hit {
    /// seq, at, token, method, net, netclass, asn, self_net, ua, family, signals.
    init?(columns: [String?]) {
        guard columns.count == 11, let seq = columns[0].flatMap(Int64.init), let at = columns[1].flatMap(Int64.init),
            let token = columns[2]
        else { return nil }
        self.init(
            seq: seq, at: Date(milliseconds: at), token: token, method: columns[3], net: columns[4],
            netclass: columns[5].map(NetworkClass.init(rawValue:)), asn: columns[6].flatMap(UInt32.init),
            selfNet: columns[7] == "t", ua: columns[8], family: columns[9].map(ClientFamily.init(rawValue:)),
            signals: Set((columns[10] ?? "").split(separator: " ").map { Signal(rawValue: String($0)) }))
    }
}
