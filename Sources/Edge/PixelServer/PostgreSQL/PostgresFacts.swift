/// What a look at a database finds, before a server is started on it.
package struct PostgresFacts: Sendable, Equatable {
    package enum Schema: Sendable, Equatable {
        /// Not there yet; whether the role may make it.
        case missing(mayMake: Bool)
        /// Of an older version, which the next start brings up to date, or of this one.
        case found(version: Int, isCurrent: Bool)
        case newer(version: Int)
    }

    /// As the server says it.
    package var version: String
    /// A name, an address, or the directory of a Unix socket.
    package var host: String
    package var isEncrypted: Bool
    package var user: String
    package var database: String
    package var schema: Schema
    /// Whether what is committed is on disk; `nil`: the server does not say.
    package var syncs: Bool?
    /// Hits that have got a number; `nil` without tables.
    package var hits: Int64?
    /// Servers that have stored something within a day.
    package var servers: Int

    package init(
        version: String, host: String, isEncrypted: Bool, user: String, database: String, schema: Schema,
        syncs: Bool?, hits: Int64?, servers: Int
    ) {
        self.version = version
        self.host = host
        self.isEncrypted = isEncrypted
        self.user = user
        self.database = database
        self.schema = schema
        self.syncs = syncs
        self.hits = hits
        self.servers = servers
    }
}

extension PostgresFacts {
    /// Connects and looks; changes nothing. Blocks, for ten seconds at most.
    package static func find(_ server: PostgresServer) throws(PixelServerError) -> PostgresFacts {
        do throws(PostgresFailure) {
            let until = ContinuousClock.now + .seconds(10)
            let connection = try PostgresConnection(
                server.parameters, password: server.currentPassword(), until: until, isHurried: { false })
            let version = try PostgresSchema.found(on: connection, until: until)
            var facts = PostgresFacts(
                version: connection.serverVersion, host: connection.host, isEncrypted: connection.isEncrypted,
                user: connection.user, database: connection.database,
                schema: version > PostgresSchema.version
                    ? .newer(version: version)
                    : .found(version: version, isCurrent: version == PostgresSchema.version),
                syncs: try first("SELECT current_setting('fsync', true)", connection, until).map { $0 != "off" },
                hits: nil, servers: 0)
            if version == 0 {
                facts.schema = .missing(
                    mayMake: try first(
                        """
                        SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'sentmark')
                            THEN has_schema_privilege('sentmark', 'CREATE')
                            ELSE has_database_privilege(current_database(), 'CREATE') END
                        """, connection, until) != "f")
            } else {
                facts.hits = try first("SELECT seq FROM sentmark.log WHERE id = 1", connection, until).flatMap(
                    Int64.init)
                facts.servers =
                    try first(
                        "SELECT count(*) FROM sentmark.writers WHERE seen > now() - interval '1 day'", connection, until
                    ).flatMap(Int.init) ?? 0
            }
            return facts
        } catch {
            throw error.error(at: server.name)
        }
    }

    private static func first(
        _ sql: String, _ connection: PostgresConnection, _ deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) -> String? {
        try connection.run([PostgresStatement(sql)], until: deadline).first?.first?.first.flatMap(\.self)
    }
}
