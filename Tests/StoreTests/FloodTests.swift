import Foundation
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

struct FloodTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    /// Of a message that is flooded, as many hits are judged as the limit says, and the rest is counted.
    @Test func onlyTheOldestAreJudgedAndTheRestIsCounted() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let folder = try await store.folder(MailboxName("Sent"), of: try await store.account(named: "work"))
        let message = ExaminedMessage(
            uid: UID(1), flags: [], messageID: "flooded@x", subject: "S", sentAt: Self.now - 6000, recipients: [],
            recipientIsSender: false, tokens: [FoundToken(text: "t", kind: .foreign, quoted: false)])
        try await store.apply([.message(message)], to: folder, signs: Signs(.standard), now: Self.now)
        let source = try await store.source(named: "px")
        let count = AgentStore.hitLimit + 500
        let agent = "Thunderbird/140.0"
        for start in stride(from: 0, to: count, by: 500) {
            let hits = (start..<start + 500).map { index in
                Hit(
                    seq: Int64(index + 1), at: Self.now - 5000 + Double(index) / 10, token: "t", net: "n\(index)",
                    ua: agent, family: ClientFamily(userAgent: agent))
            }
            try await store.append(hits, log: "L", cursor: "c\(start)", isEnd: true, from: source, now: Self.now)
        }
        let task = try #require(await store.judgingTasks(now: Self.now, rules: Rules.current.version).first)
        #expect(task.history.hits.count == AgentStore.hitLimit)
        #expect(task.history.hits.first?.seq == 1)
        let judgement = OpensEngine.judge(task.history, now: Self.now)
        #expect(judgement.status == .opened)
        try await store.save([(judgement, task)], rules: Rules.current.version)
        #expect(try await store.judgingTasks(now: Self.now, rules: Rules.current.version).isEmpty, "judged once")
        let report = try #require(await store.reports(on: "flooded@x").first)
        #expect(report.hits.count == 1000)
        #expect(report.moreHits == count - 1000)
    }
}
