/// Tables of the hit log in PostgreSQL, in the schema `sentmark`; a migration that was released is never edited.
///
/// Nothing but plain tables, indexes and transactions, so that databases that speak PostgreSQL's protocol will do.
enum PostgresSchema {
    static let migrations: [[String]] = [
        [
            // Which log this is. `incarnation` changes when the database is another one: see PostgresHitLog+Identity.
            """
            CREATE TABLE sentmark.identity (
                id integer PRIMARY KEY CHECK (id = 1),
                uuid uuid NOT NULL,
                cursor_key bytea NOT NULL,
                incarnation text NOT NULL
            )
            """,
            // Whoever writes locks this row first: numbers are given in commit order. `month`: where hits go now.
            """
            CREATE TABLE sentmark.log (
                id integer PRIMARY KEY CHECK (id = 1),
                seq bigint NOT NULL,
                month integer NOT NULL,
                forged bigint NOT NULL,
                capped bigint NOT NULL
            )
            """,
            "INSERT INTO sentmark.log (id, seq, month, forged, capped) VALUES (1, 0, 0, 0, 0)",
            // The tables of hits, by month (202611), each with the number from which on it holds them.
            "CREATE TABLE sentmark.months (month integer PRIMARY KEY, first bigint NOT NULL)",
            // One row of each server's process: its last batch, and which numbers that has got (first, last].
            """
            CREATE TABLE sentmark.writers (
                writer uuid PRIMARY KEY,
                batch bigint NOT NULL,
                first bigint NOT NULL,
                last bigint NOT NULL,
                seen timestamptz NOT NULL
            )
            """,
            // How often a token was requested on a day (days since 1970, UTC), stored or not; of those that are asked for often.
            """
            CREATE TABLE sentmark.tallies (
                stream integer NOT NULL,
                token text NOT NULL,
                day bigint NOT NULL,
                requests bigint NOT NULL CHECK (requests > 0),
                PRIMARY KEY (stream, token, day)
            )
            """,
            "CREATE TABLE sentmark.network_keys (day bigint PRIMARY KEY, key bytea NOT NULL)",
            // What is streams.json elsewhere.
            """
            CREATE TABLE sentmark.streams (
                id integer PRIMARY KEY CHECK (id = 1),
                version bigint NOT NULL,
                records text NOT NULL
            )
            """,
            "INSERT INTO sentmark.streams (id, version, records) VALUES (1, 1, '[]')",
        ]
    ]

    static var version: Int { migrations.count }

    /// The table of a month's hits.
    static func hits(_ month: Int) -> String { "sentmark.hits_\(month)" }

    /// Makes the table of hits of a month. Refused (``PostgresFailure/Refusal/isOtherMonth``) if another server has
    /// made it, or one of a later month.
    static func begin(_ month: Int) -> [PostgresStatement] {
        [
            PostgresStatement("BEGIN"),
            PostgresStatement(
                "UPDATE sentmark.log SET month = CASE WHEN month < $1::integer THEN $1::integer END WHERE id = 1",
                [.integer(Int64(month))]),
            PostgresStatement(
                """
                CREATE TABLE \(hits(month)) (
                    stream integer NOT NULL CHECK (stream BETWEEN 0 AND 16777215),
                    seq bigint NOT NULL,
                    at bigint NOT NULL,
                    token text NOT NULL CHECK (length(token) = 40),
                    method text CHECK (length(method) <= 16),
                    net text CHECK (length(net) = 16),
                    netclass text CHECK (length(netclass) <= 64),
                    asn bigint CHECK (asn BETWEEN 0 AND 4294967295),
                    self_net boolean NOT NULL,
                    ua text CHECK (length(ua) <= 256),
                    family text CHECK (length(family) <= 64),
                    signals text CHECK (length(signals) <= 1024),
                    PRIMARY KEY (stream, seq)
                )
                """),
            // What is new, for servers that wait, and what is oldest, for retention.
            PostgresStatement("CREATE INDEX hits_\(month)_seq ON \(hits(month)) (seq)"),
            PostgresStatement(
                "INSERT INTO sentmark.months (month, first) SELECT $1::integer, seq + 1 FROM sentmark.log WHERE id = 1",
                [.integer(Int64(month))]),
            PostgresStatement("COMMIT"),
        ]
    }
}
