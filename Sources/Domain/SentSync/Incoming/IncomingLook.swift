import Beacon
import FoundationEssentials
import IMAP
import MIME
import Servers
import Tokens

/// One look through a folder for incoming mail that has to do with tracked messages: a machine without I/O, and without
/// anything that could change the folder.
///
/// The runner sends what ``next()`` names, one command after the other, feeds every untagged response to ``received(_:)``
/// and says when the command was answered. Of all new messages a few header fields are read, of those that name a tracked
/// message, or are a mail server's reports, the HTML and the report. What cannot be read is passed over: it is evidence, and
/// the next look must not stumble over it again.
package struct IncomingLook: Sendable {
    private enum Step: Sendable {
        case search, headers, flags, structures, parts, over
    }

    /// Of the header, and nothing else.
    static let fields = [
        "MESSAGE-ID", "IN-REPLY-TO", "REFERENCES", "FROM", "CONTENT-TYPE", "AUTO-SUBMITTED", "X-FAILED-RECIPIENTS",
    ]

    private var state: IncomingState
    private let tracked: Set<String>
    private let policy: FolderSync.Policy
    private let server: ServerPolicy
    private let scanner: BeaconScanner
    private var step: Step
    /// Ranges of new messages whose headers are still to be asked for.
    private var ranges: [UIDSet] = []
    private var drafts: [UID: IncomingDraft] = [:]
    private var wanted: [Section: UIDSet] = [:]
    private var asked: Section?
    private var found = UIDSet()
    private var seen = UIDSet()
    private var unseen = UIDSet()
    private var budget = IncomingLimits.total
    private let uidValidity: UIDValidity
    private var uidNext: UID
    private let since: Date?

    /// - Parameters:
    ///   - selected: the answer to EXAMINE.
    ///   - tracked: Message-IDs.
    ///   - since: how far back the first look goes.
    /// `nil` for a folder that has no UIDVALIDITY or UIDNEXT: nothing that is learned there can be remembered.
    package init?(
        _ selected: FolderSync.Selected, state: IncomingState, tracked: Set<String>, since: Date?,
        policy: FolderSync.Policy, server: ServerPolicy
    ) {
        guard let validity = selected.uidValidity, let next = selected.uidNext else { return nil }
        let isKnown = state.uidValidity == validity
        self.state = isKnown ? state : IncomingState()
        self.tracked = tracked
        self.policy = policy
        self.server = server
        self.since = since
        uidValidity = validity
        uidNext = next
        scanner = BeaconScanner(patterns: policy.patterns)
        step = .headers
        guard let first = self.state.uidNext else {
            step = .search
            return
        }
        if first < next, next.rawValue > 1 { divide(UIDSet(first...UID(next.rawValue - 1))) }
    }

    /// What the look has shown, once ``next()`` has nothing more to ask.
    package var news: IncomingNews {
        IncomingNews(
            uidValidity: uidValidity, uidNext: uidNext,
            mail: drafts.values.compactMap { $0.mail(isOurs: policy.isOurs) }.sorted { $0.uid < $1.uid }, seen: seen,
            unseen: unseen)
    }

    /// The same look, through the one message that comes next, and at nothing that is known; `nil` when none is left. For a
    /// folder over which the connection breaks again and again, be it over the SEARCH: where none has been answered, it
    /// begins with the last messages.
    /// - Parameter previous: what this returned last, when that look was over.
    package func alone(after previous: IncomingLook?) -> IncomingLook? {
        let end = max(1, uidNext.rawValue)
        let oldest = UID(end - min(end - 1, IncomingLimits.alone))
        let first = previous?.uidNext ?? max(oldest, state.uidNext ?? oldest)
        guard first < uidNext else { return nil }
        var one = self
        one.step = .headers
        one.state = IncomingState()
        one.ranges = [UIDSet(first)]
        one.uidNext = UID(first.rawValue + 1)
        one.budget = previous?.budget ?? budget
        return one
    }

    /// The next command; `nil` when the look is over.
    package mutating func next() -> Command? {
        while true {
            switch step {
            case .search:
                step = .headers
                found = UIDSet()
                return .uidSearch(since.map { .since(CalendarDay($0)) } ?? .all)
            case .headers:
                if let range = ranges.popLast() {
                    return .uidFetch(range, [.uid, .flags, .internalDate, .body(.headerFields(Self.fields))])
                }
                chooseCandidates()
                step = .flags
            case .flags:
                step = .structures
                if !state.unseen.isEmpty { return .uidFetch(state.unseen, [.uid, .flags]) }
            case .structures:
                step = .parts
                let uids = UIDSet(drafts.keys)
                if !uids.isEmpty { return .uidFetch(uids, [.uid, .bodyStructure]) }
            case .parts:
                if asked == nil, wanted.isEmpty { collectParts() }
                guard budget > 0, let section = wanted.keys.min(by: Self.precedes) else {
                    step = .over
                    continue
                }
                var rest = wanted.removeValue(forKey: section) ?? UIDSet()
                let uids = rest.removeNewest(IncomingLimits.together)
                if !rest.isEmpty { wanted[section] = rest }
                asked = section
                let isWhole = !server.usesPartialFetch || section.kind != .whole
                return .uidFetch(
                    uids, [.uid, .body(section, range: isWhole ? nil : 0..<IncomingLimits.partBytes)])
            case .over:
                return nil
            }
        }
    }

    package mutating func received(_ response: Untagged) {
        switch response {
        case .search(let result): found.formUnion(result.all ?? UIDSet())
        case .fetch(let data): received(data)
        default: break
        }
    }

    /// The last command was answered, be it with NO that is not for the moment alone.
    package mutating func answered() {
        guard !found.isEmpty else { return }
        // Those that arrived since EXAMINE are for the next look.
        divide(uidNext.rawValue > 1 ? found.intersection(UIDSet(UID(1)...UID(uidNext.rawValue - 1))) : UIDSet())
        found = UIDSet()
    }
}

extension IncomingLook {
    /// The last ones, a chunk each, the oldest chunk first when taken from the end.
    private mutating func divide(_ uids: UIDSet) {
        var rest = uids
        let newest = rest.removeNewest(Int(IncomingLimits.messages))
        ranges = Array(newest.newestFirst(chunkedBy: min(IncomingLimits.chunk, server.messagesPerFetch ?? .max)))
    }

    private mutating func received(_ data: FetchData) {
        guard let uid = data.uid else { return }
        if let flags = data.flags, state.unseen.contains(uid) {
            if flags.contains(.seen) {
                unseen = unseen.subtracting(UIDSet(uid))
                seen.insert(uid)
            } else {
                unseen.insert(uid)
            }
        }
        if let header = data.headerFields?.bytes, drafts[uid] == nil {
            drafts[uid] = IncomingDraft(uid: uid, HeaderFields(parsing: header), data, tracked: tracked)
        } else if let structure = data.structure {
            drafts[uid]?.parts = structure.parts.filter {
                !server.usesPartialFetch ? $0.octets.map { $0 <= UInt64(SyncLimits.partTotal) } ?? false : true
            }
        }
        for section in data.sections where section.section == asked {
            guard let bytes = section.content.bytes else { continue }
            budget -= min(budget, bytes.count)
            drafts[uid]?.read(section.section, bytes, scanner)
        }
    }

    private mutating func chooseCandidates() {
        let last = drafts.keys.sorted().suffix(IncomingLimits.candidates)
        drafts = drafts.filter { last.contains($0.key) }
    }

    /// Messages that have parts of the same number share a command.
    private mutating func collectParts() {
        guard asked == nil else { return }
        for draft in drafts.values {
            for section in draft.sections { wanted[section, default: UIDSet()].insert(draft.uid) }
        }
    }

    private static func precedes(_ a: Section, _ b: Section) -> Bool {
        (a.part, a.kind == .whole ? 0 : 1) < (b.part, b.kind == .whole ? 0 : 1)
    }
}
