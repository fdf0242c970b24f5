import Agent
import ArgumentParser
import Foundation
import Host
import Settings

struct RangesStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the lists of networks: what there is of each, and how old it is.",
        discussion: """
            A list is 'fetched', 'built in' (a few facts of the same networks), or 'not there'. Nobody is asked; a list of \
            more than 60 days is said to be old.

            EXAMPLES
              sentmark ranges status
              sentmark ranges status --json | jq '.lists[] | select(.is_old)'

            JSON
              lists: name, state (fetched, built_in, none, off, unusable), prefixes,
              fetched_at, age_days, is_old, source, problem.
              table: prefixes, bytes (of all that is in use).
              asn_database: name, built_at, problem; left out without one.
            """)

    @OptionGroup var config: ConfigOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try config.loadIfPresent()?.ranges ?? Settings.Ranges()
        let report = RangesReport(settings, RangesDirectory(Directories()), now: Date())
        try StandardOutput.write(
            json
                ? try JSONText.of(RangesJSON(report)) : report.text(width: StandardOutput.width, clock: ClockText()))
    }
}
