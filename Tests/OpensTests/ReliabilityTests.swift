import Foundation
import Testing

@testable import Opens

struct ReliabilityTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var settled: [Reach]
        var young: [Reach] = []
        var reason: Unreliability?
    }

    @Test(arguments: [
        Case(testDescription: "nothing known", settled: [], reason: nil),
        Case(testDescription: "four silent ones may be chance", settled: Array(repeating: [], count: 4), reason: nil),
        Case(testDescription: "five are none", settled: Array(repeating: [], count: 5), reason: .silent),
        Case(testDescription: "young ones are not silent yet", settled: [], young: Array(repeating: [], count: 9)),
        Case(testDescription: "scanned twice", settled: [.scanner, .scanner], reason: nil),
        Case(testDescription: "always scanned", settled: [.scanner, .scanner, .scanner], reason: .scanned),
        Case(testDescription: "always the relay", settled: [.preload, .preload, .preload], reason: .preloaded),
        Case(
            testDescription: "both, as the iPhone behind a filter",
            settled: [[.scanner, .preload], .scanner, .preload],
            reason: .preloaded),
        Case(testDescription: "not always, and few", settled: [.scanner, .scanner, .scanner, []], reason: nil),
        Case(
            testDescription: "not always, of many", settled: [.scanner, .scanner, .scanner, [], []], reason: .scanned),
        Case(testDescription: "one reader shows", settled: [.scanner, .scanner, [.scanner, .person]], reason: nil),
        Case(
            testDescription: "one reader shows at last", settled: Array(repeating: .preload, count: 20),
            young: [[.preload, .person]], reason: nil),
    ])
    func domains(_ one: Case) {
        var record = DomainRecord()
        for reach in one.young { record.add(reach, isSettled: false) }
        for reach in one.settled { record.add(reach, isSettled: true) }
        #expect(record.unreliability == one.reason)
    }

    /// Of a verdict that may still be overturned nobody says that a reader shows.
    @Test func aTallyTellsWhoHasFetched() {
        let browser = EngineTests.hit(900, EngineTests.chrome, nil, net: "a")
        #expect(EngineTests.judge([browser], now: 901).tally.reach == [])
        #expect(EngineTests.judge([browser], now: 2000).tally.reach == .person)
        let scan = EngineTests.hit(5, EngineTests.chrome, "microsoft-eop")
        let preload = EngineTests.hit(900, "Mozilla/5.0", "apple-relay")
        #expect(EngineTests.judge([scan, preload]).tally.reach == [.scanner, .preload])
        #expect(EngineTests.judge([EngineTests.hit(900, EngineTests.chrome, selfNet: true)]).tally.reach == [])
    }

    /// A sum of parts is the whole.
    @Test func talliesAdd() {
        let hits = [
            EngineTests.hit(5, EngineTests.chrome, "microsoft-eop"),
            EngineTests.hit(900, EngineTests.gmail, "google-proxy"),
            EngineTests.hit(9000, EngineTests.thunderbird, "residential"),
        ]
        var sum = Tally()
        for hit in hits.reversed() { sum.add(EngineTests.judge([hit]).tally) }
        #expect(sum == EngineTests.judge(hits).tally)
        #expect(sum.readings == 2 && sum.evidence == 3 && sum.firstOpen == hits[1].at && sum.lastOpen == hits[2].at)
    }
}

struct ForgettingTests {
    private static let date = EngineTests.sentAt + 1e6

    @Test(
        arguments: [
            ([-900.0, -500, -10], nil, 0.0),
            ([-900, -500, -10], 411, 0),
            ([-900, -500, -10], 410, -10),
            ([-900, -400, -10], 0, -400),
            ([-700, -400, -10], 0, -700),
            ([-5000, -10], 5, -10),
            ([], 5, 0),
        ] as [([Double], Double?, Double)])
    func whatBelongsTogetherStaysTogether(times: [Double], next: Double?, boundary: Double) {
        let found = Forgetting.boundary(
            times.map { Self.date + $0 }, next: next.map { Self.date + $0 }, before: Self.date)
        #expect(found == Self.date + boundary)
    }

    /// Who loads a pixel every minute keeps nothing for ever.
    @Test func aDayLaterAllOfItGoes() {
        let times = stride(from: -300_000.0, to: 0, by: 60).map { Self.date + $0 }
        #expect(Forgetting.boundary(times, next: Self.date + 1, before: Self.date) == Self.date - Forgetting.patience)
    }
}
