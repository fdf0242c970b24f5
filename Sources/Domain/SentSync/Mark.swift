import IMAP
import Opens

/// What Sentmark can say about a message with a keyword (design: contracts, "Keywords").
package enum Mark: String, Sendable, CaseIterable, Codable, Comparable {
    case tracked
    case opened
    case openedAgain = "opened-again"
    case reached
    case clicked
    case replied
    case followUp = "follow-up"
    case unreliable

    package static func < (a: Mark, b: Mark) -> Bool { a.rawValue < b.rawValue }

    /// Where a message shows one alone, that is it.
    package static let strongestFirst: [Mark] = [
        .replied, .clicked, .openedAgain, .opened, .reached, .followUp, .unreliable, .tracked,
    ]
}

/// The keyword for each mark; a mark without one is switched off.
package struct KeywordNames: Sendable, Equatable {
    package static let standard = KeywordNames(
        Dictionary(uniqueKeysWithValues: Mark.allCases.map { ($0, $0.rawValue) }))
    /// Set by the user on a message whose opens were the user's own: it overrules them.
    package static let notMe = Flag(spelling: "not-me")

    package var names: [Mark: String]

    package init(_ names: [Mark: String]) { self.names = names }
}

/// What is known of a message when its keywords are planned.
package struct Standing: Sendable, Equatable {
    package var status: OpenStatus
    /// Separate readings by people.
    package var readings: Int
    /// Grows with every hit that proves something new; what the user took away comes back only above it.
    package var evidence: Int
    /// To one of its recipients' domains nobody's reading was ever told: that none is proves nothing.
    package var isUnreliable: Bool

    package init(status: OpenStatus, readings: Int, evidence: Int, isUnreliable: Bool = false) {
        self.status = status
        self.readings = readings
        self.evidence = evidence
        self.isUnreliable = isUnreliable
    }

    /// What may be claimed: that nobody opened it only where an opening would show.
    package var claimedStatus: OpenStatus { status == .notOpened && isUnreliable ? .unknown : status }

    /// Of the marks that a message carried when a new database first saw it, those that stay: whatever nothing known
    /// speaks against. The requests that proved them may not have been pulled yet, or be gone from the pixel server.
    package func kept(of inherited: Set<Mark>, feedIsComplete: Bool) -> Set<Mark> {
        guard evidence == 0 || !feedIsComplete else { return [] }
        // What a domain's history says is found out anew, and only once all of it is known.
        let lasting = feedIsComplete ? inherited.subtracting([.unreliable]) : inherited
        return status == .opened ? lasting.subtracting([.reached, .unreliable]) : lasting
    }

    /// `overruled`: the user has said that the opens were the sender's own.
    package func marks(overruled: Bool) -> Set<Mark> {
        guard !overruled else { return [.tracked] }
        let doubt: Set<Mark> = isUnreliable ? [.unreliable] : []
        switch status {
        case .opened: return readings > 1 ? [.tracked, .opened, .openedAgain] : [.tracked, .opened]
        case .machineOnly, .maybe: return doubt.union([.tracked, .reached])
        case .selfOnly, .notOpened, .unknown: return doubt.union([.tracked])
        }
    }
}
