import IMAP
import Servers

/// What the sync asks the server next.
package enum SyncRequest: Sendable, Equatable {
    /// Which messages there are: everything, or since a day (by INTERNALDATE).
    case search(from: UID?, since: CalendarDay?)
    /// Flags of the copies we know of, and which of them are still there.
    case review(UIDSet)
    /// Which of their flags have changed since (RFC 7162).
    case changes(UIDSet, since: ModificationSequence)
    /// Which of the copies we know of are still there.
    case survivors(UIDSet)
    /// Which messages match: where to look first, or to look at all, and never a proof that others do not.
    case find(SearchKey)
    /// What the messages are called whose UIDs may not be theirs any more.
    case identities(UIDSet)
    /// What arrived since the last look, with everything that is needed of a header.
    case news(from: UID)
    /// These fields of the header, which tell of most messages that no more is to be asked.
    case glances(UIDSet, fields: [String])
    case structures(UIDSet)
    /// HTML parts by section, from a byte on; messages of the same section share a command.
    case parts([PartRequest])
    /// The first bytes of messages whose BODYSTRUCTURE could not be used.
    case wholes(UIDSet)
    case details(UIDSet)

    package struct PartRequest: Sendable, Equatable {
        package var section: String
        /// Octets of the part as transferred.
        package var range: Range<UInt32>
        package var uids: UIDSet
    }

    /// What the whole request is about, when that is a set of known UIDs.
    var uids: UIDSet? {
        switch self {
        case .search, .find, .news: nil
        case .review(let uids), .changes(let uids, _), .survivors(let uids), .identities(let uids),
            .glances(let uids, _), .structures(let uids), .wholes(let uids), .details(let uids):
            uids
        case .parts(let parts): parts.reduce(UIDSet()) { $0.union($1.uids) }
        }
    }

    /// Whether it is about messages of which it is not known yet whether they matter.
    package var isExamination: Bool {
        switch self {
        case .news, .glances, .structures, .parts, .wholes, .details: true
        case .search, .find, .survivors, .review, .changes, .identities: false
        }
    }

    /// Whether a FETCH response holds what was asked of its message, as far as it could be read. What is missing would be
    /// taken for gone, but for BODYSTRUCTURE: without it the message's first bytes are read.
    package func isAnswered(by data: FetchData) -> Bool {
        guard data.isPartial else { return true }
        guard let uid = data.uid else { return false }
        if let uids, !uids.contains(uid) { return true }
        return switch self {
        case .search, .find, .survivors, .structures: true
        case .review, .changes: data.flags != nil
        case .news, .identities, .glances, .details: data.headerFields != nil
        case .parts, .wholes: !data.sections.isEmpty
        }
    }

    /// Whether a response that could not be read at all, by its first bytes, may have been an answer: `* 12 …` or a
    /// search result. Other lines that are not understood, and come with everything, are the server's own affair.
    package func isConcerned(by response: [UInt8]) -> Bool {
        let words = response.split(separator: 0x20, maxSplits: 2)
        guard words.count > 1, words[0] == [UInt8(ascii: "*")] else { return false }
        return switch self {
        case .search, .find, .survivors:
            words[1].count >= 6 && String(decoding: words[1], as: UTF8.self).uppercased().hasSuffix("SEARCH")
        case .structures: false
        case .review, .changes, .identities, .news, .glances, .parts, .wholes, .details:
            words[1].allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    /// The commands to send, all of which may be in flight at once.
    package func commands(
        for capabilities: Capabilities, policy: ServerPolicy = ServerPolicy(), labels: Bool = false
    ) -> [Command] {
        let flags: [FetchItem] = labels ? [.uid, .flags, .gmailLabels] : [.uid, .flags]
        let ranges: [SearchReturn] = capabilities.contains(.esearch) ? [.all] : []
        return switch self {
        case .search(let first, let since):
            [.uidSearch(Self.key(from: first, since: since), returning: ranges)]
        case .review(let uids):
            Self.fetch(uids, flags, policy)
        case .changes(let uids, let since):
            // One short command: what is told of others costs less than a long set, and is passed over.
            [.uidFetch(uids.covered(within: SyncLimits.shortSet), flags, changedSince: since)]
        case .survivors(let uids):
            [.uidSearch(.uid(uids.covered(within: SyncLimits.shortSet)), returning: ranges)]
        case .find(let key):
            [.uidSearch(key, returning: ranges)]
        case .identities(let uids):
            Self.fetch(uids, [.uid, Self.header(MessageNames.fields)], policy)
        case .news(let first):
            // No set that could be cut: nobody knows how many there are.
            [.uidFetch(UIDSet(from: first), Self.newsItems)]
        case .glances(let uids, let fields):
            Self.fetch(uids, [.uid, Self.header(fields)], policy)
        case .structures(let uids):
            Self.fetch(uids, [.uid, .bodyStructure], policy)
        case .parts(let parts):
            parts.flatMap { part in
                let range = policy.usesPartialFetch ? part.range : nil
                return Self.fetch(part.uids, [.uid, .body(.part(part.section), range: range)], policy)
            }
        case .wholes(let uids):
            // In pieces even where that is not to be relied on: the whole would be all attachments.
            Self.fetch(uids, [.uid, .body(.message, range: 0..<SyncLimits.wholeBytes)], policy)
        case .details(let uids):
            Self.fetch(uids, [.uid, .flags, .internalDate, Self.header(Details.fields)], policy)
        }
    }

    /// What is asked of a message that arrived.
    private static let newsItems: [FetchItem] = [
        .uid, .flags, .internalDate, header(Lookout.fields + Details.fields),
    ]
    /// What a server is to tell of one by itself: the next question's answer too.
    package static let pushedItems = newsItems + [.bodyStructure]

    private static func header(_ fields: [String]) -> FetchItem { .body(.headerFields(fields)) }

    private static func fetch(_ uids: UIDSet, _ items: [FetchItem], _ policy: ServerPolicy) -> [Command] {
        let sets = policy.messagesPerFetch.map { Array(uids.newestFirst(chunkedBy: $0)) } ?? [uids]
        return sets.flatMap { Command.uidFetch($0, items).split(maxLineLength: policy.commandLineLength) }
    }

    private static func key(from first: UID?, since: CalendarDay?) -> SearchKey {
        switch (first, since) {
        case (nil, nil): .all
        case (let first?, nil): .uid(UIDSet(from: first))
        case (nil, let since?): .since(since)
        case (let first?, let since?): .and([.uid(UIDSet(from: first)), .since(since)])
        }
    }
}

/// Bounds of what the sync asks for.
package enum SyncLimits {
    /// Messages a request, when nothing is known of the server.
    static let chunk = 500
    /// Messages a request, when the server answers faster than ``quick``, and when it takes longer than ``slow``.
    static let largestChunk = 2000
    static let smallestPace = 50
    static let quick = Duration.seconds(2)
    static let slow = Duration.seconds(20)
    /// A first scan that takes longer is worth a hint.
    static let long = Duration.seconds(20)
    /// Texts that one hint asks for.
    static let needles = 8
    /// Message-IDs that one search asks for.
    static let namesPerSearch = 8
    /// Messages that a server may tell of by itself before they are taken.
    static let pushed = 50
    /// See ``FolderSync/Policy/much``.
    static let much: UInt32 = 200
    /// Messages of the same days that are looked at for one that moved.
    static let suspects = 2000
    /// Copies that have to be the same before another UIDVALIDITY is taken for a whim.
    static let confirmations = 20
    /// Octets of a UID set that is sent as it is; of a longer one, its span is.
    static let shortSet = 1500
    /// Bytes of a part that one FETCH asks for.
    static let partBytes: UInt32 = 256 << 10
    /// Bytes of a part that are read at all: our pixel stands within the first 100 KB, foreign ones may stand at the end.
    static let partTotal: UInt32 = 1 << 20
    /// HTML parts of one message that are read.
    static let partCount = 16
    /// Bytes of a message that are read when its BODYSTRUCTURE cannot be used.
    static let wholeBytes: UInt32 = 128 << 10
}

extension UIDSet {
    /// Itself, or everything between its ends if that is shorter to say.
    func covered(within length: Int) -> UIDSet {
        guard let first = ranges.first?.lowerBound, let last, description.utf8.count > length else { return self }
        return UIDSet(first...last)
    }
}
