import Foundation
import Testing

@testable import Opens

struct SettlementTests {
    private static let agents = [EngineTests.chrome, EngineTests.firefox, EngineTests.thunderbird, EngineTests.gmail]
    private static let networks: [String?] = [nil, nil, "datacenter", "residential", "google-proxy", "apple-relay"]

    /// Everything that reaches from one hit to another, in some hours.
    private static func hits(_ count: Int, _ random: inout SeededGenerator) -> [Hit] {
        var at = Double.random(in: -50_000 ... -40_000, using: &random)
        if Bool.random(using: &random) { at = 30 }
        return (1...count).map { seq in
            let gaps: [ClosedRange<Double>] = [0...2, 0...15, 60...130, 200...420]
            at += Double.random(in: gaps.randomElement(using: &random) ?? 0...1, using: &random).rounded()
            let agent = agents.randomElement(using: &random)
            let signal: Signal? =
                switch Int.random(in: 0..<25, using: &random) {
                case 0: .tokenDamaged
                case 1: .honeypot
                case 2: .probe
                case 3: .link
                default: nil
                }
            return Hit(
                seq: Int64(seq), at: EngineTests.sentAt + at, token: ["a", "b"].randomElement(using: &random) ?? "a",
                net: ["m", "n", "o", nil].randomElement(using: &random) ?? nil,
                netclass: (networks.randomElement(using: &random) ?? nil).map(NetworkClass.init(rawValue:)), ua: agent,
                family: ClientFamily(userAgent: agent), signals: Set([signal].compactMap(\.self)))
        }
    }

    private static func history(_ hits: [Hit], _ settlement: Settlement?) -> History {
        var history = History(
            sentAt: EngineTests.sentAt, tokens: ["a", "b"],
            hits: hits.filter { hit in settlement.map { hit.at >= $0.contextFrom } ?? true })
        if let settlement { (history.earlier, history.countsFrom) = (settlement.tally, settlement.until) }
        return history
    }

    /// What is settled is left out, and nothing comes out otherwise, whenever a hit comes and however late.
    @Test(arguments: 1...15) func aHistoryThatGrowsIsJudgedAsAWhole(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var coming = Self.hits(260, &random)
        for _ in 0..<25 {
            let index = Int.random(in: 0..<coming.count - 8, using: &random)
            let late = coming.remove(at: index)
            coming.insert(late, at: index + Int.random(in: 1...7, using: &random))
        }
        var known: [Hit] = []
        var settlement: Settlement?
        var now = EngineTests.sentAt
        var leftOut = 0
        for (count, hit) in coming.enumerated() {
            known.insert(
                hit, at: known.partitioningIndex { ($0.at, $0.seq) > (hit.at, hit.seq) })
            if let settled = settlement, hit.at < settled.openFrom { settlement = nil }
            now = max(now, hit.at + Double.random(in: 0...150, using: &random))
            guard count % 4 == 0 else { continue }
            let history = Self.history(known, settlement)
            let judgement = OpensEngine.judge(history, now: now)
            let whole = OpensEngine.judge(Self.history(known, nil), now: now)
            #expect(judgement.tally == whole.tally, "seed \(seed), hit \(count)")
            #expect(judgement.reviewAt == whole.reviewAt)
            let counted = history.hits.filter { hit in history.countsFrom.map { hit.at >= $0 } ?? true }.count
            #expect(judgement.verdicts.suffix(counted) == whole.verdicts.suffix(counted), "seed \(seed), hit \(count)")
            leftOut += known.count - history.hits.count
            settlement = Settlement(judgement, of: history, isCut: false) ?? settlement
        }
        // Or the test would say nothing.
        #expect(leftOut > 1_000, "\(leftOut)")
    }

    /// More than is judged at once is judged part by part.
    @Test(arguments: 1...10) func partsComeOutAsTheWhole(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let hits = Self.hits(300, &random)
        let now = EngineTests.sentAt + 1e7
        var settlement: Settlement?
        var parts = 0
        while true {
            var history = Self.history(hits, settlement)
            let start = history.hits.partitioningIndex { hit in settlement.map { hit.at >= $0.until } ?? true }
            let isCut = history.hits.count - start > 80
            if isCut { history.hits.removeLast(history.hits.count - start - 80) }
            let judgement = OpensEngine.judge(history, now: now)
            guard isCut, let next = Settlement(judgement, of: history, isCut: true) else {
                #expect(judgement.tally == OpensEngine.judge(Self.history(hits, nil), now: now).tally)
                break
            }
            #expect(next.until > settlement?.until ?? .distantPast)
            settlement = next
            parts += 1
        }
        #expect(parts >= 3)
    }

    @Test func hitsOfOneInstantDoNotHoldUpTheRest() throws {
        let hits = (0..<100).map { EngineTests.hit(900, EngineTests.chrome, net: "n\($0)") }
        let history = History(sentAt: EngineTests.sentAt, tokens: [], hits: hits)
        let judgement = OpensEngine.judge(history, now: EngineTests.sentAt + 901)
        let next = try #require(Settlement(judgement, of: history, isCut: true))
        #expect(next.until > EngineTests.sentAt + 900 && next.tally.hits == 100)
        #expect(Settlement(judgement, of: history, isCut: false) == nil, "a burst is not over yet")
    }

    @Test func shortHistoriesAreJudgedAsAWhole() {
        let hits = (1..<Settlement.leastHits).map { EngineTests.hit(Double($0) * 900, EngineTests.gmail) }
        let history = History(sentAt: EngineTests.sentAt, tokens: [], hits: hits)
        let judgement = OpensEngine.judge(history, now: EngineTests.sentAt + 1e7)
        #expect(Settlement(judgement, of: history, isCut: false) == nil)
    }

    /// Settled under other facts, it would have come out otherwise.
    @Test func everyFactIsInTheDigest() {
        let history = History(sentAt: EngineTests.sentAt, tokens: ["t"], hits: [])
        let changes: [(inout History) -> Void] = [
            { $0.sentAt = nil }, { $0.recipientDomains = ["a"] }, { $0.senderDomains = ["a"] },
            { $0.recipientIsSender = true }, { $0.tokens = ["u"] }, { $0.ownTokens = ["t"] },
            { $0.ownClients = [.gmailProxy] },
            { $0.ownActivity = [OwnActivity(since: nil, until: EngineTests.sentAt)] },
            { $0.ownActivity = [OwnActivity(since: EngineTests.sentAt, until: EngineTests.sentAt)] },
            { $0.incoming = [Incoming(kind: .reply, token: "t", arrivedAt: EngineTests.sentAt)] },
            { $0.undelivered = ["t": EngineTests.sentAt] },
        ]
        let digests = changes.map { change in
            var other = history
            change(&other)
            return other.factsDigest
        }
        #expect(Set(digests + [history.factsDigest]).count == changes.count + 1)
        var more = history
        more.hits = [EngineTests.hit(1, nil)]
        #expect(more.factsDigest == history.factsDigest)
    }
}
