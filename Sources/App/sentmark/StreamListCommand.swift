import ArgumentParser
import Foundation
import PixelServer

struct StreamListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the streams of the pixel server.",
        discussion: """
            EXAMPLES
              sentmark stream list
              sentmark stream list --json | jq -r '.streams[].name'

            JSON
              streams: name, stream, epoch, created, and retired or revoked, if it is.
            """)

    @OptionGroup var config: ConfigOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        let records = try Streams(of: server).list()
        try StandardOutput.write(
            json ? try JSONText.of(["streams": records]) : Self.text(records, ClockText(), width: StandardOutput.width))
    }

    static func text(_ records: [StreamRecord], _ clock: ClockText, width: Int?) -> String {
        guard !records.isEmpty else { return "No streams; add one with 'sentmark stream add NAME'.\n" }
        var table = TextTable([
            .init("NAME", minimum: 12), .init("STREAM", .right), .init("EPOCH", .right), .init("CREATED"),
            .init("STATE"),
        ])
        table.rows = records.map { record in
            [
                record.name, String(record.stream), String(record.epoch), clock.minute(record.created),
                record.revoked.map { "revoked \(clock.minute($0))" }
                    ?? record.retired.map { "retired \(clock.minute($0))" } ?? "in use",
            ]
        }
        return table.rendered(width: width)
    }
}
