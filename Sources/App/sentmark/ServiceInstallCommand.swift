import ArgumentParser
import Foundation
import Host

struct ServiceInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install, enable and start the service.",
        discussion: """
            Writes the unit for this program where it is now, and starts it. Running it again changes nothing, or brings an \
            older unit up to date. The configuration is checked first.

            EXAMPLES
              sentmark service install
              sentmark service install --config ~/mail/sentmark.toml
              sentmark service install --no-start
            """)

    @OptionGroup var config: ConfigOptions

    @Flag(help: "Write the unit and leave systemd alone.")
    var noStart = false

    @Flag(help: "Replace a unit of this name that Sentmark did not write.")
    var force = false

    func run() async throws {
        _ = try config.load()
        let service = UserService()
        let path = config.file.map { URL(filePath: $0).standardizedFileURL.path }
        let done = try await service.install(
            executable: UserService.currentExecutable(), configuration: path, start: !noStart, force: force)
        let change =
            switch done.change {
            case .written: "is written"
            case .replaced: "is brought up to date"
            case .unchanged, .removed, .absent: "is as it should be"
            }
        try StandardOutput.write("\(service.unitPath) \(change)\(done.isStarted ? "; the service runs" : "").\n")
        for advice in done.advice { try StandardOutput.write(advice + "\n") }
    }
}
