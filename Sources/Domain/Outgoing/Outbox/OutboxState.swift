import FoundationEssentials

/// How far a message of the outbox has come. Each state is on disk before what it permits is done. The raw values are
/// stored: they do not change.
package enum OutboxState: String, Sendable, CaseIterable {
    /// Known by its content, and about to be moved out of the outbox folder.
    case claiming
    /// We have moved it to the folder for what is being sent. Nothing of it has been sent.
    case claimed
    /// From here on it may have been sent.
    case sending
    /// The provider has accepted it.
    case sent
    /// Sent holds it.
    case filed
    /// It will not be sent, for a reason that is written down.
    case refusing
    /// Nobody knows whether it was sent.
    case doubtful
    /// It lies where messages are sent from, and not by our doing as far as we know.
    case strange
    // Ends.
    case done
    case refused
    case uncertain
    /// Somebody else took it away.
    case gone

    package var isEnd: Bool {
        switch self {
        case .claiming, .claimed, .sending, .sent, .filed, .refusing, .doubtful, .strange: false
        case .done, .refused, .uncertain, .gone: true
        }
    }
}

/// Where a message lies.
package enum OutboxPlace: Sendable, Equatable, CaseIterable {
    case outbox
    /// The folder below it for what is being sent.
    case sending
    /// In neither.
    case elsewhere
}

/// What to do next with a message of the outbox.
package enum OutboxStep: Sendable, Equatable {
    /// Write it down as ``OutboxState/claiming``, then move it out of the outbox folder.
    case claim
    case send
    /// See whether Sent holds it: then it was sent, else that is not known.
    case lookForCopy
    case file
    /// From the folder for what is being sent.
    case remove
    case setAside(OutboxEnd)
    case become(OutboxState, because: OutboxDoubt?)
    case wait(until: Date)
    case nothing
}

/// Why a message comes out of the outbox without having been sent for certain.
package enum OutboxEnd: Sendable, Equatable {
    case refused
    case notSure
}

package enum OutboxDoubt: String, Sendable, Equatable {
    /// Stopped between handing it over and the provider's answer.
    case interrupted
    /// Stopped while it was moved: it was not sent by us, and who moved it may send it.
    case unclaimed
    /// It is not in our book.
    case unknown

    /// A clause that begins in lower case and has no full stop.
    package var explanation: String {
        switch self {
        case .interrupted: "Sentmark was stopped, or the connection ended, before the provider said whether it has it"
        case .unclaimed: "Sentmark was stopped while it took the message out of the outbox, and did not send it"
        case .unknown:
            "it lay in the folder for what is being sent, and this Sentmark does not know how it came there"
        }
    }
}

/// What is known of one message of the outbox.
package struct OutboxItem: Sendable, Equatable {
    package let state: OutboxState
    /// When it was found.
    package let foundAt: Date
    /// When the state was written.
    package let changedAt: Date

    package init(_ state: OutboxState, foundAt: Date, changedAt: Date) {
        self.state = state
        self.foundAt = foundAt
        self.changedAt = changedAt
    }

    /// How long another agent on the same mailbox has to send what it has claimed.
    package static let strangerPatience: TimeInterval = 3600
    /// How long after our own interrupted move nobody else can be at it any more.
    package static let movePatience: TimeInterval = 600
    /// How long a provider that cannot be reached is tried.
    package static let sendingPatience: TimeInterval = 2 * 86_400

    /// What is neither in our book nor ended in it is `nil`.
    package static func next(_ item: OutboxItem?, at place: OutboxPlace, now: Date) -> OutboxStep {
        guard let item, !item.state.isEnd else {
            return switch place {
            case .outbox: .claim
            case .sending: .become(.strange, because: nil)
            case .elsewhere: .nothing
            }
        }
        return item.next(at: place, now: now)
    }

    private func next(at place: OutboxPlace, now: Date) -> OutboxStep {
        switch (state, place) {
        case (.claiming, .outbox), (.claimed, .outbox): .claim
        case (.claiming, .sending): patience(Self.movePatience, now, .unclaimed)
        case (.claiming, .elsewhere), (.claimed, .elsewhere), (.strange, .outbox), (.strange, .elsewhere):
            .become(.gone, because: nil)
        case (.claimed, .sending): .send
        case (.sending, _): .lookForCopy
        case (.sent, _): .file
        case (.filed, .sending): .remove
        case (.filed, .outbox), (.filed, .elsewhere): .become(.done, because: nil)
        case (.refusing, .elsewhere): .become(.refused, because: nil)
        case (.refusing, _): .setAside(.refused)
        case (.doubtful, .elsewhere): .become(.uncertain, because: nil)
        case (.doubtful, _): .setAside(.notSure)
        case (.strange, .sending): patience(Self.strangerPatience, now, .unknown)
        case (.done, _), (.refused, _), (.uncertain, _), (.gone, _): .nothing
        }
    }

    private func patience(_ patience: TimeInterval, _ now: Date, _ doubt: OutboxDoubt) -> OutboxStep {
        let end = changedAt.addingTimeInterval(patience)
        return now < end ? .wait(until: end) : .become(.doubtful, because: doubt)
    }
}
