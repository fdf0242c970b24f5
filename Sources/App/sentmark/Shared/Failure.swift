/// Why a command ends without having done its work: shown as `sentmark: WHAT: WHY; WHAT TO DO`.
struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    let status: SystemExit
    /// What is broken and why, without a full stop. Several mistakes are several lines.
    let detail: String
    /// What to do, as an imperative, if anything can be done.
    let action: String?

    init(_ status: SystemExit, _ detail: String, action: String? = nil) {
        self.status = status
        self.detail = detail
        self.action = action
    }

    var description: String { [detail, action].compactMap(\.self).joined(separator: "; ") }

    /// Fit for standard error: every line begins with the program's name, and nothing in it steers a terminal.
    var message: String {
        description.split(separator: "\n").map { "sentmark: \(TerminalText.clean(String($0)))\n" }.joined()
    }
}
