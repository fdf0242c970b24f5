import Foundation
import GRDB
import Opens
import SentSync
import Testing

@testable import Store

struct ReliabilityStoreTests {
    private typealias World = JudgedHistory
    private static let day = World.day

    /// Three mails that only scanners fetched say it of a fourth; a reader takes it back.
    @Test func aDomainThatIsAlwaysScannedIsSaidToBe() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        for number in 1...3 {
            let age = Double(20 - number) * Self.day
            try await world.send(UInt32(number), ["t\(number)"], to: ["a@example.org", "b@Example.ORG"], age: age)
        }
        try await world.send(4, ["t4"], to: ["c@example.org"], age: 60)
        try await world.send(5, ["t5"], to: ["c@example.com"], age: 60)
        try await world.judge()
        try await world.pull((1...3).map { World.scan(Int64($0), "t\($0)", age: Double(20 - $0) * Self.day - 5) })
        try await world.judge()
        #expect(
            try await world.orders().filter { $0.contains("unreliable") }
                == ["+unreliable 1", "+unreliable 2", "+unreliable 3", "+unreliable 4"])
        let lines = try await world.store.status(StatusFilter())
        let young = try #require(lines.first { $0.messageID == "t4@x" })
        #expect(young.unreliable == [.init(domain: "example.org", reason: .scanned, messages: 3, reached: 3)])
        try await world.write()
        #expect(try await world.orders().isEmpty)
        try await world.pull([World.person(4, "t2", age: 50)])
        try await world.judge()
        #expect(
            try await world.orders() == [
                "+opened 2", "-reached 2", "-unreliable 1", "-unreliable 2", "-unreliable 3", "-unreliable 4",
            ])
        #expect(try await world.store.status(StatusFilter()).allSatisfy { $0.unreliable.isEmpty })
    }

    /// Silence is found out by the time that passes; and "not opened" is not claimed where it cannot be known.
    @Test func silenceTakesAWeekAndACompleteFeed() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        for number in 1...5 {
            try await world.send(
                UInt32(number), ["t\(number)"], to: ["a@example.org"], age: Double(7 - number) * Self.day)
        }
        let forged = Hit(seq: 1, at: World.now - 60, token: "t5", method: "PUT")
        try await world.pull([forged], isEnd: false)
        try await world.judge()
        let later = World.now + 7 * Self.day
        #expect(try await !world.store.weighDomains(now: later), "the rest of the feed may show readers")
        try await world.pull([])
        #expect(try await !world.store.weighDomains(now: World.now + 4 * Self.day), "the youngest is not a week old")
        let notOpened = StatusFilter(statuses: [.notOpened])
        #expect(try await world.store.status(notOpened).map(\.messageID) == ["t5@x"])
        #expect(try await world.store.weighDomains(now: later))
        #expect(try await !world.store.weighDomains(now: later), "nothing is new")
        #expect(try await world.orders().filter { $0.contains("unreliable") }.count == 5)
        let line = try #require(try await world.store.status(StatusFilter(statuses: [.unknown])).first)
        #expect(line.unreliable.map(\.reason) == [.silent])
        #expect(
            line.messageID == "t5@x" && line.standing.status == .notOpened && line.standing.claimedStatus == .unknown)
        #expect(try await world.store.status(notOpened).isEmpty)
    }

    /// Of a token that several domains share nobody can say who read; what was sent long before it was first seen may
    /// have been read unseen.
    @Test func onlyWhatCanBeToldCounts() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        for number in 1...5 {
            try await world.send(
                UInt32(number), ["t\(number)"], to: ["a@example.org", "b@example.com"],
                age: Double(20 - number) * Self.day)
        }
        for number in 6...10 {
            let message = ["u\(number)"]
            try await world.send(UInt32(number), message, to: ["a@example.net"], age: 8 * Self.day)
        }
        try await world.store.write { db in
            try db.execute(sql: "UPDATE message SET first_seen_at = sent_at + 8 * 86400000 WHERE message_id LIKE 'u%'")
        }
        try await world.pull([])
        try await world.judge()
        #expect(try await !world.store.weighDomains(now: World.now))
        #expect(try await world.store.status(StatusFilter()).allSatisfy { $0.unreliable.isEmpty })
    }
}
