import Foundation
import Opens
import Testing

@testable import Store
@testable import sentmark

@Suite struct ReclassificationTests {
    private func message(_ number: Int64, _ status: OpenStatus, _ verdicts: [String?], readings: Int = 0)
        -> JudgedMessage
    {
        JudgedMessage(
            key: MessageKey(rawValue: number), account: "work", messageID: number == 4 ? nil : "m\(number)@x",
            subject: "Subject \(number)\u{1b}[2J", status: status, readings: readings, rules: 1, verdicts: verdicts,
            history: History(
                sentAt: nil, recipientDomains: [], recipientIsSender: false, tokens: [], hits: [], neighbours: []))
    }

    private func judgement(_ status: OpenStatus, _ rules: [String], readings: Int = 0) -> Judgement {
        let hitClass: HitClass = status == .machineOnly ? .securityScanner : .person
        let probability = status == .opened ? 0.9 : status == .maybe ? 0.5 : 0.0
        var tally = Tally()
        for _ in 0..<max(1, readings) {
            tally.add(Verdict(hitClass: hitClass, personProbability: probability, confidence: 0.9, rule: "r"))
        }
        return Judgement(
            verdicts: rules.map { Verdict(hitClass: .person, personProbability: 0.9, confidence: 0.9, rule: $0) },
            tally: tally, reviewAt: nil)
    }

    @Test func listsWhatComesOutOtherwise() throws {
        var report = ReclassificationReport(version: 7)
        report.add(message(1, .opened, ["a"], readings: 1), judgement(.opened, ["a"], readings: 1))
        report.add(message(2, .opened, ["a"], readings: 1), judgement(.machineOnly, ["b"]))
        report.add(message(3, .maybe, ["a"]), judgement(.maybe, ["c"]))
        report.add(message(4, .unknown, [nil]), judgement(.opened, ["a", "a"], readings: 2))
        #expect(
            report.text == """
                <m2@x>  opened → reached  Subject 2�[2J
                a message without Message-ID  no evidence → opened (2 readings)  Subject 4�[2J
                4 judged by rules version 7: 2 come out otherwise, 1 alike for another reason.
                Nothing has been changed.

                """)
        #expect(report.changes.map(\.rulesTo) == [["b"], ["c"], ["a", "a"]])
        report.applied = true
        #expect(report.text.hasSuffix("The agent judges them now, and moves the keywords.\n"))
    }
}
