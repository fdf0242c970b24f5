import Foundation
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

@Suite struct ReclassifyingTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func filled(_ store: AgentStore, messages: Int) async throws {
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let changes = (1...messages).map { number in
            Change.message(
                ExaminedMessage(
                    uid: UID(UInt32(number)), flags: [], messageID: "m\(number)@x", subject: "S\(number)",
                    sentAt: Self.now, recipients: [], recipientIsSender: false,
                    tokens: [FoundToken(text: "t\(number)", kind: .foreign, quoted: number == 2)]))
        }
        try await store.apply(changes, to: folder, signs: Signs(.standard), now: Self.now)
        let source = try await store.source(named: "px")
        let hit = Hit(seq: 1, at: Self.now + 3_600, token: "t3", ua: "curl/8.0")
        try await store.append([hit], log: "L", cursor: "c", isEnd: true, from: source, now: Self.now)
    }

    @Test func everyTrackedMessageComesOnceWithItsHistory() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        try await filled(store, messages: 5)
        var seen: [JudgedMessage] = []
        while case let more = try await store.judgedMessages(after: seen.last?.key, limit: 2), !more.isEmpty {
            seen += more
        }
        #expect(seen.map(\.messageID) == ["m1@x", "m3@x", "m4@x", "m5@x"])
        #expect(seen.map(\.history.hits.count) == [0, 1, 0, 0])
        #expect(seen.map(\.verdicts) == [[], [nil], [], []])
        // Judged, it says by which rule.
        let tasks = try await store.judgingTasks(now: Self.now + 7_200, rules: 1)
        _ = try await store.save(tasks.map { (OpensEngine.judge($0.history, now: Self.now + 7_200), $0) }, rules: 1)
        let judged = try await store.judgedMessages(after: nil)
        let again = OpensEngine.judge(judged[1].history, now: Self.now + 7_200)
        #expect(judged[1].verdicts == again.verdicts.map(\.rule) && judged[1].status == again.status)
        #expect(try await store.judgingTasks(now: Self.now + 7_200, rules: 1).isEmpty)
        try await store.judgeAllAgain()
        #expect(try await store.judgingTasks(now: Self.now + 7_200, rules: 1).count == 5)
    }
}
