import Foundation
import Opens
import Testing

@testable import Store
@testable import sentmark

struct WhyTests {
    private func text(_ change: (inout MessageReport) -> Void) -> String {
        var report = Samples.why
        change(&report.messages[0])
        return report.text(clock: Samples.clock)
    }

    @Test func saysThatClocksDisagree() {
        let sentence = "the clocks disagree: no rule on time was used."
        #expect(!text { _ in }.contains(sentence))
        #expect(text { $0.hits[0].hit.at -= 90_000 }.contains(sentence))
        #expect(
            !text {
                $0.hits[0].hit.at -= 90_000
                $0.line.sentAt = nil
            }.contains(sentence))
    }

    @Test func countsTheRequestsOfAFlood() throws {
        #expect(!text { _ in }.contains("later ones"))
        #expect(text { $0.moreHits = 999 }.contains("and 999 later ones\n"))
        let flooded = text { ($0.moreHits, $0.onlyCounted) = (999_000, 990_000) }
        #expect(
            flooded.contains(
                "and 999000 later ones; of one message the first 10000 are judged, and 990000 were only counted"))
        var report = Samples.why
        report.messages[0].moreHits = 7
        #expect(try JSONText.of(WhyJSON(report)).contains(#""more_hits" : 7"#))
    }
}
