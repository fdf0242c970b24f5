import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

/// A database of its own for each test.
final class Scratch {
    let path = FileManager.default.temporaryDirectory.appending(path: "sentmark-\(UUID()).db").path

    deinit {
        let folder = URL(filePath: path).deletingLastPathComponent()
        let name = URL(filePath: path).lastPathComponent
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where file.hasPrefix(name)
        {
            try? FileManager.default.removeItem(at: folder.appending(path: file))
        }
    }
}

struct StoreTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func hit(_ seq: Int64, _ token: String = "t") -> Hit {
        Hit(seq: seq, at: Self.now + Double(seq), token: token)
    }

    @Test func aCommitIsOnDiskWhenItReturns() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        #expect(try await store.write { try AgentStore.synchronous($0) } == 2)
        #expect(try await store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        #expect(try await store.read { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
    }

    @Test func aPageThatComesTwiceChangesNothing() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let source = try await store.source(named: "px")
        for _ in 0..<2 {
            try await store.append([hit(1), hit(2)], log: "L", cursor: "c2", isEnd: true, from: source, now: Self.now)
        }
        #expect(try await store.waitingHits(on: "t").map(\.seq) == [1, 2])
        #expect(try await store.position(of: source) == SourcePosition(log: "L", cursor: "c2", isReadToEnd: true))
        // A log that was restored has a new identity and tells its old hits once more.
        try await store.append([hit(1)], log: "M", cursor: "c1", isEnd: true, from: source, now: Self.now)
        #expect(try await store.waitingHits(on: "t").count == 2)
        // What says something else under the same number is another hit.
        let other = Hit(seq: 2, at: Self.now + 60, token: "t")
        try await store.append([other], log: "M", cursor: "c2", isEnd: true, from: source, now: Self.now)
        #expect(try await store.waitingHits(on: "t").count == 3)
    }

    /// A page that cannot be stored whole leaves hits and cursor as they were.
    @Test func hitsAndCursorAreStoredTogether() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let source = try await store.source(named: "px")
        try await store.append([hit(1)], log: "L", cursor: "c1", isEnd: true, from: source, now: Self.now)
        await #expect(throws: StoreError.self) {
            // The schema refuses sequence number 0.
            try await store.append([hit(2), hit(0)], log: "L", cursor: "c3", isEnd: true, from: source, now: Self.now)
        }
        #expect(try await store.waitingHits(on: "t").map(\.seq) == [1])
        #expect(try await store.position(of: source).cursor == "c1")
    }

    @Test func hitsWaitForTheirMessage() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let source = try await store.source(named: "px")
        #expect(try await !store.append([hit(1)], log: "L", cursor: "c", isEnd: true, from: source, now: Self.now))
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let message = ExaminedMessage(
            uid: 1, flags: [], messageID: "m@x", subject: "S", sentAt: Self.now, recipients: [],
            recipientIsSender: false,
            tokens: [FoundToken(text: "t", kind: .foreign, quoted: false)])
        #expect(try await store.apply([.message(message)], to: folder, signs: Signs(.standard), now: Self.now))
        let tasks = try await store.judgingTasks(now: Self.now, rules: 1)
        #expect(tasks.map { $0.history.hits.map(\.seq) } == [[1]])
    }

    /// A token that a message only quotes makes it neither tracked nor opened.
    @Test func aQuotedTokenIsRememberedAndNothingElse() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let reply = ExaminedMessage(
            uid: 4, flags: [], messageID: "r@x", subject: "Re", sentAt: Self.now, recipients: [],
            recipientIsSender: false,
            tokens: [FoundToken(text: "t", kind: .foreign, quoted: true)])
        try await store.apply([.message(reply)], to: folder, signs: Signs(.standard), now: Self.now)
        #expect(try await store.planningTask(for: folder, signs: Signs(.standard)).copies.isEmpty)
        #expect(try await store.status(StatusFilter()).isEmpty)
        let report = try #require(try await store.reports(on: "<r@x>").first)
        #expect(!report.tracked && report.tokens.first?.quoted == true)
    }

    @Test func aRefusedKeywordIsTriedAgainOnlyOnANewConnection() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let message = ExaminedMessage(
            uid: 1, flags: [.seen], messageID: "m@x", subject: "S", sentAt: Self.now, recipients: [],
            recipientIsSender: false, tokens: [FoundToken(text: "t", kind: .foreign, quoted: false)])
        try await store.apply([.message(message)], to: folder, signs: Signs(.standard), now: Self.now)
        let task = try await store.planningTask(for: folder, signs: Signs(.standard))
        let orders = KeywordPlan.orders(for: task.copies, signs: Signs(.standard))
        // Accepted, and not kept: the server drops keywords silently.
        try await store.record(
            ReadBack(orders: orders, outcome: StoreOutcome(), seen: [1: SeenOnServer(flags: [.seen])]), in: folder,
            planned: task, signs: Signs(.standard), now: Self.now)
        #expect(try await store.planningTask(for: folder, signs: Signs(.standard)).copies.isEmpty)
        #expect(try await store.accounts(now: Self.now).first?.refusals.map(\.sign.text) == ["tracked"])
        try await store.forgetRefusals(in: folder)
        #expect(try await store.planningTask(for: folder, signs: Signs(.standard)).copies.map(\.uid) == [1])
    }

    /// The user takes one keyword away while we write another one: reading back is the first that is heard of it.
    @Test func whatTheUserRemovesBeforeTheReadBackIsNotWrittenAgain() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let message = ExaminedMessage(
            uid: 1, flags: [Flag(spelling: "tracked")], messageID: "m@x", subject: "S", sentAt: Self.now - 600,
            recipients: [], recipientIsSender: false,
            tokens: [FoundToken(text: "t", kind: .foreign, quoted: false)])
        let source = try await store.source(named: "px")
        try await store.apply([.message(message)], to: folder, signs: Signs(.standard), now: Self.now)
        let scan = Hit(
            seq: 1, at: Self.now - 590, token: "t", method: "HEAD", netclass: NetworkClass(rawValue: "microsoft-eop"))
        try await store.append([scan], log: "L", cursor: "c1", isEnd: true, from: source, now: Self.now)
        try await judge(store)
        let task = try await store.planningTask(for: folder, signs: Signs(.standard))
        let orders = KeywordPlan.orders(for: task.copies, signs: Signs(.standard))
        #expect(orders.map(\.sign.text) == ["reached"])
        try await store.record(
            ReadBack(
                orders: orders, outcome: StoreOutcome(), seen: [1: SeenOnServer(flags: [Flag(spelling: "reached")])]),
            in: folder, planned: task,
            signs: Signs(.standard), now: Self.now)
        #expect(try await self.orders(store, folder) == [])
        let report = try #require(try await store.reports(on: "<m@x>").first)
        #expect(report.writes.map { "\($0.action) \($0.keyword)" } == ["withdrawn tracked", "add reached"])
    }

    @Test func whatAServerIsIsRememberedForItsGreetingAndForAWhile() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let fields = [IDField("name", "Dove\"cot"), IDField("vendor", nil)]
        try await store.note(serverID: fields, greeting: "ready", of: account, now: Self.now)
        #expect(try await store.serverID(of: account, greeting: "ready", toldSince: Self.now) == fields)
        #expect(try await store.serverID(of: account, greeting: "other", toldSince: Self.now) == nil)
        #expect(try await store.serverID(of: account, greeting: "ready", toldSince: Self.now + 1) == nil)
    }

    /// Keywords that an earlier database wrote stay until everything is known again, and for good if their evidence is gone.
    @Test func aNewDatabaseTakesNothingOffBeforeItKnowsBetter() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let source = try await store.source(named: "px")
        let found = ["t", "u"].enumerated().map { index, token in
            Change.message(
                ExaminedMessage(
                    uid: UID(UInt32(index + 1)), flags: [Flag(spelling: "tracked"), Flag(spelling: "opened")],
                    messageID: "\(token)@x", subject: "S", sentAt: Self.now - 600, recipients: [],
                    recipientIsSender: false, tokens: [FoundToken(text: token, kind: .foreign, quoted: false)]))
        }
        try await store.apply(found, to: folder, signs: Signs(.standard), now: Self.now)
        #expect(try await orders(store, folder) == [])
        // Forged requests prove nothing; this one is a mail filter's.
        let scan = Hit(
            seq: 1, at: Self.now - 590, token: "t", method: "HEAD", netclass: NetworkClass(rawValue: "microsoft-eop"))
        try await store.append([scan], log: "L", cursor: "c1", isEnd: false, from: source, now: Self.now)
        try await judge(store)
        #expect(try await orders(store, folder) == ["+reached 1"], "the rest of the feed may show who opened it")
        try await store.append([], log: "L", cursor: "c1", isEnd: true, from: source, now: Self.now)
        #expect(try await orders(store, folder) == ["+reached 1", "-opened 1"])
        #expect(try await store.status(StatusFilter()).map(\.kept) == [[.opened], []])
    }

    private func judge(_ store: AgentStore) async throws {
        for task in try await store.judgingTasks(now: Self.now, rules: Rules.current.version) {
            let judgement = OpensEngine.judge(task.history, now: Self.now)
            try await store.save([(judgement, task)], rules: Rules.current.version)
        }
    }

    private func orders(_ store: AgentStore, _ folder: FolderID) async throws -> [String] {
        KeywordPlan.orders(
            for: try await store.planningTask(for: folder, signs: Signs(.standard)).copies, signs: Signs(.standard)
        )
        .map { ($0.action == .add ? "+" : "-") + "\($0.sign.text) \($0.uids)" }
    }

    @Test func aDamagedFileIsSetAsideAndNeverOverwritten() throws {
        let scratch = Scratch()
        try Data("this is no database, and it is long enough to be looked at as one".utf8)
            .write(to: URL(filePath: scratch.path))
        let store = try AgentStore(path: scratch.path)
        let notice = try #require(store.notices.first)
        #expect(notice.contains("set aside"))
        let aside = try #require(notice.firstMatch(of: /set aside as (\S+),/)).1
        #expect(try String(contentsOfFile: String(aside), encoding: .utf8).hasPrefix("this is no database"))
    }

    @Test func aNewerDatabaseIsRefused() throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        try store.close()
        let queue = try DatabaseQueue(path: scratch.path)
        try queue.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 from the future')")
        }
        try queue.close()
        #expect { try AgentStore(path: scratch.path) } throws: { ($0 as? StoreError)?.kind == .newer }
    }

    /// After an update the agent has to be restarted before `status` can read its database.
    @Test func anOlderDatabaseIsNotRead() throws {
        let scratch = Scratch()
        let queue = try DatabaseQueue(path: scratch.path)
        try Schema.migrator.migrate(queue, upTo: "1 main job")
        try queue.close()
        #expect { try AgentStore.readOnly(path: scratch.path) } throws: { ($0 as? StoreError)?.kind == .older }
        try AgentStore(path: scratch.path).close()
        _ = try AgentStore.readOnly(path: scratch.path)
    }

    @Test func whatAnOlderVersionJudgedIsTakenOver() throws {
        let scratch = Scratch()
        let queue = try DatabaseQueue(path: scratch.path)
        try Schema.migrator.migrate(queue, upTo: "12 messages that are told of by name")
        let verdicts = "SELECT message_id, hit_id, class, p_person, confidence, rule FROM verdict ORDER BY 1, 2"
        let before = try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO account (id, name) VALUES (1, 'work');
                    INSERT INTO message (id, account_id, tracked, first_seen_at) VALUES (4, 1, 1, 0), (5, 1, 1, 0);
                    INSERT INTO source (id, name) VALUES (2, 'px');
                    INSERT INTO hit (id, source_id, log, seq, at, token_key, body, received_at)
                        VALUES (7, 2, 'L', 3, 1000, 't', x'7b7d', 2000), (8, 2, 'M', 1, 1001, 't', x'7b7d', 2000);
                    INSERT INTO verdict VALUES (5, 7, 'person', 0.9, 0.8, 'direct-client'),
                        (4, 8, 'forged', 0, 0.99, 'forged-token'), (4, 7, 'duplicate', 0.5, 0.5, 'duplicate');
                    """)
            try db.execute(
                sql: """
                    INSERT INTO hit (id, source_id, log, seq, at, token_key, body, received_at)
                        VALUES (20, 2, 'L', 4, 1000, 't', x'7b7d', 2000);
                    DELETE FROM hit WHERE id = 20
                    """)
            return try Row.fetchAll(db, sql: verdicts)
        }
        try queue.close()
        try AgentStore(path: scratch.path).close()
        let migrated = try DatabaseQueue(path: scratch.path)
        try migrated.write { db in
            let hits = try Row.fetchAll(
                db,
                sql: """
                    SELECT hit.id, hit.source_id, name, seq, at, token_key, CAST(body AS TEXT) AS body, received_at
                    FROM hit JOIN hit_log ON hit_log.id = log_id ORDER BY hit.id
                    """)
            #expect(
                hits.map { row in row.databaseValues.map { "\($0)" }.joined(separator: " ") } == [
                    #"7 2 "L" 3 1000 "t" "{}" 2000"#, #"8 2 "M" 1 1001 "t" "{}" 2000"#,
                ])
            // The number of a hit that was deleted is not given again.
            try db.execute(
                sql: """
                    INSERT INTO hit (source_id, log_id, seq, at, token_key, body, received_at)
                        SELECT 2, id, 9, 1002, 't', x'7b7d', 2000 FROM hit_log WHERE name = 'M'
                    """)
            #expect(db.lastInsertedRowID == 21)
            #expect(try Row.fetchAll(db, sql: verdicts) == before && before.count == 3)
            try db.execute(sql: "DELETE FROM message WHERE id = 4")
            #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM verdict") == 1)
        }
    }

    @Test func readersDoNotMakeADatabase() {
        let scratch = Scratch()
        #expect { try AgentStore.readOnly(path: scratch.path) } throws: { ($0 as? StoreError)?.kind == .missing }
        #expect(!FileManager.default.fileExists(atPath: scratch.path))
    }
}
