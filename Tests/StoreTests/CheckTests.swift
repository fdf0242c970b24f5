import Foundation
import GRDB
import Testing

@testable import Store

/// Rows that are written for every message and mail: what is checked of them, and at what cost.
@Suite struct CheckTests {
    private static let rows = """
        INSERT INTO account (id, name) VALUES (1, 'work');
        INSERT INTO folder (id, account_id, name) VALUES (3, 1, x'53');
        INSERT INTO message (id, account_id, tracked, first_seen_at) VALUES (4, 1, 1, 0), (5, 1, 1, 0);
        INSERT INTO message_token VALUES (5, 'b', 'own', 0, 'k'), (4, 'c', 'foreign', 1, 'c'), (4, 'a', 'unverified', 0, 'a');
        INSERT INTO written VALUES (7, 4, 3, 9, 1000, 'add', 'tracked', ''), (9, 5, NULL, 8, 1001, 'withdrawn', 'x', 'why');
        INSERT INTO outgoing VALUES (2, 1, 4, 'm@x', x'01', NULL, 'smtp', 1000, 'accepted', '250 ok', 'p@y'),
            (6, 1, NULL, NULL, x'02', x'03', 'outbox', 1001, 'uncertain', '', NULL);
        INSERT INTO outgoing_recipient VALUES (2, 0, 'ann@x', 'always', 'b', 1), (6, 0, 'ben@x', 'never', NULL, 0);
        """

    private static let tables = ["message_token", "written", "outgoing", "outgoing_recipient"]

    private static func contents(_ db: Database) throws -> [String] {
        try tables.flatMap { table in
            try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { row in
                row.databaseValues.map { "\($0)" }.joined(separator: " ")
            }
        }
    }

    @Test func whatAnOlderVersionWroteIsKept() throws {
        let scratch = Scratch()
        let queue = try DatabaseQueue(path: scratch.path)
        try Schema.migrator.migrate(queue, upTo: "14 logs by number")
        let before = try queue.write { db in
            try db.execute(sql: Self.rows)
            return try Self.contents(db)
        }
        #expect(before.count == 9)
        let indexes = "SELECT name || tbl_name FROM sqlite_master WHERE type = 'index' ORDER BY 1"
        let indexesBefore = try queue.read { try String.fetchAll($0, sql: indexes) }
        try Schema.migrator.migrate(queue, upTo: "15 checks without a table")
        #expect(try queue.read { try String.fetchAll($0, sql: indexes) } == indexesBefore)
        try queue.close()
        try AgentStore(path: scratch.path).close()
        let migrated = try DatabaseQueue(path: scratch.path)
        try migrated.write { db in
            #expect(try Self.contents(db) == before)
            try db.execute(sql: "DELETE FROM outgoing WHERE id = 6")
            try db.execute(sql: "DELETE FROM message WHERE id = 4")
            #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM outgoing_recipient") == 1)
            #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM outgoing WHERE message IS NULL") == 1)
            #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM message_token") == 1)
            #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM written") == 1)
        }
    }

    /// A list of three or more is made a table of, each time.
    @Test(arguments: tables + ["message", "recipient", "copy", "hit", "verdict"])
    func aRowIsCheckedWithoutATable(_ table: String) throws {
        let scratch = Scratch()
        try AgentStore(path: scratch.path).close()
        try DatabaseQueue(path: scratch.path).read { db in
            let columns = try db.columns(in: table).count
            let values = Array(repeating: "?", count: columns).joined(separator: ", ")
            let steps = try Row.fetchAll(
                db, sql: "EXPLAIN INSERT INTO \(table) VALUES (\(values))",
                arguments: StatementArguments(Array(repeating: Int?.none, count: columns)))
            let names = steps.map { $0["opcode"] as String }
            #expect(names.contains("OpenWrite") && !names.contains("OpenEphemeral"))
        }
    }

    @Test(arguments: [
        "UPDATE message_token SET kind = 'owned'", "UPDATE written SET action = ''",
        "UPDATE outgoing SET state = 'Accepted'",
    ])
    func whatIsNoneOfTheValuesIsRefused(_ statement: String) throws {
        let scratch = Scratch()
        try AgentStore(path: scratch.path).close()
        try DatabaseQueue(path: scratch.path).write { db in
            try db.execute(sql: Self.rows)
            #expect { try db.execute(sql: statement) } throws: {
                ($0 as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_CHECK
            }
        }
    }
}
