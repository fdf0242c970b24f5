import GRDB

extension Database {
    /// As `execute`, with the statement prepared once for each connection.
    func perform(sql: String, arguments: StatementArguments = StatementArguments()) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
