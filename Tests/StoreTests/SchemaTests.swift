import GRDB
import Testing

@testable import Store

/// The schema as a new database gets it.
struct SchemaTests {
    /// Everything that was made, as SQLite describes it, and the rows that the migrations left.
    private static func description(of queue: DatabaseQueue) throws -> [Row] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
                + Row.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
                + Row.fetchAll(db, sql: "SELECT name, seq FROM sqlite_sequence ORDER BY name")
        }
    }

    @Test func aNewDatabaseIsWhatTheMigrationsMakeOfAnEmptyOne() throws {
        let (new, migrated) = (try DatabaseQueue(), try DatabaseQueue())
        try new.writeWithoutTransaction { try Schema.createIfEmpty($0) }
        try Schema.migrator.migrate(migrated)
        #expect(try Self.description(of: new) == Self.description(of: migrated))
        #expect(try new.read { try Schema.migrator.hasCompletedMigrations($0) })
        #expect(try new.read { try Bool.fetchOne($0, sql: "PRAGMA foreign_keys") } == true)
    }

    @Test func whatHoldsAnythingIsLeftToTheMigrations() throws {
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue, upTo: "3 fewer questions")
        let before = try Self.description(of: queue)
        try queue.writeWithoutTransaction { try Schema.createIfEmpty($0) }
        #expect(try Self.description(of: queue) == before)
    }
}
