import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

struct ForgettingStoreTests {
    private typealias World = JudgedHistory
    private static let day = World.day
    private static let before = World.now - 180 * World.day

    /// Hits go, and what they proved stays, also when the message is judged once more.
    @Test func aStatusDoesNotFallBecauseHitsAreDeleted() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        try await world.send(1, ["t"], to: ["a@example.org"], age: 200 * Self.day)
        try await world.pull([
            World.scan(1, "t", age: 200 * Self.day - 5), World.person(2, "t", age: 190 * Self.day),
            World.person(3, "t", age: 185 * Self.day), World.scan(4, "t", age: 10 * Self.day),
        ])
        try await world.judge()
        try await world.write()
        let known = try #require(try await world.store.reports(on: "t@x").first)
        #expect(known.line.standing == Standing(status: .opened, readings: 2, evidence: 4))
        try await world.store.forgetHits(before: Self.before)
        for isAgain in [false, true] {
            if isAgain { try await world.store.judgeAllAgain() }
            try await world.judge()
            let report = try #require(try await world.store.reports(on: "t@x").first)
            #expect(report.line.standing == known.line.standing)
            #expect(report.line.firstOpen == known.line.firstOpen && report.line.lastOpen == known.line.lastOpen)
            #expect(report.hits.map(\.hit.seq) == [4] && report.forgotten == 3)
            #expect(try await world.orders().isEmpty)
        }
        #expect(try await count(world, "verdict") == 1)
        // A log that was restored tells its old hits once more.
        try await world.pull([World.person(2, "t", age: 190 * Self.day)], log: "M")
        #expect(try await count(world, "hit") == 1)
        // One more reading is the third.
        try await world.pull([World.person(5, "t", age: 60)])
        try await world.judge()
        let report = try #require(try await world.store.reports(on: "t@x").first)
        #expect(report.line.standing == Standing(status: .opened, readings: 3, evidence: 5))
        #expect(report.line.firstOpen == known.line.firstOpen)
        try await world.store.forgetHits(before: World.now + 1)
        #expect(try await count(world, "hit") == 0)
        #expect(try await world.store.reports(on: "t@x").first?.forgotten == 5)
    }

    /// What has not been judged yet waits; what belongs to no message does not.
    @Test func whatIsDueIsJudgedFirst() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        try await world.send(1, ["t"], to: ["a@example.org"], age: 200 * Self.day)
        try await world.pull([World.person(1, "t", age: 190 * Self.day), World.person(2, "stray", age: 190 * Self.day)])
        try await world.store.forgetHits(before: Self.before)
        #expect(try await world.store.waitingHits(on: "t").count == 1)
        #expect(try await world.store.waitingHits(on: "stray").isEmpty)
        try await world.judge()
        try await world.store.forgetHits(before: Self.before)
        #expect(try await world.store.waitingHits(on: "t").isEmpty)
        #expect(try await world.store.status(StatusFilter()).first?.standing.status == .opened)
    }

    /// What stays of a burst would look like a reader.
    @Test func aBurstGoesAsAWhole() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36"
        try await world.send(1, ["t"], to: ["a@example.org"], age: 200 * Self.day)
        let ages = [180 * Self.day + 20, 180 * Self.day + 5, 180 * Self.day - 5]
        try await world.pull(
            ages.enumerated().map { index, age in
                Hit(
                    seq: Int64(index + 1), at: World.now - age, token: "t", net: "n\(index)", ua: chrome,
                    family: ClientFamily(userAgent: chrome))
            })
        try await world.judge()
        #expect(try await world.store.status(StatusFilter()).first?.standing.status == .machineOnly)
        try await world.store.forgetHits(before: Self.before)
        #expect(try await count(world, "hit") == 3)
        try await world.store.forgetHits(before: Self.before + 10)
        #expect(try await count(world, "hit") == 0)
        try await world.store.judgeAllAgain()
        try await world.judge()
        #expect(try await world.store.status(StatusFilter()).first?.standing.status == .machineOnly)
    }

    /// The same mail in two accounts: both keep what it proved.
    @Test func aTokenOfTwoMessagesIsForgottenForBoth() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        try await world.send(1, ["t"], to: ["a@example.org"], age: 200 * Self.day)
        let other = try await world.store.folder(world.store.account(named: "other"))
        try await world.store.apply(
            [
                .message(
                    ExaminedMessage(
                        uid: 1, flags: [], messageID: "t@x", subject: "S", sentAt: World.now - 200 * Self.day,
                        recipients: [], recipientIsSender: false,
                        tokens: [FoundToken(text: "t", kind: .foreign, quoted: false)]))
            ], to: other, signs: Signs(.standard), now: World.now)
        try await world.pull([World.person(1, "t", age: 190 * Self.day)])
        try await world.judge()
        try await world.store.forgetHits(before: Self.before)
        try await world.store.judgeAllAgain()
        try await world.judge()
        #expect(try await world.store.status(StatusFilter()).map(\.standing.status) == [.opened, .opened])
        #expect(try await world.store.reports(on: "t").map(\.forgotten) == [1, 1])
    }

    private func count(_ world: World, _ table: String) async throws -> Int {
        try await world.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") ?? 0 }
    }
}

extension AgentStore {
    fileprivate func folder(_ account: AccountID) async throws -> FolderID {
        try await folder(MailboxName("Sent"), of: account)
    }
}
