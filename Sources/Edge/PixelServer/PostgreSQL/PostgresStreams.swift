import Foundation

/// The list of streams in the database, as the same JSON that `streams.json` holds: it is read whole, and a server can be
/// moved from the one to the other by copying it.
package struct PostgresStreams: StreamStorage {
    private let server: PostgresServer
    private static let place = "sentmark.streams"
    private static let patience = Duration.seconds(10)

    package init(_ server: PostgresServer) { self.server = server }

    package func list() throws(PixelServerError) -> [StreamRecord] {
        try run { (connection, until) throws(PostgresFailure) in
            // Looking makes nothing.
            guard try PostgresSchema.found(on: connection, until: until) > 0 else { return [] }
            return try Self.read(connection, ifOtherThan: 0, until: until)?.records ?? []
        }
    }

    package func change<Result>(
        _ body: (inout [StreamRecord]) throws(PixelServerError) -> Result
    ) throws(PixelServerError) -> Result {
        try run { (connection, until) throws(PostgresFailure) in
            try PostgresSchema.migrate(connection, until: until)
            let answers = try connection.run(
                [
                    PostgresStatement("BEGIN"),
                    PostgresStatement("SELECT version, records FROM sentmark.streams WHERE id = 1 FOR UPDATE"),
                ], until: until)
            do {
                var records = try Self.parse(answers.last ?? [])?.records ?? []
                let result = try body(&records)
                let json = String(decoding: try records.json(), as: UTF8.self)
                _ = try connection.run(
                    [
                        PostgresStatement(
                            "UPDATE sentmark.streams SET version = version + 1, records = $1::text WHERE id = 1",
                            [.text(json)]),
                        PostgresStatement("COMMIT"),
                    ], until: until)
                return result
            } catch let error as PixelServerError {
                // The connection ends, and with it the transaction.
                throw .unusable(error)
            } catch let error as PostgresFailure {
                throw error
            } catch {
                throw .lost("\(error)")
            }
        }
    }

    /// `nil` when it is still of that version.
    static func read(
        _ connection: PostgresConnection, ifOtherThan version: Int64, until deadline: PostgresConnection.Instant
    ) throws(PostgresFailure) -> (version: Int64, records: [StreamRecord])? {
        let rows = try connection.run(
            [
                PostgresStatement(
                    "SELECT version, records FROM sentmark.streams WHERE id = 1 AND version <> $1::bigint",
                    [.integer(version)], name: "streams")
            ], until: deadline)
        return try parse(rows.first ?? [])
    }

    private static func parse(_ rows: PostgresRows) throws(PostgresFailure) -> (
        version: Int64, records: [StreamRecord]
    )? {
        guard let row = rows.first, row.count == 2, let version = row[0].flatMap(Int64.init), let json = row[1] else {
            return nil
        }
        do throws(PixelServerError) {
            return (version, try [StreamRecord](json: Array(json.utf8), from: place))
        } catch {
            throw .unusable(error)
        }
    }

    /// On a connection of its own.
    private func run<Result>(
        _ body: (PostgresConnection, PostgresConnection.Instant) throws(PostgresFailure) -> Result
    ) throws(PixelServerError) -> Result {
        do throws(PostgresFailure) {
            let until = ContinuousClock.now + Self.patience
            let connection = try PostgresConnection(
                server.parameters, password: server.currentPassword(), until: until, isHurried: { false })
            return try body(connection, until)
        } catch {
            throw error.error(at: server.name)
        }
    }
}
