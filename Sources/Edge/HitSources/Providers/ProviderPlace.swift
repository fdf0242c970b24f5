import FoundationEssentials

/// In which order a provider tells its events.
package enum EventOrder: String, Sendable, CaseIterable {
    case newestFirst = "newest-first"
    case oldestFirst = "oldest-first"
}

/// How far a provider's events have been read. They are walked through page by page, over and over; its text is the
/// cursor that is stored with the hits of each page.
///
/// Events turn up late, and some pages are told in the order of their time and others against it. So a walk begins
/// ``overlap`` before what has been read, and what comes twice is known by its identifier.
struct ProviderPlace: Sendable, Equatable {
    /// A walk that is under way.
    struct Walk: Sendable, Equatable {
        /// It looks no further back.
        var from: Date
        var began: Date
        /// Of the events that it has seen.
        var newest: Date?
        var pages = 0
        /// Where it goes on; as the API's dialect has it.
        var page: String
    }

    /// Seconds. Mailgun's documentation advises half an hour; nobody else says anything.
    static let overlap = 1800.0
    /// Seconds after which a walk that has not come to its end begins anew: links to pages are not good for ever.
    static let walkLimit = 3600.0
    /// A walk is over after that many, whatever the provider says: one that leads in circles would never end.
    static let pageLimit = 1000
    private static let cursorLimit = 4096

    /// Everything up to it has been read, but for what turns up late; `nil`: nothing yet.
    var readUpTo: Date?
    var walk: Walk?

    init(readUpTo: Date? = nil, walk: Walk? = nil) {
        self.readUpTo = readUpTo
        self.walk = walk
    }

    /// What to ask for next.
    /// - Parameter history: seconds that the first walk looks back.
    func step(now: Date, history: TimeInterval) -> (from: Date, began: Date, page: String?) {
        if let walk, now.timeIntervalSince(walk.began) < Self.walkLimit { return (walk.from, walk.began, walk.page) }
        return (readUpTo.map { $0 - Self.overlap } ?? now - history, now, nil)
    }

    /// The place behind a page.
    /// - Parameters:
    ///   - times: of its events.
    ///   - next: the page behind it, if there is one.
    func after(
        _ step: (from: Date, began: Date, page: String?), times: [Date], next: String?, order: EventOrder, now: Date
    ) -> ProviderPlace {
        let isNewWalk = step.page == nil
        // A time that is still to come would hide what comes until then.
        let seen = ([isNewWalk ? nil : walk?.newest] + times.map { min($0, now) }).compactMap(\.self).max()
        let pages = (isNewWalk ? 0 : walk?.pages ?? 0) + 1
        var place = ProviderPlace(readUpTo: readUpTo)
        // In order of time each page is done with at once; against it only the whole walk is.
        let isOver =
            next == nil || pages >= Self.pageLimit
            || order == .newestFirst && times.contains { $0 < step.from }
        if order == .oldestFirst || isOver {
            place.readUpTo = [readUpTo, seen].compactMap(\.self).max() ?? step.from
        }
        if !isOver, let next {
            place.walk = Walk(from: step.from, began: step.began, newest: seen, pages: pages, page: next)
        }
        return place
    }
}

extension ProviderPlace {
    /// `nil` if it is none that ``text`` has written.
    init?(_ text: String) {
        guard text.utf8.count <= Self.cursorLimit else { return nil }
        // By octets: a colon and a mark behind it are one character.
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 6, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard parts.count == 2 || parts.count == 7, parts[0] == "1" else { return nil }
        readUpTo = Int64(parts[1]).map(Date.init(milliseconds:))
        guard parts.count == 7 else { return }
        guard let from = Int64(parts[2]), let began = Int64(parts[3]), let pages = Int(parts[5]) else { return nil }
        walk = Walk(
            from: Date(milliseconds: from), began: Date(milliseconds: began),
            newest: Int64(parts[4]).map(Date.init(milliseconds:)), pages: pages, page: parts[6])
    }

    /// `1:READ`, or `1:READ:FROM:BEGAN:NEWEST:PAGES:PAGE` in a walk; times in milliseconds since 1970, empty for none.
    var text: String {
        let read = "1:" + (readUpTo.map { String($0.milliseconds) } ?? "")
        guard let walk else { return read }
        let newest = walk.newest.map { String($0.milliseconds) } ?? ""
        return "\(read):\(walk.from.milliseconds):\(walk.began.milliseconds):\(newest):\(walk.pages):\(walk.page)"
    }

    /// Whether a page can be remembered.
    static func canHold(_ page: String) -> Bool { page.utf8.count <= cursorLimit - 128 }
}

extension Date {
    /// The same moment as any other with these milliseconds, to the bit.
    init(milliseconds: Int64) {
        self.init(timeIntervalSinceReferenceDate: Double(milliseconds - 978_307_200_000) / 1000)
    }
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}
