import Foundation
import Testing

@testable import Opens

/// What a provider calls a machine is never an open, however much it looks like one.
struct ReportedTests {
    private static let sent = Date(timeIntervalSince1970: 1_790_000_000)
    private static let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0"

    private func judge(_ signals: Set<Signal>, _ netclass: NetworkClass?) -> Judgement {
        let hits = (1...3).map { number in
            Hit(
                seq: Int64(number), at: Self.sent + Double(number) * 7200, token: "mid:a@b", net: "\(number)",
                netclass: netclass, ua: Self.thunderbird, signals: signals)
        }
        let history = History(sentAt: Self.sent, tokens: ["mid:a@b"], hits: hits)
        return OpensEngine.judge(history, now: Self.sent + 90_000)
    }

    @Test(
        arguments: [Signal.reportedPrefetch, .reportedMachine],
        [nil, NetworkClass(rawValue: "residential"), .googleProxy, .appleRelay])
    func isNeverAnOpen(_ signal: Signal, _ netclass: NetworkClass?) {
        let judgement = judge([signal], netclass)
        #expect(judgement.status == .machineOnly)
        #expect(judgement.verdicts.allSatisfy { $0.rule == signal.rawValue && !$0.isReading })
        #expect(judge([], NetworkClass(rawValue: "residential")).status == .opened)
    }

    @Test func isKeptAtTheLowestLevel() throws {
        let hit = Hit(seq: 1, at: Self.sent, token: "mid:a@b", method: nil, signals: [.reportedMachine])
        #expect(try JSONDecoder().decode(Hit.self, from: JSONEncoder().encode(hit)) == hit)
    }
}
