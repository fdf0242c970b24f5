import Foundation
import GRDB
import Opens
import SentSync
import Testing

@testable import Store

struct FloodTests {
    private typealias World = JudgedHistory

    private static func flood(_ numbers: Range<Int>, _ token: String = "t") -> [Hit] {
        numbers.map { number in
            var hit = World.person(Int64(number), token, age: 50_000 - Double(number) / 10, net: "n\(number)")
            hit.netclass = nil
            return hit
        }
    }

    /// Of a message that is flooded the first are kept and judged, and the rest is counted.
    @Test func theFirstAreKeptAndTheRestIsCounted() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        let count = AgentStore.keptHits + 3_200
        try await world.send(1, ["t"], to: [], age: 60_000)
        let hits = Self.flood(1..<count + 1)
        try await world.pull(hits)
        try await world.judge()
        try await world.pull(Self.flood(count + 1..<count + 101))
        #expect(try await world.judge() == 0, "what is only counted changes nothing")
        // A page that comes twice is counted once.
        for _ in 0..<2 { try await world.pull(Array(hits.suffix(700)) + Self.flood(count + 1..<count + 101)) }
        let report = try #require(await world.store.reports(on: "t@x").first)
        #expect(report.line.standing.status == .opened)
        #expect(report.hits.count == 1000 && report.hits.first?.hit.seq == 1)
        #expect(report.moreHits == count + 100 - 1000)
        #expect(report.onlyCounted == count + 100 - AgentStore.keptHits)
        let stored = try await world.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM hit") }
        #expect(stored == AgentStore.keptHits)
        // Counters are no evidence: they go with the last request.
        try await world.store.forgetHits(before: World.now)
        #expect(try await world.store.reports(on: "t@x").first?.moreHits == 0)
    }

    /// A message with a token for each of many recipients has more hits than are judged at once.
    @Test func ofManyTokensAllAreJudgedPartByPart() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        let tokens = ["t", "u", "v"]
        try await world.send(1, tokens, to: [], age: 60_000)
        let hits = (1...5_400).map { number in
            Self.flood(number..<number + 1, tokens[number % 3])[0]
        }
        try await world.pull(hits)
        #expect(try await world.judge() > 2)
        let whole = OpensEngine.judge(
            History(sentAt: World.now - 60_000, tokens: Set(tokens), hits: hits), now: World.now)
        var line = try #require(await world.store.status(StatusFilter()).first)
        #expect(line.standing.readings == whole.readings && line.standing.evidence == whole.tally.evidence)
        // One more needs one judgement, of its surroundings.
        let more = Self.flood(5_401..<5_402, "u")
        try await world.pull(more)
        let task = try #require(await world.store.judgingTasks(now: World.now, rules: Rules.current.version).first)
        #expect(task.history.hits.count < 5_400)
        #expect(try await world.judge() == 1)
        let again = OpensEngine.judge(
            History(sentAt: World.now - 60_000, tokens: Set(tokens), hits: hits + more), now: World.now)
        line = try #require(await world.store.status(StatusFilter()).first)
        #expect(line.standing.evidence == again.tally.evidence && line.standing.readings == again.readings)
    }

    /// A hit from before what is settled has it judged anew.
    @Test func aLateHitIsNotLost() async throws {
        let scratch = Scratch()
        let world = try await World(scratch)
        try await world.send(1, ["t"], to: [], age: 60_000)
        let hits = (1...200).map { World.scan(Int64($0), "t", age: 50_000 - Double($0) * 60) }
        try await world.pull(hits)
        try await world.judge()
        #expect(try await world.store.status(StatusFilter()).first?.standing.status == .machineOnly)
        try await world.pull([World.person(201, "t", age: 49_000)])
        try await world.judge()
        let line = try #require(await world.store.status(StatusFilter()).first)
        #expect(line.standing == Standing(status: .opened, readings: 1, evidence: 201))
        #expect(line.firstOpen == World.now - 49_000)
    }
}
