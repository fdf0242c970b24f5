import Foundation
import Testing

@testable import Opens

struct CorpusTests {
    static let given = (try? LabelledScenario.all("open-scenarios")) ?? []
    static let more = (try? LabelledScenario.all("more-scenarios")) ?? []
    static let scenarios = given + more

    /// The engine may be unsure of a few: what they are is in docs/verdicts.md.
    @Test(arguments: [("given", 95, 2), ("more", 85, 2)])
    func everyScenarioIsScored(name: String, count: Int, wrong: Int) throws {
        let scenarios = name == "given" ? Self.given : Self.more
        #expect(scenarios.count == count)
        let score = try Self.score(scenarios)
        print(
            "\(name) corpus: \(score.rightMessages) of \(score.messages) messages right, cost \(score.cost),",
            "false opened \(score.falseOpened), missed \(score.missedReads), macro-F1 \(score.macroF1),",
            "Brier \(score.brier), overconfident \(score.overconfident), wrong \(score.wrong)")
        #expect(score.falseOpened.isEmpty)
        #expect(score.missedReads.count <= 2)
        #expect(score.rightMessages >= count - wrong)
        #expect(score.macroF1 >= 0.92)
        #expect(score.brier <= 0.07)
        #expect(score.overconfident.isEmpty)
    }

    @Test(arguments: scenarios) func everyVerdictHasARule(_ scenario: LabelledScenario) throws {
        let answer = try Self.answer(scenario.object)
        #expect(answer.id == scenario.id)
        #expect(answer.hits.count == scenario.hits.count)
        for hit in answer.hits {
            #expect(Explanation.sentence(for: hit.rule) != nil)
            #expect((0...1).contains(hit.p_person))
            #expect((0...1).contains(hit.confidence))
        }
    }

    @Test func everyScenarioHasItsOwnNameAndSource() {
        #expect(Set(Self.scenarios.map(\.id)).count == Self.scenarios.count)
        for scenario in Self.scenarios { #expect(scenario.object["source"]?.text?.isEmpty == false, "\(scenario.id)") }
    }

    /// Intervals stretched and shrunk by up to a fifth: no verdict may hang on an exact number. The image that a composer
    /// fetches five minutes before sending is at the limit of what is taken for a clock that differs.
    @Test(arguments: 1...40) func timesMayDiffer(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var changed: [String] = []
        for scenario in Self.scenarios {
            let answer = try Self.answer(scenario.object)
            let varied = try Self.answer(Self.jittered(scenario.object, using: &generator))
            if varied.message != answer.message { changed.append(scenario.id) }
        }
        #expect(changed.allSatisfy { $0 == "N73" }, "\(changed)")
    }

    /// Scenarios are independent, and hits may be given in any order.
    @Test(arguments: 1...10) func orderOfHitsDoesNotMatter(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        for scenario in Self.scenarios {
            var events = scenario.object["events"]?.array ?? []
            let times = events.compactMap { $0.object?["t_offset_s"]?.number }
            guard Set(times).count == events.count else { continue }
            events.shuffle(using: &generator)
            var object = scenario.object
            object["events"] = .array(events)
            #expect(try Self.answer(object).message == Self.answer(scenario.object).message, "\(scenario.id)")
        }
    }

    static func answer(_ object: [String: JSON]) throws -> ClassifiedLine {
        let out = try Classification.line(Array(JSONEncoder().encode(object)))
        return try JSONDecoder().decode(ClassifiedLine.self, from: Data(out))
    }

    static func score(_ scenarios: [LabelledScenario]) throws -> Score {
        var score = Score()
        for scenario in scenarios { score.add(scenario, try answer(scenario.object)) }
        return score
    }

    static func jittered(_ object: [String: JSON], using generator: inout SeededGenerator) -> [String: JSON] {
        var previous: (before: Double, after: Double)?
        var shift: [Double: Double] = [:]
        var object = object
        object["events"] = .array(
            (object["events"]?.array ?? []).map { event in
                guard var fields = event.object, let time = fields["t_offset_s"]?.number else { return event }
                let gap = (time - (previous?.before ?? 0)) * Double.random(in: 0.8...1.2, using: &generator)
                let moved = (previous?.after ?? 0) + gap
                shift[time] = moved - time
                previous = (time, moved)
                fields["t_offset_s"] = .number(moved)
                return .object(fields)
            })
        // What the sender did beside a hit moves with it.
        if var context = object["context"]?.object, let activity = context["own_activity"]?.array {
            context["own_activity"] = .array(
                activity.map { entry in
                    guard var fields = entry.object, let time = fields["t_offset_s"]?.number,
                        let nearest = shift.min(by: { abs($0.key - time) < abs($1.key - time) })
                    else { return entry }
                    fields["t_offset_s"] = .number(time + nearest.value)
                    return .object(fields)
                })
            object["context"] = .object(context)
        }
        return object
    }
}
