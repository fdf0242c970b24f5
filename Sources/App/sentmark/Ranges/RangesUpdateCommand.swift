import Agent
import ArgumentParser
import Foundation
import Host
import Opens
import Settings
import Transport

struct RangesUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Fetch the lists of networks.",
        discussion: """
            Over HTTPS, from those who publish them or from where [ranges] in the configuration says. They learn this \
            machine's address and that it runs Sentmark, nothing else. A list takes the place of the stored one only if it can be believed: \
            whole, of a plausible size, not half of what it was, no prefix too short and none that is nobody's. Otherwise \
            the stored one stays and the reason is said.

            A running agent or pixel server takes a new list over within seconds. Ends with 0 if every list was fetched, \
            and otherwise with the exit status of the first that was not.

            EXAMPLES
              sentmark ranges update
              sentmark ranges update apple-relay google-proxy
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: ArgumentHelp("Only these lists.", valueName: "list"))
    var lists: [PublishedList] = []

    func run() async throws {
        let settings = try config.loadIfPresent()?.ranges ?? Settings.Ranges()
        let directories = Directories()
        try directories.create()
        let directory = RangesDirectory(directories)
        let update = RangesUpdate(settings, directory, on: try Poller())
        var status: SystemExit?
        for list in PublishedList.allCases where lists.isEmpty || lists.contains(list) {
            guard let url = settings.urls[list] else {
                guard !lists.isEmpty else { continue }
                let failure = Failure(
                    .configuration, "\(list.rawValue): switched off in [ranges]", action: "give it a URL there")
                StandardError.write(failure.message)
                status = status ?? failure.status
                continue
            }
            do {
                let new = try await update.run(list, from: url)
                try StandardOutput.write("\(list.rawValue): \(new.published) prefixes\n")
            } catch let exit as ExitCode {
                throw exit
            } catch {
                let failure = Failure(error)
                let kept = RangesText.kept(of: list, in: directory)
                let detail = "\(list.rawValue): \(failure.detail); \(kept)"
                StandardError.write(Failure(failure.status, detail, action: failure.action).message)
                status = status ?? failure.status
            }
        }
        if let status { throw ExitCode(status.rawValue) }
    }
}

enum RangesText {
    /// What serves after an update that went wrong.
    static func kept(of list: PublishedList, in directory: RangesDirectory) -> String {
        guard let stored = try? directory.read(list) else { return "nothing is changed" }
        return "the one of \(Timestamp.day(stored.fetched)) stays"
    }
}
