import IMAP
import SentSync

/// What the account's configuration has shown on messages.
enum Showing: String, Sendable, CaseIterable {
    case keywords
    /// Gmail's labels, and no keywords.
    case labels
    /// Keywords, and Gmail's labels for those that the server refuses (`show = "auto"`).
    case automatic
    /// Coloured flags, and no keywords.
    case colors
    /// Keywords, and a copy of each opened message in ``Folder/copies``.
    case copies

    var hasLabels: Bool { self == .labels || self == .automatic }

    var signs: Signs {
        let labels = Mark.allCases.map { Sign(.label, $0, World.label($0)) }
        return switch self {
        case .keywords: Signs(.standard)
        case .labels: Signs(labels)
        case .automatic: Signs(Signs(.standard).all + labels, standIns: [.label])
        case .colors: Signs(Self.colorOfMark.map { Sign(.color, $0.key, $0.value.rawValue) })
        case .copies: Signs(Signs(.standard).all + [Sign(.copy, .opened, Folder.copies.rawValue)])
        }
    }

    /// From each to the next one bits are set and taken off, or one of the two.
    static let colorOfMark: [Mark: FlagColor] = [.reached: .red, .opened: .yellow, .openedAgain: .orange]
    /// No mark of ours ever shows it, not even between the two commands of a change.
    static let userColor = FlagColor.purple
    /// What a coloured flag is made of.
    static let colorFlags = Set(FlagColor.allBits + [.flagged])
}

extension FlagColor {
    var flags: Set<Flag> { bits.union([.flagged]) }
}
