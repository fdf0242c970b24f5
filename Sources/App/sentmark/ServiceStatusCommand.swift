import ArgumentParser
import Host

struct ServiceStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether the service is installed and runs.",
        discussion: """
            Ends with status 69 if it does not run.

            EXAMPLES
              sentmark service status
              sentmark service status --json

            JSON
              installed, ours, active, sub, enabled, text, pid, lingers
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let status = try await UserService().status()
        try StandardOutput.write(json ? try JSONText.of(ServiceStatusJSON(status)) : Self.text(status))
        if !status.isRunning { throw ExitCode(SystemExit.unavailable.rawValue) }
    }

    static func text(_ status: UserService.Status) -> String {
        guard status.isInstalled else { return "Not installed; install it with 'sentmark service install'.\n" }
        var lines = [
            "\(status.activeState.isEmpty ? "unknown" : status.activeState) (\(status.subState)), \(status.enabledState)"
                + (status.pid.map { ", process \($0)" } ?? "")
        ]
        if !status.text.isEmpty { lines.append(status.text) }
        if !status.isOurs { lines.append("The unit was not written by 'sentmark service install'.") }
        if !status.isRunning { lines.append("What it said last: journalctl --user -u sentmark -e") }
        return (lines + status.advice).map { TerminalText.clean($0) + "\n" }.joined()
    }
}

/// `sentmark service status --json`. Fields are added, never changed or taken away.
struct ServiceStatusJSON: Encodable {
    let installed: Bool
    let ours: Bool
    let active: String
    let sub: String
    let enabled: String
    let text: String
    let pid: Int32?
    let lingers: Bool?

    init(_ status: UserService.Status) {
        installed = status.isInstalled
        ours = status.isOurs
        active = status.activeState
        sub = status.subState
        enabled = status.enabledState
        text = status.text
        pid = status.pid
        lingers = status.lingers
    }
}
