import ArgumentParser
import Foundation
import Host
import Logging

/// The command line: parses, runs one subcommand, and turns what went wrong into words and an exit status.
@main
struct Sentmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sentmark",
        abstract: "Shows in your own mail program whether the mail you sent was opened.",
        discussion: """
            An agent in the background finds the messages in your Sent folder that carry a tracking pixel, asks your \
            pixel server which of them were loaded, decides what that proves, and writes the answer back as IMAP \
            keywords, which nearly every mail program can show.

            To begin: write ~/.config/sentmark/config.toml, then run 'sentmark doctor', then 'sentmark run' or \
            'sentmark service install'. 'sentmark keywords' says how your mail program shows the result.

            Exit statuses are those of sysexits.h: 64 wrong arguments, 65 bad data, 69 unavailable, 74 input or output, \
            75 try again, 77 permission, 78 configuration.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [StatusCommand.self, WhyCommand.self, DoctorCommand.self, KeywordsCommand.self]),
            CommandGroup(
                name: "Running", subcommands: [RunCommand.self, ServeCommand.self, ServiceCommand.self]),
            CommandGroup(name: "Sending", subcommands: [SendmailCommand.self]),
            CommandGroup(
                name: "Tokens and verdicts",
                subcommands: [
                    StreamCommand.self, TokenCommand.self, RangesCommand.self, ClassifyCommand.self,
                    ReclassifyCommand.self,
                ]),
        ])

    static func main() async {
        Memory.shareHeap()
        LoggingSystem.bootstrap { _ in LogLines() }
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
        switch exitCode(for: error) {
        // Help and the version were asked for.
        case .success:
            try? StandardOutput.write(fullMessage(for: error) + "\n")
            Foundation.exit(0)
        case .validationFailure:
            let text = fullMessage(for: error)
            let prefix = "Error: "
            StandardError.write(
                "sentmark: " + (text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text) + "\n")
            Foundation.exit(SystemExit.usage.rawValue)
        default:
            let failure = Failure(error)
            StandardError.write(failure.message)
            Foundation.exit(failure.status.rawValue)
        }
    }
}
