import Foundation
import Secrets

/// A secret that a program prints, such as `pass show mail/work`.
package struct CommandSecret: Sendable {
    private let command: Command

    /// Program and arguments; see ``Command`` for what the program gets.
    package init(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
        timeout: Duration = .seconds(10)
    ) {
        command = Command(arguments, environment: environment, timeout: timeout)
    }

    /// Runs the program and takes the first line of what it prints: password stores keep notes behind it.
    package func read() async throws(HostError) -> Secret {
        try firstLine(of: try await readAll())
    }

    /// The same where the caller's thread may block until the program's end.
    package func readBlocking() throws(HostError) -> Secret { try firstLine(of: secret(of: command.runBlocking())) }

    /// Runs the program and takes all that it prints.
    ///
    /// What it prints on standard error is in the error when it fails; what it prints on standard output never is.
    package func readAll() async throws(HostError) -> Secret {
        try secret(of: try await command.run())
    }

    private func firstLine(of printed: Secret) throws(HostError) -> Secret {
        let line = printed.firstLine
        guard !line.isEmpty else { throw unusable("printed nothing") }
        return line
    }

    private func secret(of output: Command.Output) throws(HostError) -> Secret {
        guard output.status == 0 else {
            let said = Self.oneLine(output.standardError)
            throw command.error(.failed, "ended with status \(output.status)" + (said.isEmpty ? "" : ": " + said))
        }
        return Secret(output.standardOutput)
    }

    /// What it printed cannot be used.
    package func unusable(_ detail: String) -> HostError { command.error(.unusable, detail) }

    /// At most 300 characters, fit for a log.
    static func oneLine(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: Character(" ")
            default: Character(scalar)
            }
        }
        let trimmed = String(text).split(separator: " ").joined(separator: " ")
        return trimmed.count > 300 ? trimmed.prefix(300) + "…" : trimmed
    }
}
