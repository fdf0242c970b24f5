extension PostgresHitLog {
    /// The bytes go when PostgreSQL vacuums, and from its write-ahead log, standbys and backups as those go.
    package func erase(_ erasures: [Erasure]) throws(PixelServerError) -> Bool {
        for erasure in erasures where try erase(erasure) { return true }
        return false
    }

    private func erase(_ erasure: Erasure) throws(PixelServerError) -> Bool {
        let what: [PostgresParameter] =
            switch erasure {
            case .stream(let stream): [.integer(Int64(stream.rawValue)), .null]
            case .token(let token): [.integer(Int64(token.stream.rawValue)), .text(token.text)]
            }
        let choice = "WHERE stream = $1::integer AND ($2::text IS NULL OR token = $2::text)"
        return try maintain { (connection, until) throws(PostgresFailure) in
            _ = try self.look(connection, until: until)
            let months = self.shared.withLock { $0.months.map(\.month) }
            let deletions = months.map { month in
                let table = PostgresSchema.hits(month)
                return PostgresStatement(
                    """
                    WITH deleted AS (
                        DELETE FROM \(table) WHERE (stream, seq) IN (
                            SELECT stream, seq FROM \(table) \(choice) ORDER BY seq LIMIT $3::bigint)
                        RETURNING seq
                    )
                    SELECT count(*) FROM deleted
                    """, what + [.integer(Int64(Self.deletedAtOnce))])
            }
            let answers = try connection.run(
                [PostgresStatement("DELETE FROM sentmark.tallies \(choice)", what)] + deletions, until: until)
            return answers.dropFirst().contains {
                $0.number ?? 0 == Self.deletedAtOnce
            }
        }
    }
}
