import Foundation

extension PostgresHitLog {
    package func maintain(now: Date, retention: TimeInterval) throws(PixelServerError) -> Bool {
        let oldest = now.addingTimeInterval(-retention)
        return try maintain { (connection, until) throws(PostgresFailure) in
            _ = try self.look(connection, until: until)
            let isTidy = try self.tidy(connection, today: now.day, until: until)
            let months = self.shared.withLock { $0.months.map(\.month) }
            guard let first = months.first else { return !isTidy }
            let count = try self.delete(before: oldest.milliseconds, in: first, connection, until: until)
            if count == Self.deletedAtOnce || !isTidy { return true }
            self.measure(connection, until: until)
            guard months.count > 1 else { return false }
            return try self.dropIfEmpty(first, connection, until: until)
        }
    }

    static var deletedAtOnce: Int { 2000 }

    /// False when there is more.
    private func tidy(
        _ connection: PostgresConnection, today: Int64, until deadline: Instant
    ) throws(PostgresFailure) -> Bool {
        let answers = try connection.run(
            [
                PostgresStatement(
                    """
                    WITH deleted AS (
                        DELETE FROM sentmark.tallies WHERE (stream, token, day) IN (
                            SELECT stream, token, day FROM sentmark.tallies WHERE day <= $1::bigint LIMIT $2::bigint)
                        RETURNING day
                    )
                    SELECT count(*) FROM deleted
                    """, [.integer(today - 2), .integer(Int64(Self.deletedAtOnce))]),
                PostgresStatement("DELETE FROM sentmark.network_keys WHERE day <= $1::bigint", [.integer(today - 2)]),
                // Servers that have ended. A batch is in doubt for seconds.
                PostgresStatement("DELETE FROM sentmark.writers WHERE seen < now() - interval '7 days'"),
                PostgresStatement("SELECT day FROM sentmark.network_keys"),
            ], until: deadline)
        let days = Set((answers.last ?? []).compactMap { $0.first?.flatMap(Int64.init) })
        shared.withLock { shared in shared.networkKeys = shared.networkKeys.filter { days.contains($0.key) } }
        return answers.first?.number ?? 0 < Self.deletedAtOnce
    }

    /// Of the oldest hits by number, which are the oldest by time but for what servers' clocks differ.
    private func delete(
        before at: Int64, in month: Int, _ connection: PostgresConnection, until deadline: Instant
    ) throws(PostgresFailure) -> Int {
        let table = PostgresSchema.hits(month)
        let rows = try connection.run(
            [
                PostgresStatement(
                    """
                    WITH oldest AS (
                        SELECT stream, seq, at FROM \(table) ORDER BY seq LIMIT $2::bigint
                    ), deleted AS (
                        DELETE FROM \(table) WHERE (stream, seq) IN (
                            SELECT stream, seq FROM oldest WHERE at < $1::bigint)
                        RETURNING seq
                    )
                    SELECT count(*) FROM deleted
                    """, [.integer(at), .integer(Int64(Self.deletedAtOnce))])
            ], until: deadline)
        return rows.first?.number ?? 0
    }

    /// True when it is gone. Nobody writes to the table of a month that is over.
    private func dropIfEmpty(
        _ month: Int, _ connection: PostgresConnection, until deadline: Instant
    ) throws(PostgresFailure) -> Bool {
        let table = PostgresSchema.hits(month)
        let rows = try connection.run([PostgresStatement("SELECT 1 FROM \(table) LIMIT 1")], until: deadline)
        guard rows.first?.isEmpty == true else { return false }
        _ = try connection.run(
            [
                PostgresStatement("BEGIN"),
                PostgresStatement("DELETE FROM sentmark.months WHERE month = $1::integer", [.integer(Int64(month))]),
                PostgresStatement("DROP TABLE \(table)"),
                PostgresStatement("COMMIT"),
            ], until: deadline)
        try readMonths(connection, until: deadline)
        return true
    }

    /// Stays as it was on servers that cannot say it.
    private func measure(_ connection: PostgresConnection, until deadline: Instant) {
        let size = try? connection.run(
            [
                PostgresStatement(
                    """
                    SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_catalog.pg_class c
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'sentmark' AND c.relkind = 'r'
                    """)
            ], until: deadline)
        guard let bytes = size?.first?.number else { return }
        shared.withLock { $0.byteCount = bytes }
    }
}
