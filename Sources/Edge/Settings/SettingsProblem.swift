/// One mistake in a configuration file: where it is, what it is, and what would be right.
package struct SettingsProblem: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    /// `nil` when the mistake is the file itself.
    package let position: Position?
    /// The key's path, such as `account[1].imap`; elements count from 1. Empty for the file.
    package let path: String
    package let what: String
    package let expected: String?

    /// `FILE:LINE:COLUMN: PATH: WHAT; expected EXPECTED`, on one line.
    package var description: String {
        let place = position.map { "\(file):\($0.line):\($0.column)" } ?? file
        return [place, path, what].filter { !$0.isEmpty }.joined(separator: ": ")
            + (expected.map { "; expected \($0)" } ?? "")
    }
}

/// Everything that is wrong with a configuration, in the order of the file.
package struct SettingsProblems: Error, Equatable, CustomStringConvertible {
    package let problems: [SettingsProblem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A value that was understood, and where it came from.
struct Located<Value> {
    let value: Value
    let position: Position
    let path: String

    func map<Other>(_ transform: (Value) -> Other) -> Located<Other> {
        Located<Other>(value: transform(value), position: position, path: path)
    }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}

/// Why a text is not the value it should be. `expected` completes "expected …".
struct Rejection: Error {
    let what: String
    let expected: String
}

/// Collects what one pass over a file finds.
final class Report {
    /// A file of nothing but mistakes is one mistake; the count is for files, not for people.
    static let maximumProblems = 1000

    let file: String
    private var problems: [SettingsProblem] = []
    private var notices: [SettingsProblem] = []
    /// A mistake in a table that stands for many accounts is made once.
    private var said: Set<SettingsProblem> = []

    init(file: String) { self.file = file }

    func problem(at position: Position?, _ path: String, _ what: String, expected: String? = nil) {
        guard problems.count < Self.maximumProblems else { return }
        let problem = SettingsProblem(
            file: position?.file ?? file, position: position, path: path, what: what, expected: expected)
        if said.insert(problem).inserted { problems.append(problem) }
    }

    func warning(at position: Position?, _ path: String, _ what: String) {
        let notice = SettingsProblem(
            file: position?.file ?? file, position: position, path: path, what: what, expected: nil)
        if said.insert(notice).inserted { notices.append(notice) }
    }

    var warnings: [SettingsProblem] { Self.sorted(notices) }

    func throwIfWrong() throws(SettingsProblems) {
        guard problems.isEmpty else { throw SettingsProblems(problems: Self.sorted(problems)) }
    }

    private static func sorted(_ problems: [SettingsProblem]) -> [SettingsProblem] {
        let start = Position(line: 0, column: 0)
        return problems.enumerated()
            .sorted { a, b in
                let (p, q) = (a.element.position ?? start, b.element.position ?? start)
                return p == q ? a.offset < b.offset : p < q
            }
            .map(\.element)
    }
}

/// Text from the file as it can be shown on a terminal: one line, no control characters, not longer than `limit`.
func printable(_ text: String, limit: Int = 80) -> String {
    var shown = ""
    for (count, character) in text.unicodeScalars.enumerated() {
        guard count < limit else { return shown + "…" }
        switch character.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            shown += "\\u{\(String(character.value, radix: 16))}"
        default: shown.unicodeScalars.append(character)
        }
    }
    return shown
}

func quoted(_ text: String) -> String { "\"\(printable(text))\"" }
