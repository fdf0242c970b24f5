import Foundation
import GRDB
import Opens
import Outgoing
import SentSync
import Testing
import Tokens

@testable import Store

/// What is asked for each mail, message or hit looks through no table of them.
@Suite struct IndexTests {
    private static let rows = """
        INSERT INTO account (id, name) VALUES (1, 'work');
        INSERT INTO message (id, account_id, message_id, tracked, first_seen_at) VALUES (4, 1, 'M@x', 1, 0);
        INSERT INTO recipient (message_id, position, address, failed_at) VALUES (4, 0, 'ann@x', 1);
        INSERT INTO outgoing VALUES (2, 1, 4, 'M@x', x'01', x'02', 'smtp', 1000, 'partial', '250 ok', 'P@y');
        INSERT INTO outgoing_recipient VALUES (2, 0, 'ann@x', 'always', 'b', 1), (2, 1, 'ben@x', 'always', 'c', 1);
        """

    /// The statements that `work` runs, each with how SQLite goes about it.
    private static func plans(_ work: (Database) throws -> Void) throws -> [(sql: String, steps: [String])] {
        let scratch = Scratch()
        try AgentStore(path: scratch.path).close()
        return try DatabaseQueue(path: scratch.path).write { db in
            try db.execute(sql: rows)
            let statements = Statements()
            db.trace { statements.add("\($0)") }
            try work(db)
            db.trace()
            return try statements.sql.map { sql in
                let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
                statement.setUncheckedArguments(StatementArguments())
                return (sql, try Row.fetchAll(statement).map { $0["detail"] })
            }
        }
    }

    @Test(arguments: [
        "the message of a name", "a name that a hit tells", "names of a message", "a refused mail", "readers",
        "recipients that were not reached", "an older mail",
    ])
    func noTableIsLookedThrough(_ what: String) throws {
        let plans = try Self.plans { db in
            switch what {
            case "the message of a name":
                #expect(try MessageRows(db: db, account: 1).id(named: "M@x") == 4)
                #expect(try MessageRows(db: db, account: 1).id(named: "m@x") == nil)
            case "a name that a hit tells":
                for name in ["m@X", "p@Y"] {
                    try NamedMessages(db: db).claim(try #require(MessageName(messageID: name)))
                }
                #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM message_token WHERE message_id = 4") == 2)
            case "names of a message": _ = try NamedMessages(db: db).tokens(of: ["M@x"], account: 1)
            case "a refused mail":
                try OutgoingWriter(db: db).finish(OutgoingID(rawValue: 2), SendingOutcome(.refused, reply: "no"))
                #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM message WHERE id = 4") == 0)
            case "readers": #expect(try AgentStore.openedBy(db, 4, .unknown) == OpenedBy(count: 0, of: 2))
            case "recipients that were not reached":
                #expect(try AgentStore.undelivered(db, of: 4).isEmpty)
            default: try db.execute(sql: "DELETE FROM message WHERE id = 4")
            }
        }
        #expect(!plans.isEmpty)
        for (sql, steps) in plans {
            #expect(!steps.contains { $0.contains(/^SCAN (message|outgoing|copy|hit)\b/) }, "\(sql): \(steps)")
            // By the account alone all of its messages are found.
            #expect(!steps.contains { $0.hasSuffix("message_by_name (account_id=?)") }, "\(sql): \(steps)")
        }
    }
}

private final class Statements {
    private(set) var sql: [String] = []

    func add(_ statement: String) {
        if statement.contains(/^(SELECT|INSERT|UPDATE|DELETE)\b/) { sql.append(statement) }
    }
}
