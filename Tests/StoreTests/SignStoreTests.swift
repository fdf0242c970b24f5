import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

/// What the store remembers of signs: refusals, labels, colours and copies.
struct SignStoreTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let tracked = Sign(.keyword, .tracked, "tracked")
    private static let label = Sign(.label, .tracked, "✓")
    private static let two = Sign(.label, .opened, "✓✓")
    private static let copy = Sign(.copy, .opened, "Opened")

    private let scratch = Scratch()
    private let store: AgentStore
    private let account: AccountID
    private let folder: FolderID

    init() async throws {
        store = try AgentStore(path: scratch.path)
        account = try await store.account(named: "work")
        folder = try await store.folder(MailboxName("Sent"), of: account)
    }

    private func add(_ uids: [UInt32], _ signs: Signs, isOpened: Bool = false) async throws {
        let changes = uids.map { uid in
            Change.message(
                ExaminedMessage(
                    uid: UID(uid), flags: [], messageID: "m\(uid)@x", subject: "S", sentAt: Self.now - 600,
                    recipients: [], recipientIsSender: false,
                    tokens: [FoundToken(text: "t\(uid)", kind: .foreign, quoted: false)]))
        }
        try await store.apply(changes, to: folder, signs: signs, now: Self.now)
        try await open(isOpened ? uids : [])
    }

    private func open(_ uids: [UInt32]) async throws {
        let source = try await store.source(named: "px")
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
        let hits = uids.map { uid in
            Hit(
                seq: Int64(uid), at: Self.now - 300, token: "t\(uid)", net: "n\(uid)", ua: agent,
                family: ClientFamily(userAgent: agent))
        }
        try await store.append(hits, log: "L", cursor: "c", isEnd: true, from: source, now: Self.now)
        let tasks = try await store.judgingTasks(now: Self.now, rules: Rules.current.version)
        try await store.save(
            tasks.map { (OpensEngine.judge($0.history, now: Self.now), $0) }, rules: Rules.current.version)
    }

    private func plan(_ signs: Signs) async throws -> (task: PlanningTask, orders: [StoreOrder]) {
        let task = try await store.planningTask(for: folder, signs: signs)
        return (task, KeywordPlan.orders(for: task.copies, signs: signs))
    }

    /// One round in which the server shows `seen`; returns what was ordered.
    @discardableResult
    private func write(
        _ signs: Signs, outcome: StoreOutcome = StoreOutcome(), seen: [UID: SeenOnServer] = [:]
    ) async throws -> [String] {
        let (task, planned) = try await plan(signs)
        let orders = try await store.begin(planned, of: task, in: folder)
        try await store.record(
            ReadBack(orders: orders, outcome: outcome, seen: seen), in: folder, planned: task, signs: signs,
            now: Self.now)
        return orders.map { "\($0.sign.text) \($0.uids)" }
    }

    private func refusals() async throws -> [Refusal] { try await store.accounts(now: Self.now).first?.refusals ?? [] }

    @Test func whatSomeKeepIsRefusedForTheOthersAlone() async throws {
        let signs = Signs([Self.tracked])
        try await add([1, 2, 3], signs)
        let kept = SeenOnServer(flags: [Flag(spelling: "tracked")])
        // The third does not appear at all: it may be gone, and nobody has said so.
        #expect(try await write(signs, seen: [1: kept, 2: SeenOnServer(flags: [])]) == ["tracked 1:3"])
        #expect(try await plan(signs).task.copies.isEmpty, "nothing is tried again in this session")
        let reasons = ["the server accepted it and did not keep it", "the server does not show the message"]
        #expect(
            try await refusals() == reasons.map { Refusal(sign: Self.tracked, reason: $0, messages: 1) })
        try await store.forgetRefusals(in: folder)
        #expect(try await plan(signs).orders.map { "\($0.uids)" } == ["2:3"])
        // A message that is gone takes its refusal along.
        try await write(signs, seen: [2: kept])
        #expect(try await refusals().map(\.messages) == [1])
        try await store.apply([.vanished(UIDSet(1...3))], to: folder, signs: signs, now: Self.now)
        #expect(try await refusals() == [])
    }

    @Test func theServersWordsAreKeptForTheFolderOrForTheMessage() async throws {
        let signs = Signs([Self.tracked, Self.label])
        try await add([1, 2], signs)
        var outcome = StoreOutcome(refused: [Self.label: "no labels here"])
        outcome.refuse(Self.tracked, UIDSet(2), "not this one")
        let seen = SeenOnServer(flags: [Flag(spelling: "tracked")], labels: [])
        try await write(signs, outcome: outcome, seen: [1: seen, 2: SeenOnServer(flags: [], labels: [])])
        #expect(
            try await refusals() == [
                Refusal(sign: Self.tracked, reason: "not this one", messages: 1),
                Refusal(sign: Self.label, reason: "no labels here"),
            ])
    }

    @Test func aLabelThatTheUserTakesOffStaysOff() async throws {
        let signs = Signs([Self.label, Self.two])
        try await add([1], signs, isOpened: true)
        let both = SeenOnServer(flags: [], labels: [Label("✓"), Label("✓✓"), Label("work")])
        #expect(try await write(signs, seen: [1: both]) == ["✓✓ 1", "✓ 1"])
        // What the server says of flags alone says nothing of labels.
        try await store.apply([.flags(1, [.seen])], to: folder, signs: signs, now: Self.now)
        #expect(try await plan(signs).orders == [])
        try await store.apply([.labels(1, [Label("✓")])], to: folder, signs: signs, now: Self.now)
        #expect(try await plan(signs).orders == [])
        let report = try #require(try await store.reports(on: "m1@x").first)
        #expect(report.writes.map { "\($0.action) \($0.keyword)" }.last == "withdrawn label ✓✓")
    }

    /// As with keywords: what an earlier database wrote is not taken off while nothing speaks against it.
    @Test func labelsFromBeforeThisDatabaseStay() async throws {
        let signs = Signs([Self.label, Self.two])
        try await add([1], signs)
        let both = SeenOnServer(flags: [], labels: [Label("✓"), Label("✓✓")])
        #expect(try await write(signs, seen: [1: both]) == ["✓ 1"])
        #expect(try await plan(signs).orders == [])
        #expect(try await store.status(StatusFilter()).first?.kept == [.opened])
    }

    @Test func aCopyIsMadeOnceAndOneThatWasNotAnsweredIsLookedFor() async throws {
        let signs = Signs([Self.copy])
        try await add([1, 2, 3, 4], signs, isOpened: true)
        // Stopped between COPY and its answer.
        let (task, orders) = try await plan(signs)
        #expect(try await store.begin(orders, of: task, in: folder).map { "\($0.uids)" } == ["1:4"])
        #expect(try await plan(signs).orders == [], "claimed")
        #expect(try await store.begin(orders, of: task, in: folder) == [], "nor by another session")
        // Two of them are there.
        try await store.found(
            ["m1@x", "m2@x", "other@x"], in: "Opened", upTo: (7, 12), for: folder, of: account)
        let known = try await store.copyFolder("Opened", of: account)
        #expect(known?.validity == 7 && known?.next == 12)
        #expect(try await plan(signs).orders.map { "\($0.uids)" } == ["3:4"])

        // One is refused, and one is answered with OK.
        var outcome = StoreOutcome()
        outcome.refuse(Self.copy, UIDSet(4), "too large")
        #expect(try await write(signs, outcome: outcome) == ["Opened 3:4"])
        try await store.forgetRefusals(in: folder)
        #expect(try await plan(signs).orders.map { "\($0.uids)" } == ["4"])

        // A server that does not say which it has copied: nothing more before the folder is looked through.
        outcome = StoreOutcome()
        outcome.isPartial(Self.copy)
        try await write(signs, outcome: outcome)
        try await store.forgetRefusals(in: folder)
        #expect(try await plan(signs).orders == [])
        try await store.found([], in: "Opened", upTo: nil, for: folder, of: account)
        #expect(try await plan(signs).orders.map { "\($0.uids)" } == ["4"])
    }

    /// A stop between the two STOREs of a change of colours leaves bits that are neither.
    @Test func theColoursAreNotedBeforeTheyAreWritten() async throws {
        let signs = Signs([Sign(.color, .tracked, "grey"), Sign(.color, .opened, "green")])
        try await add([1], signs)
        let grey = FlagColor.grey.bits.union([.flagged])
        #expect(try await write(signs, seen: [1: SeenOnServer(flags: grey)]) == ["grey 1"])
        try await open([1])
        let (task, orders) = try await plan(signs)
        #expect(orders.map(\.sign.text) == ["green"])
        _ = try await store.begin(orders, of: task, in: folder)
        let between = grey.union(FlagColor.green.bits)
        try await store.apply([.flags(1, between)], to: folder, signs: signs, now: Self.now)
        #expect(try await plan(signs).orders.map(\.sign.text) == ["green"])
        try await write(signs, seen: [1: SeenOnServer(flags: FlagColor.green.bits.union([.flagged]))])
        // From now on grey is the user's wish.
        try await store.apply([.flags(1, grey)], to: folder, signs: signs, now: Self.now)
        #expect(try await plan(signs).orders == [])
    }

    /// A flag that the user has coloured as we colour ours stays, whatever we do to the message's other copies; and a copy that
    /// turns up in another folder, before its departure is known of, brings our colour along.
    @Test func aColourIsOursOnTheCopyThatWeHavePutItOn() async throws {
        let signs = Signs([Sign(.color, .opened, "green"), Sign(.color, .openedAgain, "orange")])
        let green = FlagColor.green.bits.union([.flagged])
        let copy = { (uid: UInt32, flags: Set<Flag>) in
            Change.message(
                ExaminedMessage(
                    uid: UID(uid), flags: flags, messageID: "m1@x", subject: "S", sentAt: Self.now - 600,
                    recipients: [], recipientIsSender: false,
                    tokens: [FoundToken(text: "t1", kind: .foreign, quoted: false)]))
        }
        try await store.apply([copy(1, green), copy(2, [])], to: folder, signs: signs, now: Self.now)
        try await open([1])
        let shown = [UID(1): SeenOnServer(flags: green), 2: SeenOnServer(flags: green)]
        #expect(try await write(signs, seen: shown) == ["green 2"])
        let archive = try await store.folder(MailboxName("Archive"), of: account)
        try await store.apply([copy(1, green)], to: archive, signs: signs, now: Self.now)
        let source = try await store.source(named: "px")
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
        let again = Hit(
            seq: 2, at: Self.now + 7200, token: "t1", net: "n2", ua: agent, family: ClientFamily(userAgent: agent))
        try await store.append([again], log: "L", cursor: "d", isEnd: true, from: source, now: Self.now + 7200)
        let tasks = try await store.judgingTasks(now: Self.now + 7200, rules: Rules.current.version)
        try await store.save(
            tasks.map { (OpensEngine.judge($0.history, now: Self.now + 7200), $0) }, rules: Rules.current.version)
        #expect(try await plan(signs).orders.map { "\($0.sign.text) \($0.uids)" } == ["orange 2"])
        let there = try await store.planningTask(for: archive, signs: signs)
        let orders = KeywordPlan.orders(for: there.copies, signs: signs)
        #expect(orders.map { "\($0.sign.text) \($0.uids)" } == ["orange 1"])
    }

    @Test func otherSignsInTheConfigurationPlanTheirAccountAnew() async throws {
        let signs = Signs([Self.tracked])
        try await add([1], signs)
        try await store.planAll(for: ["work": signs])
        try await write(signs, seen: [1: SeenOnServer(flags: [Flag(spelling: "tracked")])])
        try await store.planAll(for: ["work": signs, "club": signs])
        #expect(try await plan(signs).task.copies.isEmpty)
        let more = Signs([Self.tracked, Self.label])
        try await store.planAll(for: ["work": signs, "club": more])
        #expect(try await plan(more).task.copies.isEmpty)
        try await store.planAll(for: ["work": more])
        #expect(try await plan(more).orders.map(\.sign) == [Self.label])
    }

    @Test func whatAnOlderVersionNotedOfRefusalsIsTakenOver() throws {
        let older = Scratch()
        let queue = try DatabaseQueue(path: older.path)
        try Schema.migrator.migrate(queue, upTo: "3 fewer questions")
        try queue.write { db in
            try db.execute(sql: "INSERT INTO account (id, name) VALUES (1, 'work')")
            try db.execute(sql: "INSERT INTO folder (id, account_id, name) VALUES (2, 1, x'53656E74')")
            try db.execute(sql: "INSERT INTO refusal (folder_id, mark, reason, at) VALUES (2, 'opened', 'no', 5)")
        }
        try Schema.migrator.migrate(queue)
        try queue.read { db in
            let row = try #require(try Row.fetchOne(db, sql: "SELECT * FROM refused"))
            #expect(Sign(stored: row) == Sign(.keyword, .opened, "opened"))
            #expect(row["uid"] == 0 && row["reason"] == "no")
        }
        try queue.close()
    }
}
