import Foundation
import Testing

@testable import Opens

struct NeighbourhoodTests {
    /// Whatever is left out would not have changed anything.
    @Test func aJudgementIsTheSameAsWithAllHits() {
        var random = SeededGenerator(seed: 1)
        var (sweeps, taints, left) = (0, 0, 0)
        for round in 0..<300 {
            let span = Double.random(in: 5...150, using: &random)
            let tokens = ["own"] + (0..<Int.random(in: 1...12, using: &random)).map { "other\($0)" }
            // Some of these messages are flooded.
            let isFlood = round % 3 == 0
            let hits = (0..<Int.random(in: isFlood ? 60...150 : 2...60, using: &random)).map { seq in
                let signal: Signal? =
                    switch Int.random(in: 0..<60, using: &random) {
                    case 0: .tokenDamaged
                    case 1: .honeypot
                    default: nil
                    }
                return Hit(
                    seq: Int64(seq),
                    at: EngineTests.sentAt + 900 + Double.random(in: 0...span, using: &random).rounded(),
                    token: isFlood && Int.random(in: 0..<4, using: &random) > 0
                        ? "own" : tokens.randomElement(using: &random) ?? "own",
                    net: ["a", "b", "c", nil].randomElement(using: &random) ?? nil,
                    ua: EngineTests.chrome, family: ClientFamily(userAgent: EngineTests.chrome),
                    signals: Set([signal].compactMap { $0 }))
            }
            let own = hits.filter { $0.token == "own" }.sorted { ($0.at, $0.seq) < ($1.at, $1.seq) }
            let others = hits.filter { $0.token != "own" }
            func judged(_ neighbours: [Hit]) -> Judgement {
                OpensEngine.judge(
                    History(sentAt: EngineTests.sentAt, tokens: ["own"], hits: own, neighbours: neighbours),
                    now: EngineTests.sentAt + 1e6)
            }
            let some = Neighbourhood(of: own, among: hits).neighbours(of: own, besides: ["own"])
            let judgement = judged(others)
            #expect(judged(some) == judgement, "round \(round): \(hits)")
            sweeps += judgement.verdicts.count { $0.rule == "many-tokens" }
            taints += judgement.verdicts.count { $0.hitClass == .securityScanner && $0.rule != "many-tokens" }
            left += others.count - some.count
        }
        // Or the test would say nothing.
        #expect(sweeps > 50 && taints > 50 && left > 1_000, "\(sweeps) \(taints) \(left)")
    }

    @Test func inABurstItIsAFew() {
        let burst = (0..<2_000).map {
            EngineTests.hit(900 + Double($0) / 1_000, EngineTests.chrome, net: "a", token: "t\($0)")
        }
        let found = Neighbourhood(of: burst, among: burst).neighbours(of: [burst[1_000]], besides: ["t1000"])
        #expect(found.map(\.token) == (995...1005).filter { $0 != 1_000 }.map { "t\($0)" })
    }
}
