extension PostgresSchema {
    /// Whether the tables are there, and of which version; 0: none.
    static func found(
        on connection: PostgresConnection, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) -> Int {
        let tables = try connection.run(
            [
                PostgresStatement(
                    "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'sentmark' AND tablename = 'version'")
            ], until: deadline)
        guard tables.first?.isEmpty == false else { return 0 }
        let rows = try connection.run(
            [PostgresStatement("SELECT version FROM sentmark.version WHERE id = 1")], until: deadline)
        return rows.first?.number ?? 0
    }

    /// Makes the tables, or brings them up to date. Of several servers that try at once one does it.
    static func migrate(
        _ connection: PostgresConnection, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) {
        while true {
            do throws(PostgresFailure) {
                let found = try found(on: connection, until: deadline)
                if found == 0 { try prepare(connection, until: deadline) }
                guard found <= version else {
                    throw .unusable(
                        PixelServerError(
                            .unreadable, "the schema sentmark: written by a newer version",
                            .needsUser("install that version")))
                }
                if found == version { return }
                _ = try connection.run(step(to: found + 1), until: deadline)
            } catch {
                guard case .refused(let refusal) = error, refusal.isAnotherOnesWork, .now < deadline else {
                    throw error
                }
            }
        }
    }

    /// The schema may have been made by who has the right to, for a role that has none.
    private static func prepare(
        _ connection: PostgresConnection, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) {
        let schemas = try connection.run(
            [PostgresStatement("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'sentmark'")], until: deadline)
        if schemas.first?.isEmpty == true {
            _ = try connection.run([PostgresStatement("CREATE SCHEMA IF NOT EXISTS sentmark")], until: deadline)
        }
        _ = try connection.run(
            [
                PostgresStatement(
                    """
                    CREATE TABLE IF NOT EXISTS sentmark.version (
                        id integer PRIMARY KEY CHECK (id = 1),
                        version integer NOT NULL
                    )
                    """),
                PostgresStatement(
                    "INSERT INTO sentmark.version (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING"),
            ], until: deadline)
    }

    /// In one transaction, and refused if another server has done it.
    private static func step(to next: Int) -> [PostgresStatement] {
        [
            PostgresStatement("BEGIN"),
            PostgresStatement(
                """
                UPDATE sentmark.version SET version = CASE WHEN version = $1::integer - 1 THEN $1::integer END
                WHERE id = 1
                """, [.integer(Int64(next))]),
        ] + migrations[next - 1].map { PostgresStatement($0) } + [PostgresStatement("COMMIT")]
    }
}

extension PostgresFailure.Refusal {
    /// Two servers have begun to make the same at once: `IF NOT EXISTS` does not see what is not committed.
    fileprivate var isAnotherOnesWork: Bool {
        // unique_violation, duplicate_table, duplicate_schema.
        mayPass || ["23505", "42P07", "42P06", "42710"].contains(state)
            || state == PostgresFailure.notNull && column == "version"
    }
}
