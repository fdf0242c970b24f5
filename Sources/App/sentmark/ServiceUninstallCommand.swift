import ArgumentParser
import Host

struct ServiceUninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Stop the service and remove it.",
        discussion: """
            Configuration, keys, state and drop-ins of the unit stay; so do the keywords in the \
            mailbox.

            EXAMPLES
              sentmark service uninstall
            """)

    @Flag(help: "Remove a unit of this name that Sentmark did not write.")
    var force = false

    func run() async throws {
        let service = UserService()
        let change = try await service.uninstall(force: force)
        try StandardOutput.write("\(service.unitPath) \(change == .removed ? "is removed" : "was not there").\n")
    }
}
