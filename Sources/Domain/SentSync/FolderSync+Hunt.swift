import FoundationEssentials
import IMAP

/// A tracked message that is not where it was.
package struct Quarry: Sendable, Hashable {
    package var messageID: String
    package var sentAt: Date?

    package init(messageID: String, sentAt: Date?) {
        self.messageID = messageID
        self.sentAt = sentAt
    }
}

/// The search for messages that were moved to this folder: by Message-ID, and what that does not find by the day they
/// were sent. Whatever turns up is believed only once its header has been read.
struct Hunt: Sendable {
    private var quarries: [Quarry] = []
    private var names: [[String]] = []
    /// `nil`: not yet.
    private var days: [ClosedRange<Date>]?
    var isOn: Bool { !quarries.isEmpty }

    mutating func begin(_ wanted: [Quarry], byName: Bool) {
        quarries = wanted
        days = nil
        let ids = byName ? wanted.map(\.messageID).filter(\.isPlain) : []
        names = stride(from: 0, to: ids.count, by: SyncLimits.namesPerSearch).map {
            Array(ids[$0..<min($0 + SyncLimits.namesPerSearch, ids.count)])
        }
    }

    mutating func caught(_ ids: Set<String>) { quarries.removeAll { ids.contains($0.messageID) } }

    /// A server that does not search by name is not asked again.
    mutating func skipNames() { names = [] }

    mutating func next() -> SearchKey? {
        if let ids = names.popLast() {
            return ids.map { SearchKey.header("Message-ID", $0) }.reduce(nil) { all, one in
                all.map { .or($0, one) } ?? one
            }
        }
        var left = days ?? Self.days(of: quarries)
        let window = left.popLast()
        days = left
        return window.map {
            .and([
                .since(CalendarDay($0.lowerBound, plus: -1)), .before(CalendarDay($0.upperBound, plus: 3)),
            ])
        }
    }

    /// Days on which messages were sent; those that touch are one.
    private static func days(of quarries: [Quarry]) -> [ClosedRange<Date>] {
        quarries.compactMap(\.sentAt).sorted().reduce(into: []) { ranges, date in
            if let last = ranges.last, date.timeIntervalSince(last.upperBound) < 4 * 86_400 {
                ranges[ranges.count - 1] = last.lowerBound...date
            } else {
                ranges.append(date...date)
            }
        }
    }
}

extension FolderSync {
    /// Looks for these messages here; those that are found come as ``Change/message(_:)``.
    package mutating func hunt(_ quarries: [Quarry]) {
        lookout.awaited = Set(quarries.map(\.messageID))
        hunt.begin(quarries, byName: policy.searchesText)
    }

    /// Whether ``seek(_:)`` may be called: nothing else is being searched for, and the first scan is over.
    package var canSeek: Bool {
        guard doubt == nil, state.scanComplete, backlog.isEmpty, !hunt.isOn else { return false }
        return !underway.contains { if case .find = $0 { true } else { false } }
    }

    /// Looks in this folder, which is watched, for messages that ``told`` names; their names are in lower case. Those that
    /// are found come as ``Change/message(_:)``.
    package mutating func seek(_ quarries: [Quarry]) { hunt.begin(quarries, byName: policy.searchesText) }

    /// Everything has been asked: what has not been found is not here.
    package mutating func endHunt() { hunt = Hunt() }

    mutating func caught(_ messages: [ExaminedMessage]) {
        guard hunt.isOn else { return }
        let ids = Set(messages.flatMap { [$0.messageID].compactMap { $0 } + $0.earlierIDs })
        hunt.caught(ids.union(ids.map { $0.lowercased() }))
        lookout.awaited.subtract(ids)
    }

    mutating func nextOfHunt() -> SyncRequest? {
        // First it has to be seen what the last search was worth.
        guard hunt.isOn, backlog.isEmpty, chunks.isEmpty else { return nil }
        return hunt.next().map(SyncRequest.find)
    }

    /// An answer to SEARCH, which belongs to whatever is being looked for.
    mutating func located() -> [Change] {
        let answer = found ?? UIDSet()
        found = nil
        guard hunt.isOn else { return hinted(answer) }
        var rest = answer
        backlog.formUnion(rest.removeNewest(SyncLimits.suspects))
        return []
    }

    mutating func notLocated() -> [Change] {
        guard hunt.isOn else {
            hint.stage = .over
            state.hinted = true
            return [.hinted]
        }
        hunt.skipNames()
        return []
    }
}

extension String {
    /// Whether it can be asked for without a charset or a literal.
    fileprivate var isPlain: Bool {
        utf8.count <= 250 && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
    }
}
