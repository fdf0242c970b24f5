import Foundation
import GRDB
import IMAP
import Testing

@testable import Store

/// Databases in which an archive was left known and not visited by a connection that ended.
struct BrokenVisitTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    /// As the version before had it; returns the store of this one.
    private func migrated(_ scratch: Scratch, _ statements: [String]) throws -> AgentStore {
        let queue = try DatabaseQueue(path: scratch.path)
        try Schema.migrator.migrate(queue, upTo: "17 colours of each copy")
        try queue.write { db in
            for statement in statements { try db.execute(sql: statement) }
        }
        try queue.close()
        return try AgentStore(path: scratch.path)
    }

    private static let account = [
        "INSERT INTO account (id, name) VALUES (1, 'work')",
        "INSERT INTO folder (id, account_id, name) VALUES (2, 1, CAST('Sent' AS BLOB)), (3, 1, CAST('Archive' AS BLOB))",
        """
        INSERT INTO message (id, account_id, message_id, subject, tracked, first_seen_at)
            VALUES (4, 1, 'moved@x', '', 1, 0), (5, 1, 'here@x', '', 1, 0)
        """,
        "INSERT INTO copy (message_id, folder_id, uid, flags) VALUES (5, 2, 7, '')",
    ]
    private static let found =
        "INSERT INTO sent_folder (account_id, wish, name, found_at) VALUES (1, '', CAST('Sent' AS BLOB), 0)"

    @Test func theArchiveIsVisitedAgainAndWhatWasNotFoundIsLookedFor() async throws {
        let scratch = Scratch()
        let store = try migrated(scratch, Self.account + [Self.found])
        let account = try await store.account(named: "work")
        #expect(try await store.watchedFolders(of: account) == [MailboxName("Sent")])
        #expect(
            try await store.lostMessages(of: account, dueAt: Self.now).quarries.map(\.messageID) == ["moved@x"])
    }

    /// Which of them is watched is not known here, or the folder has something in it.
    @Test(arguments: [
        [], [found, "INSERT INTO copy (message_id, folder_id, uid, flags) VALUES (4, 3, 1, '')"],
    ])
    func whatMayBeWatchedStaysSo(_ more: [String]) async throws {
        let scratch = Scratch()
        let store = try migrated(scratch, Self.account + more)
        let account = try await store.account(named: "work")
        #expect(try await store.watchedFolders(of: account) == [MailboxName("Sent"), MailboxName("Archive")])
        #expect(try await store.lostMessages(of: account, dueAt: Self.now).quarries.isEmpty)
    }
}
