import Beacon
import FoundationEssentials
import IMAP
import Tokens

/// Keeps what is known of one folder in step with the server: a machine without I/O.
///
/// The runner asks ``next()`` what to ask the server, as often as that names something, feeds every untagged response to
/// ``received(_:)``, and hands the outcome of each request to ``finished(_:took:)`` or ``failed(_:reason:)``; both return
/// the changes to store, in one transaction. Whatever was not stored is simply asked again, so it can be stopped anywhere.
///
/// How a session gets into step depends on what the server offers (RFC 7162):
/// - QRESYNC: the answer to SELECT holds all that has changed.
/// - CONDSTORE: changed flags are asked for, and only if HIGHESTMODSEQ has moved. Messages that are gone show in the
///   count: UIDs only grow, so nothing that arrives can make up for something that leaves.
/// - neither: flags of all known copies are read; those that do not appear are gone.
package struct FolderSync: Sendable {
    package struct Policy: Sendable {
        /// How far back the first scan looks; `nil` is everything.
        package var since: Date?
        package var patterns: [TokenPattern]
        /// Requests under way at once, so that the server always has the next one at hand.
        package var window = 4
        /// Messages a request, when nothing is known of the server.
        package var chunk = SyncLimits.chunk
        /// Messages to be read from which on compression is worth its round trip.
        package var much = SyncLimits.much
        /// Only copies that are known, and messages that are hunted, matter: a folder beside Sent.
        package var isVisit = false
        /// SEARCH HEADER and SEARCH BODY may be asked, as a hint where to look first.
        package var searchesText = true
        /// What the URLs of pixels begin with, without scheme.
        package var needles: [String] = []
        package var isOurs: @Sendable (Token) -> Bool
        /// Whether labels are asked for where flags are.
        package var readsLabels = false

        package init(since: Date?, patterns: [TokenPattern] = [], isOurs: @escaping @Sendable (Token) -> Bool) {
            self.since = since
            self.patterns = patterns
            self.isOurs = isOurs
        }
    }

    /// What SELECT said.
    package struct Selected: Sendable, Equatable {
        package var uidValidity: UIDValidity?
        package var uidNext: UID?
        /// `nil`: the mailbox, or the server as far as it can be relied on, does not number its changes.
        package var highest: ModificationSequence?
        package var exists: UInt32
        /// The server took our state of the mailbox and tells, as untagged responses, all that has changed since.
        package var isResynchronised: Bool

        package init(
            uidValidity: UIDValidity?, uidNext: UID?, highest: ModificationSequence?, exists: UInt32,
            isResynchronised: Bool = false
        ) {
            self.uidValidity = uidValidity
            self.uidNext = uidNext
            self.highest = highest
            self.exists = exists
            self.isResynchronised = isResynchronised
        }
    }

    /// What has to be looked into.
    struct Looks: OptionSet, Sendable {
        let rawValue: UInt8
        /// Messages may have arrived.
        static let arrivals = Looks(rawValue: 1)
        /// Flags of known copies may have changed.
        static let flags = Looks(rawValue: 2)
        /// Known copies may be gone.
        static let survivors = Looks(rawValue: 4)
        /// Which messages there are for the first scan.
        static let search = Looks(rawValue: 8)
    }

    package internal(set) var state: FolderState
    package let policy: Policy
    var lookout: Lookout
    /// What has to be cleared up before anything else is asked or written.
    var doubt: Doubt?
    var hint = Hint()
    var hunt = Hunt()
    var selected = Selected(uidValidity: nil, uidNext: nil, highest: nil, exists: 0)
    var exists: UInt32 = 0
    /// VANISHED may name what never was: that nothing is left after one is no certainty.
    var existsIsCertain = true
    var due: Looks = []
    /// What this session still has to find out before it knows all that SELECT told of.
    var unsettled: Looks = []
    /// Requests that concern the folder as a whole and are not answered yet.
    var underway: [SyncRequest] = []
    /// Messages that are being examined, those of the oldest request first.
    var chunks: [Chunk] = []
    /// One request at a time for the rest of the session: so it is known which one an unreadable line answers.
    var asksAlone = false
    /// UIDs still to be examined; those of the first scan and those that arrived.
    var backlog = UIDSet()
    /// The last of those that arrived and need no further look, whatever is still to be examined below it.
    var lastSettled: UID?
    var scanTotal = 0
    /// Messages a chunk, when all goes well.
    var pace: Int
    /// Filled by SEARCH responses; `nil` until there is one.
    var found: UIDSet?
    /// Filled by FETCH responses until the review is finished.
    var reviewed: [UID: Set<Flag>]?
    var news: [Change] = []
    /// What the server told by itself of messages that arrived.
    var pushed = Pushed()
    /// All flags and keywords of the mailbox, as FLAGS told them last.
    package internal(set) var listedFlags: Set<Flag> = []

    package init(state: FolderState, policy: Policy) {
        self.state = state
        self.policy = policy
        pace = policy.chunk
        lookout = Lookout(scanner: BeaconScanner(patterns: policy.patterns), isOurs: policy.isOurs)
        lookout.readsBodies = !policy.isVisit
    }

    /// Message-IDs of tracked messages of which no copy is known: those that moved, whose UIDs were changed, or that are
    /// known before they have arrived.
    package var awaited: Set<String> {
        get { lookout.awaited }
        set {
            lookout.awaited = newValue
            for index in chunks.indices { chunks[index].wait(for: newValue) }
        }
    }

    /// Message-IDs, in lower case, of mail that providers tell opens of and of which no copy is known.
    package var told: Set<String> {
        get { lookout.told }
        set { lookout.told = newValue }
    }

    /// Messages examined of those the first scan has to examine, while it is under way.
    package var progress: (done: Int, total: Int)? {
        state.scanComplete || scanTotal == 0 ? nil : (scanTotal - backlog.count, scanTotal)
    }

    /// Whether there is more to be read than a few messages, as far as is known by now: how many the first scan looks at
    /// is told by its SEARCH.
    package var expectsMuch: Bool {
        if backlog.count >= policy.much { return true }
        guard due.contains(.arrivals), let next = selected.uidNext, let known = state.uidNext, next > known else {
            return false
        }
        return min(next.rawValue - known.rawValue, exists) >= policy.much
    }

    /// Whether there is something to ask or to store that the server told on its own.
    package var hasNews: Bool { !due.isEmpty || !news.isEmpty || pushed.hasOverflowed }

    /// Begins a session; returns what has to be stored before anything is asked.
    package mutating func begin(_ selected: Selected) -> [Change] {
        self.selected = selected
        exists = selected.exists
        doubt = Doubt(of: selected, knowing: state)
        if doubt != nil { return [] }
        if let validity = selected.uidValidity, validity != state.uidValidity { return startAfresh() }
        return resume()
    }

    /// Every UID that is known means nothing any more.
    mutating func startAfresh() -> [Change] {
        let validity = selected.uidValidity ?? state.uidValidity ?? UIDValidity(1)
        let oldest = state.oldestTracked
        state = FolderState(uidValidity: validity, chunk: state.chunk, oldestTracked: oldest)
        return [.reset(uidValidity: validity)] + lookEverywhere(since: Self.earlier(policy.since, oldest)) + resume()
    }

    private mutating func lookEverywhere(since: Date?) -> [Change] {
        // In a folder that is only visited, copies that are gone are looked for like all that moved.
        if policy.isVisit {
            state.scanComplete = true
            return [.scanCompleted]
        }
        return [beginScan(since: since)]
    }

    mutating func resume() -> [Change] {
        var changes: [Change] = []
        let isNew = state.uidNext == nil
        if policy.isVisit {
            state.uidNext = selected.uidNext
        } else {
            // What it says is said of the messages that are there now.
            if let next = selected.uidNext, let before = state.uidNext, next < before {
                state.uidNext = next
                state.count = nil
            }
            if Self.isEarlier(policy.since, than: state.scanSince) { changes.append(beginScan(since: policy.since)) }
            if isNew { state.uidNext = selected.uidNext }
            if !state.scanComplete { due.insert(.search) }
            if Self.isNews(selected.uidNext, beyond: state.uidNext) { due.insert(.arrivals) }
        }
        comparePast()
        unsettled = due.intersection([.flags, .survivors]).union(unsettled)
        if isNew || unsettled.isEmpty { changes += caughtUp() }
        return changes
    }

    /// What is known of copies from earlier sessions, compared with what SELECT says.
    private mutating func comparePast() {
        guard !state.tracked.isEmpty, !selected.isResynchronised else { return }
        guard let highest = selected.highest, let before = state.highest else {
            due.insert(.flags)
            return
        }
        if highest != before { due.insert(.flags) }
        if state.count != nil, exists > 0, due.contains(.arrivals) {
            // How many of those that exist have arrived is known when they have been asked for.
            unsettled.insert(.arrivals)
        } else if state.count != exists {
            due.insert(.survivors)
        }
    }

    private static func isNews(_ next: UID?, beyond known: UID?) -> Bool {
        guard let next, let known else { return true }
        return next > known
    }

    private static func earlier(_ a: Date?, _ b: Date?) -> Date? {
        guard let a else { return nil }
        return b.map { min(a, $0) } ?? a
    }

    /// `nil` is the beginning of time.
    private static func isEarlier(_ a: Date?, than b: Date?) -> Bool {
        guard let b else { return false }
        return a.map { $0 < b } ?? true
    }
}
