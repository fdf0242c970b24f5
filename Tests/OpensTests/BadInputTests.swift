import Foundation
import Testing

@testable import Opens

/// What strangers and old logs may send.
struct BadInputTests {
    static func answer(_ events: String...) throws -> ClassifiedLine {
        let text = #"{"id":"x","events":[\#(events.joined(separator: ","))]}"#
        return try JSONDecoder().decode(ClassifiedLine.self, from: Data(Classification.line(Array(text.utf8))))
    }

    @Test(arguments: ["a", "\u{e9}", "e\u{301}", "Chrome/", "Mozilla/5.0 "])
    func userAgentsOf64KB(unit: String) throws {
        let agent = String(repeating: unit, count: 65_536 / unit.utf8.count)
        func rule(_ agent: String) throws -> [String] {
            try Self.answer(
                #"{"t_offset_s":7200,"ua":"\#(agent)","ip":"192.0.2.1","ip_class":"residential","token":"valid"}"#
            ).hits.map(\.rule)
        }
        // It is judged by its beginning.
        #expect(try rule(agent) == rule(String(agent.prefix(600))))
        #expect(try rule("curl/8.5.0 " + agent) == ["automation"])
        #expect(ClientFamily(userAgent: "Thunderbird/140.0 " + agent).rawValue == "thunderbird")
    }

    /// Everything but the time and the token may be missing, or null.
    @Test(arguments: [
        #"{"t_offset_s":7200,"token":"valid"}"#,
        #"{"t_offset_s":7200,"token":"valid","ua":null,"ip":null,"ip_class":null,"asn":null,"headers":null}"#,
    ])
    func missingFieldsProveNothing(event: String) throws {
        let answer = try Self.answer(event)
        #expect(answer.message == "machine_only")
        #expect(answer.hits.map(\.rule) == ["no-name"])
        let silent = try Self.answer(event, #"{"t_offset_s":9000,"token":"valid","ua":"Thunderbird/140.0"}"#)
        #expect(silent.message == "opened", "what is missing in one hit takes nothing from another")
    }

    /// Every order gives every hit the same verdict.
    @Test func hitsOutOfOrder() {
        let hits = [
            EngineTests.hit(6, EngineTests.chrome, "microsoft-eop"),
            EngineTests.hit(40, EngineTests.chrome, "aws", net: "a"),
            EngineTests.hit(45, EngineTests.firefox, "datacenter", net: "b"),
            EngineTests.hit(3600, EngineTests.thunderbird, "residential"),
            EngineTests.hit(3700, EngineTests.thunderbird, "residential"),
        ]
        let expected = ["mail-filter", "hosting-pair", "hosting-pair", "direct-client", "same-reading"]
        for order in permutations(Array(hits.indices)) {
            let judgement = EngineTests.judge(order.map { hits[$0] })
            #expect(judgement.verdicts.map(\.rule) == order.map { expected[$0] })
            #expect(judgement.status == .opened)
            #expect(judgement.readings == 1)
        }
    }

    /// One hit half a day before sending, and no rule on time speaks; what the others prove they prove still.
    @Test func disagreeingClocksSilenceTheRulesOnTime() {
        let early = EngineTests.hit(20, EngineTests.gmail, "google-proxy")
        #expect(EngineTests.judge([early]).verdicts.map(\.rule) == ["mail-proxy-early"])
        let before = EngineTests.hit(-50_000, EngineTests.gmail, "google-proxy")
        #expect(EngineTests.judge([before, early]).verdicts.map(\.rule) == ["gmail-proxy", "gmail-proxy"])
        // Sequences need no clock but the server's own.
        let burst = [
            EngineTests.hit(-90_000, EngineTests.chrome, nil, net: "a"),
            EngineTests.hit(-89_990, EngineTests.firefox, nil, net: "b"),
            EngineTests.hit(-89_950, EngineTests.chrome, nil, net: "c"),
        ]
        #expect(EngineTests.judge(burst).status == .machineOnly)
        #expect(!History.clocksAgree(sentAt: EngineTests.sentAt, first: before.at))
        #expect(History.clocksAgree(sentAt: EngineTests.sentAt, first: early.at))
        #expect(History.clocksAgree(sentAt: nil, first: before.at))
    }
}

private func permutations(_ items: [Int]) -> [[Int]] {
    guard let last = items.last else { return [[]] }
    return permutations(items.dropLast()).flatMap { rest in
        (0...rest.count).map { Array(rest[..<$0]) + [last] + rest[$0...] }
    }
}
