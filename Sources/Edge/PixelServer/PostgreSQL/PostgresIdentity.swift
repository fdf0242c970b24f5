import Foundation
import Tokens

/// Which log a database holds, and how one is noticed that took the place of another.
///
/// `incarnation` is the cluster's number, its timeline, which every promotion of a standby and every recovery to a point
/// in time changes, and the number of the table `log`, which a restored dump gets anew. A database in which another one
/// is written down is a copy that may lack hits which were answered as stored, and would give their numbers to others:
/// it gets a new UUID, so that agents start again from its beginning (410).
enum PostgresIdentity {
    /// Makes the connection fit for use, and finds or makes the log's identity.
    static func establish(
        on connection: PostgresConnection, random: RandomBytes, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) -> LogIdentity {
        try prepare(connection, until: deadline)
        let incarnation = try incarnation(on: connection, until: deadline)
        let rows = try connection.run(
            [
                PostgresStatement(
                    """
                    INSERT INTO sentmark.identity (id, uuid, cursor_key, incarnation)
                    VALUES (1, $1::uuid, $2::bytea, $3::text) ON CONFLICT (id) DO NOTHING
                    """, [.text(uuid(random)), .bytes(random(32)), .text(incarnation)]),
                PostgresStatement(
                    """
                    UPDATE sentmark.identity SET uuid = $1::uuid, cursor_key = $2::bytea, incarnation = $3::text
                    WHERE id = 1 AND incarnation <> $3::text
                    """, [.text(uuid(random)), .bytes(random(32)), .text(incarnation)]),
                PostgresStatement("SELECT uuid, encode(cursor_key, 'hex') FROM sentmark.identity WHERE id = 1"),
            ], until: deadline)
        return try identity(rows.last?.first ?? [])
    }

    /// Another UUID, unless it has one already.
    static func renew(
        _ old: LogIdentity, on connection: PostgresConnection, random: RandomBytes,
        until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) {
        _ = try connection.run(
            [
                PostgresStatement(
                    "UPDATE sentmark.identity SET uuid = $1::uuid, cursor_key = $2::bytea WHERE id = 1 AND uuid = $3::uuid",
                    [.text(uuid(random)), .bytes(random(32)), .text(old.uuid.uuidString)])
            ], until: deadline)
    }

    /// A UUID and a key in hexadecimal digits.
    static func identity(_ columns: [String?]) throws(PostgresFailure) -> LogIdentity {
        guard columns.count >= 2, let uuid = columns[0].flatMap(UUID.init(uuidString:)),
            let key = columns[1].flatMap([UInt8].init(hexadecimal:)), key.count == 32
        else {
            throw .unusable(
                PixelServerError(
                    .unreadable, "sentmark.identity: holds no identity of a log",
                    .needsUser("restore the database from a backup")))
        }
        return LogIdentity(uuid: uuid, cursorKey: key)
    }

    /// Empty on servers that speak PostgreSQL's protocol and have no such things.
    private static func incarnation(
        on connection: PostgresConnection, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) -> String {
        do {
            let rows = try connection.run(
                [
                    PostgresStatement(
                        """
                        SELECT (SELECT system_identifier FROM pg_control_system())
                            || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
                            || '/' || CAST(CAST('sentmark.log' AS regclass) AS oid)
                        """)
                ], until: deadline)
            return rows.first?.first?.first.flatMap(\.self) ?? ""
        } catch {
            guard case .refused(let refusal) = error, !refusal.isGoodbye else { throw error }
            return ""
        }
    }

    private static func prepare(
        _ connection: PostgresConnection, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) {
        let rows = try connection.run(
            [
                // What a client that went away in the middle holds others up with, at most.
                PostgresStatement("SET idle_in_transaction_session_timeout = 2000"),
                PostgresStatement("SET statement_timeout = 5000"),
                PostgresStatement("SET lock_timeout = 700"),
                PostgresStatement(
                    """
                    SELECT current_setting('fsync', true),
                        CASE current_setting('synchronous_commit', true)
                            WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
                    """),
            ], until: deadline)
        guard rows.last?.first?.first != "off" else {
            throw .unusable(
                PixelServerError(
                    .durability, "PostgreSQL runs with fsync = off, so that no hit is safe from a power cut",
                    .needsUser("set fsync = on in postgresql.conf")))
        }
    }

    private static func uuid(_ random: RandomBytes) -> String {
        LogIdentity.uuid(random).hexadecimal
    }
}

extension [UInt8] {
    /// `nil` unless it is pairs of hexadecimal digits.
    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
