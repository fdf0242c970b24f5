import Foundation
import Opens
import PixelServer
import SentSync
import Testing

@testable import sentmark

/// Everything that commands print, compared with files. Where the change is meant, run the tests once with
/// SENTMARK_WRITE_GOLDEN set to the folder of the files, and read the difference.
struct GoldenTests {
    struct Output: Sendable, CustomTestStringConvertible {
        let file: String
        let text: @Sendable () throws -> String
        var testDescription: String { file }

        init(_ file: String, _ text: @escaping @Sendable () throws -> String) {
            self.file = file
            self.text = text
        }
    }

    static let outputs: [Output] = reports + ranges + doctor + keywords

    private static let reports = [
        Output("status.txt") { Samples.status.text(width: nil, clock: Samples.clock) },
        Output("status-80-columns.txt") { Samples.status.text(width: 80, clock: Samples.clock) },
        Output("status-none.txt") {
            StatusReport(messages: [], accounts: [], agent: .running(pid: 1), now: Samples.time(0))
                .text(width: 80, clock: Samples.clock)
        },
        Output("status.json") { try JSONText.of(StatusJSON(Samples.status)) },
        Output("why.txt") { Samples.why.text(clock: Samples.clock) },
        Output("why.json") { try JSONText.of(WhyJSON(Samples.why)) },
        Output("why-unreliable.txt") { Samples.whyFiltered.text(clock: Samples.clock) },
        Output("why-unreliable.json") { try JSONText.of(WhyJSON(Samples.whyFiltered)) },
        Output("why-unknown-message.txt") {
            var report = WhyReport(name: "no@example.org", messages: [], waiting: [], streams: StreamKeys())
            report.accounts = Samples.accounts
            report.agent = .notRunning
            return report.text(clock: Samples.clock)
        },
        Output("why-waiting-token.txt") {
            let waiting = Samples.why.messages[0].hits.map(\.hit)
            return WhyReport(name: waiting[0].token, messages: [], waiting: waiting, streams: Samples.keys)
                .text(clock: Samples.clock)
        },
        Output("why-sent.txt") { SendingSamples.why.text(clock: Samples.clock) },
        Output("why-sent.json") { try JSONText.of(WhyJSON(SendingSamples.why)) },
        Output("streams.txt") {
            let records = try JSONDecoder.records.decode(
                [StreamRecord].self,
                from: Data(
                    """
                    [{"stream":77,"name":"me","epoch":0,"created":"2026-11-23T09:00:00Z","revoked":"2026-11-24T09:00:00Z"},
                     {"stream":77,"name":"me","epoch":1,"created":"2026-11-24T09:01:00Z","retired":"2026-11-25T10:00:00Z"},
                     {"stream":77,"name":"me","epoch":2,"created":"2026-11-25T09:00:00Z"}]
                    """.utf8))
            return StreamListCommand.text(records, Samples.clock, width: 80)
        },
    ]

    private static let ranges = [
        Output("ranges.txt") {
            [RangesSamples.some, RangesSamples.fresh, RangesSamples.none]
                .map { $0.text(width: 80, clock: Samples.clock) }.joined(separator: "\n")
        },
        Output("ranges.json") { try JSONText.of(RangesJSON(RangesSamples.some)) },
    ]

    private static let doctor = [
        Output("doctor.txt") { DoctorSamples.checks.map(\.line).joined() + DoctorSummary.line(DoctorSamples.checks) },
        Output("doctor-sending.txt") { try SendingSamples.checks().map(\.line).joined() },
        Output("doctor.json") { try JSONText.of(DoctorJSON(DoctorSamples.checks)) },
    ]

    private static let keywords: [Output] = {
        // One renamed, one switched off.
        var names = KeywordNames.standard
        names.names[.opened] = "gelesen"
        names.names[.clicked] = nil
        let looks = KeywordLook.all(names)
        return ClientGuide.all.map { guide in Output("keywords-\(guide.name).txt") { guide.text(looks) } } + [
            Output("keywords.txt") { KeywordsCommand.list(looks) }
        ]
    }()

    @Test(arguments: outputs)
    func printsWhatTheFileSays(_ output: Output) throws {
        let text = try output.text()
        if let folder = ProcessInfo.processInfo.environment["SENTMARK_WRITE_GOLDEN"] {
            try text.write(toFile: "\(folder)/\(output.file)", atomically: true, encoding: .utf8)
        }
        let url = try #require(
            Bundle.module.url(forResource: output.file, withExtension: nil, subdirectory: "Fixtures/golden"))
        #expect(text == (try String(contentsOf: url, encoding: .utf8)))
    }

    /// Nothing that a stranger wrote steers the terminal.
    @Test(arguments: outputs)
    func printsNoControlCharacters(_ output: Output) throws {
        let unsafe = try output.text().unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar != "\n"
            case .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        #expect(unsafe.isEmpty)
    }

    @Test func everyFileIsOfAnOutput() throws {
        let folder = try #require(
            Bundle.module.url(forResource: "golden", withExtension: nil, subdirectory: "Fixtures"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(Self.outputs.map(\.file)))
    }
}

extension JSONDecoder {
    fileprivate static var records: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}
