import Foundation
import Testing

@testable import Opens

/// docs/verdicts.md lists every rule, in the engine's order, as the engine has it.
struct DocumentTests {
    private struct Entry: Equatable {
        var name: String
        var sentence: String
        var says: String

        init(_ rule: Rule) {
            name = rule.name
            sentence = rule.explanation
            says =
                "- says `\(rule.hitClass.rawValue)`, a person with probability \(Self.text(rule.personProbability)), "
                + "confidence \(Self.text(rule.confidence))"
        }

        init(_ lines: [Substring]) {
            name = lines.first.map(String.init) ?? ""
            sentence = lines.dropFirst().first.map(String.init) ?? ""
            says = lines.dropFirst(2).first.map(String.init) ?? ""
        }

        private static func text(_ number: Double) -> String {
            Int(exactly: number).map(String.init) ?? "\(number)"
        }
    }

    private static func sections() throws -> [[Substring]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/verdicts.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.components(separatedBy: "\n### ").dropFirst().map { $0.split(separator: "\n").map { $0 } }
    }

    @Test func listsEveryRuleAsItIs() throws {
        let entries = try Self.sections().map(Entry.init)
        #expect(entries.map(\.name) == Rules.current.all.map(\.name))
        for (entry, rule) in zip(entries, Rules.current.all) { #expect(entry == Entry(rule)) }
    }

    @Test(arguments: ["- source: ", "- wrong when: ", "- would change our mind: "])
    func saysOfEachRule(heading: String) throws {
        for section in try Self.sections() {
            let line = section.first { $0.hasPrefix(heading) }
            #expect((line?.count ?? 0) > heading.count + 3, "\(section.first ?? "")")
        }
    }
}
