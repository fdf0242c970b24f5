import FoundationEssentials

/// Since when a change that a server tells of may have happened: how closely a folder is listened to. No clock of its own.
package struct Attention: Sendable, Equatable {
    /// Up to when the server has told of everything; `nil`: nobody was listening before.
    package private(set) var since: Date?
    private var asked: Date?

    package init(since: Date? = nil) { self.since = since }

    /// The server tells as it happens (IDLE).
    package mutating func heard(at moment: Date) { since = moment }

    /// What happened before that moment is told of with the answers that come now.
    package mutating func asked(at moment: Date) { asked = moment }

    /// All that it had to tell has been stored.
    package mutating func settled() {
        since = asked ?? since
        asked = nil
    }
}
