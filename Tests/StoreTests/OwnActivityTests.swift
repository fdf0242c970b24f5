import Foundation
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

/// What the flags of a copy tell of its sender.
struct OwnActivityTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let signs = Signs(.standard)

    private let scratch = Scratch()
    private let store: AgentStore
    private let folder: FolderID

    init() async throws {
        store = try AgentStore(path: scratch.path)
        folder = try await store.folder(MailboxName("Sent"), of: try await store.account(named: "work"))
    }

    /// `quoting`: the token of another message, which this one shows too.
    private func add(_ uids: ClosedRange<UInt32>, quoting: String? = nil) async throws {
        let changes = uids.map { uid in
            let own = FoundToken(text: "t\(uid)", kind: .foreign, quoted: false)
            let quoted = quoting.map { FoundToken(text: $0, kind: .foreign, quoted: true) }
            return Change.message(
                ExaminedMessage(
                    uid: UID(uid), flags: [], messageID: "m\(uid)@x", subject: "S", sentAt: Self.now - 6000,
                    recipients: [], recipientIsSender: false, tokens: [own] + [quoted].compactMap { $0 }))
        }
        try await store.apply(changes, to: folder, signs: Self.signs, now: Self.now)
        try await judge()
    }

    private func judge() async throws {
        let tasks = try await store.judgingTasks(now: Self.now, rules: Rules.current.version)
        try await store.save(
            tasks.map { (OpensEngine.judge($0.history, now: Self.now), $0) }, rules: Rules.current.version)
    }

    /// Flags that the server tells, so many seconds after `now`.
    private func tell(_ flags: [UID: Set<Flag>], _ seconds: Double = 0, heard: Bool = true) async throws {
        let at = Self.now + seconds
        try await store.apply(
            flags.map { .flags($0.key, $0.value) }, to: folder, signs: Self.signs, since: heard ? at : nil, now: at)
    }

    private func activity(_ message: Int64 = 1) async throws -> [OwnActivity] {
        try await store.read { try AgentStore.ownActivity($0, of: message) }
    }

    private func due() async throws -> [Int64] {
        try await store.judgingTasks(now: Self.now, rules: Rules.current.version).map(\.message.rawValue).sorted()
    }

    @Test func aTouchIsKeptAndTheMessageJudgedAgain() async throws {
        try await add(1...2)
        try await tell([1: [Flag(spelling: "tracked")]])
        #expect(try await activity().isEmpty)
        #expect(try await due().isEmpty)
        try await tell([1: [.seen, Flag(spelling: "tracked")]], 5)
        #expect(try await activity() == [OwnActivity(since: Self.now + 5, until: Self.now + 5)])
        #expect(try await due() == [1])
        let history = try await store.judgingTasks(now: Self.now, rules: Rules.current.version).first?.history
        #expect(history?.ownActivity.count == 1)
        // Told once more, it is nothing new.
        try await judge()
        try await tell([1: [.seen, Flag(spelling: "tracked")]], 9)
        #expect(try await activity().count == 1)
        #expect(try await due().isEmpty)
    }

    @Test func whenNobodyListenedTheMomentIsUnknown() async throws {
        try await add(1...1)
        try await tell([1: [.seen]], heard: false)
        #expect(try await activity() == [OwnActivity(since: nil, until: Self.now)])
    }

    /// Who opens the mail marks it as seen while its keyword is written.
    @Test func aTouchShowsInWhatIsReadBackToo() async throws {
        try await add(1...1)
        let task = try await store.planningTask(for: folder, signs: Self.signs)
        let orders = KeywordPlan.orders(for: task.copies, signs: Self.signs)
        for (flags, isNew) in [([], false), ([Flag.seen], true)] as [([Flag], Bool)] {
            let seen = SeenOnServer(flags: Set(flags + [Flag(spelling: "tracked")]))
            let news = try await store.record(
                ReadBack(orders: orders, outcome: StoreOutcome(), seen: [1: seen]), in: folder, planned: task,
                signs: Self.signs, since: Self.now - 1, now: Self.now)
            #expect(news == isNew)
        }
        #expect(try await activity() == [OwnActivity(since: Self.now - 1, until: Self.now)])
    }

    /// To open a mail is to load the pixels that it quotes.
    @Test func aTouchCountsForWhatIsQuotedThere() async throws {
        try await add(1...1)
        try await add(2...2, quoting: "t1")
        try await add(3...3)
        try await tell([2: [.seen]])
        #expect(try await due() == [1, 2])
        for (message, count) in [(1, 1), (2, 1), (3, 0)] as [(Int64, Int)] {
            #expect(try await activity(message).count == count)
        }
        // What is quoted is not the quoting one's.
        try await tell([1: [.seen]], 1)
        #expect(try await activity(2).count == 1)
    }

    @Test(arguments: [(10, 1), (11, 0)]) func whoMarksManyAtOnceLooksAtNone(count: UInt32, touches: Int) async throws {
        try await add(1...count)
        try await tell(Dictionary(uniqueKeysWithValues: (1...count).map { (UID($0), [.seen]) }))
        #expect(try await activity().count == touches)
    }

    @Test func theLastOnesAreKept() async throws {
        try await add(1...1)
        for second in 0..<60 { try await tell([1: second % 2 == 0 ? [.seen] : []], Double(second)) }
        let kept = try await activity()
        #expect(kept.count == 50 && kept.last?.until == Self.now + 59)
    }

    /// Kept as long as there is a hit that it explains: else that would be taken for a person's one day.
    @Test func isForgottenWithTheHitsOfItsTime() async throws {
        try await add(1...2)
        let source = try await store.source(named: "px")
        let hit = Hit(seq: 1, at: Self.now + 2, token: "t1")
        try await store.append([hit], log: "L", cursor: "c", isEnd: true, from: source, now: Self.now)
        try await tell([1: [.seen], 2: [.seen]])
        try await store.forgetActivity(before: Self.now)
        #expect(try await activity(2).count == 1)
        try await store.forgetActivity(before: Self.now + 1)
        #expect(try await activity(1).count == 1)
        #expect(try await activity(2).isEmpty)
    }
}
