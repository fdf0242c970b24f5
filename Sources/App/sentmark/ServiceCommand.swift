import ArgumentParser

struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Run the agent as a systemd service of your user.",
        discussion: """
            No root is needed. The service runs while you are logged in; 'loginctl enable-linger' lets it run from boot on.

            EXAMPLES
              sentmark service install
              sentmark service status
              sentmark service uninstall
            """,
        subcommands: [ServiceInstallCommand.self, ServiceUninstallCommand.self, ServiceStatusCommand.self])
}
