import SentSync

/// How a keyword should look in a mail program.
struct KeywordLook: Equatable, Sendable {
    /// As it stands on the server.
    let keyword: String
    let label: String
    /// For narrow columns; one or two signs.
    let glyph: String
    /// `#rrggbb`, readable on white and on black.
    let color: String
    /// The nearest of a terminal's 16 colours.
    let terminalColor: String

    /// The keywords that are switched on, and the one that the user sets, the strongest evidence first: where a
    /// program shows one alone, that is it.
    static func all(_ names: KeywordNames) -> [KeywordLook] {
        let ours = Mark.strongestFirst.compactMap { mark in names.names[mark].map { KeywordLook(mark, keyword: $0) } }
        return ours + [
            KeywordLook(
                keyword: KeywordNames.notMe.spelling, label: "Not me", glyph: "✗", color: "#8d6e63",
                terminalColor: "red")
        ]
    }

    private init(keyword: String, label: String, glyph: String, color: String, terminalColor: String) {
        self.keyword = keyword
        self.label = label
        self.glyph = glyph
        self.color = color
        self.terminalColor = terminalColor
    }

    private init(_ mark: Mark, keyword: String) {
        let look: (label: String, glyph: String, color: String, terminal: String) =
            switch mark {
            case .tracked: ("✓ Tracked", "✓", "#78909c", "white")
            case .opened: ("✓✓ Opened", "✓✓", "#2e8b57", "green")
            case .openedAgain: ("✓✓ Opened again", "✓✓+", "#1e88e5", "blue")
            case .reached: ("Reached a machine", "·", "#9e9d24", "yellow")
            case .clicked: ("Clicked", "→", "#00897b", "cyan")
            case .replied: ("Replied", "↩", "#8e24aa", "magenta")
            case .followUp: ("Follow up", "!", "#e64a19", "red")
            case .unreliable: ("Proves little", "?", "#a1887f", "yellow")
            }
        self.init(
            keyword: keyword, label: look.label, glyph: look.glyph, color: look.color, terminalColor: look.terminal)
    }
}
