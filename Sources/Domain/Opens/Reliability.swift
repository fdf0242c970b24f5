import FoundationEssentials

/// Why the status of a message to a domain proves little. No person's reading was ever told there, so that its absence
/// says nothing.
package enum Unreliability: String, Sendable, CaseIterable, Codable {
    /// No message has left a request: images are not loaded there, or nobody reads.
    case silent
    /// Scanners fetch what comes, and no reader shows beside them.
    case scanned
    /// Images are fetched ahead, as Apple's relay does (SocketLabs: later readings leave no trace), and no reader shows.
    case preloaded
}

/// What became of the latest tracked messages that one account has sent to recipients of one domain alone.
package struct DomainRecord: Sendable, Equatable {
    /// What is going to be read mostly has been by then: a younger message proves nothing by silence.
    package static let settlingTime: TimeInterval = 7 * 86_400
    /// So many of the latest are looked at: what a domain did long ago, it may do no more.
    package static let window = 50
    /// Of recipients who read every second mail with images, one in 2^5 = 32 would be silent by chance.
    static let leastSilent = 5
    /// Where machines fetched each of them, that many are no chance.
    static let leastReached = 3

    /// Messages that have had time to be read.
    package private(set) var messages = 0
    package private(set) var scanned = 0
    package private(set) var preloaded = 0
    /// By whatever machine.
    package private(set) var reached = 0
    /// Messages that a person may have read, young ones too.
    package private(set) var persons = 0

    package init() {}

    package var isFull: Bool { messages >= Self.window }

    /// `isSettled`: it has had time to be read.
    package mutating func add(_ reach: Reach, isSettled: Bool) {
        if reach.contains(.person) { persons += 1 }
        guard isSettled else { return }
        messages += 1
        if reach.contains(.scanner) { scanned += 1 }
        if reach.contains(.preload) { preloaded += 1 }
        if !reach.isDisjoint(with: [.scanner, .preload]) { reached += 1 }
    }

    /// `nil` where a reading can be told, or where too little is known.
    package var unreliability: Unreliability? {
        guard persons == 0, messages >= (reached == messages ? Self.leastReached : Self.leastSilent) else { return nil }
        guard reached > 0 else { return .silent }
        return scanned > preloaded ? .scanned : .preloaded
    }
}
