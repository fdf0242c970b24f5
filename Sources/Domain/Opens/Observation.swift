import FoundationEssentials

/// One hit with all that the rules ask of it: what it says itself and what the rest of the history adds.
struct Observation: Sendable {
    var hit: Hit
    var role: NetworkRole
    var family: ClientFamily
    var kind: ClientKind
    /// HEAD or OPTIONS.
    var isProbe: Bool
    var isForeignMethod: Bool
    var isLink: Bool
    /// Seconds since sending; negative before it; `nil` if unknown or if the clocks disagree.
    var age: TimeInterval?
    var isSendersCopy: Bool
    var isOwnRecipient: Bool
    /// The sender touched the message within half a minute of the hit.
    var isOwnActivity: Bool
    /// What of the sender's incoming mail showed this pixel when it was loaded.
    var shownBy: Set<Incoming.Kind>
    /// No recipient has got the mail with this token.
    var isUndelivered: Bool
    /// And the report that says so had come.
    var isAfterReport: Bool
    var sender: SenderFacts
    var sequence: SequenceEvidence = []

    /// What is the same for all hits of a message.
    struct SenderFacts: Sendable {
        var clients: Set<ClientFamily>
        var sharesDomain: Bool
        var isRecipient: Bool
    }

    init(_ hit: Hit, in history: History, clocksAgree: Bool, sender: SenderFacts, isSendersCopy: Bool) {
        self.hit = hit
        role = hit.selfNet ? .own : NetworkRole(hit.netclass, asn: hit.asn)
        family = hit.family ?? ClientFamily(userAgent: hit.ua)
        kind = family.kind
        let method = hit.method ?? "GET"
        let isGET = method == "GET" || method.uppercased() == "GET"
        isProbe = hit.signals.contains(.probe) || !isGET && ["HEAD", "OPTIONS"].contains(method.uppercased())
        isForeignMethod = !isGET && !isProbe
        isLink = hit.signals.contains(.link)
        age = clocksAgree ? history.sentAt.map { hit.at.timeIntervalSince($0) } : nil
        self.isSendersCopy = isSendersCopy
        isOwnRecipient = history.ownTokens.contains(hit.token)
        isOwnActivity = history.ownActivity.contains {
            $0.explains(hit.at) && !(clocksAgree && history.isFiling(at: $0.until))
        }
        shownBy = Set(history.incoming.filter { $0.token == hit.token && $0.arrivedAt <= hit.at }.map(\.kind))
        let returned = history.undelivered[hit.token]
        isUndelivered = returned != nil
        isAfterReport = returned.map { $0 <= hit.at } ?? false
        self.sender = sender
    }

    /// Arrived within `seconds` of sending, or a little before it, as clocks go. Never if the age is unknown.
    func isWithin(_ seconds: TimeInterval) -> Bool {
        guard let age else { return false }
        return age < seconds && age >= -Thresholds.clockSkew
    }

    /// A client of the sender's own, as far as is known.
    var isKnownOwnClient: Bool { sender.clients.contains(family) }
    /// Where people read mail, and not with a client that the sender is known not to use.
    var mayBeSender: Bool {
        !(isForeignClient && kind != .mailProxy) && !isApplePreload
            && [.access, .mailService, .unknown, .vpn, .relay].contains(role)
    }
    var isForeignClient: Bool { !sender.clients.isEmpty && !isKnownOwnClient }

    /// Whether scanners of a burst look like this: rented or unnamed networks, and no mail program on a line that
    /// may be a person's. A burst may take in such a hit; other hits mean what they mean alone.
    var canBeOfBurst: Bool {
        guard !isSendersCopy, !isOwnRecipient else { return false }
        return switch role {
        case .hosting, .securityVendor: kind != .mailProxy
        case .vpn, .unknown: [.browser, .outdatedBrowser, .other, .none].contains(kind)
        case .access, .relay, .mailService, .mailFilter, .own, .ownNeighbour: false
        }
    }
}

/// The numbers of the rules, in seconds where nothing else is said.
enum Thresholds {
    /// Scanner bursts begin within five minutes of sending in 94 % (craft-campaign 546); twice that for queues.
    static let scanWindow: TimeInterval = 600
    /// Proxies were seen to fetch unasked at up to 48 s.
    static let proxyWindow: TimeInterval = 60
    /// A line of unknown kind: as `proxyWindow`, most scans of single tokens are over by then.
    static let unknownWindow: TimeInterval = 60
    /// How far clocks of honest machines differ.
    static let clockSkew: TimeInterval = 300
    /// A hit that much before sending says that one of the clocks is wrong.
    static let clockFailure: TimeInterval = 12 * 3600
    static let ownActivity: TimeInterval = 30
    /// How well the moment of an activity has to be known: servers without IDLE are asked every minute.
    static let activityPrecision: TimeInterval = 90
    /// Until then it is the sender's program that files the copy and marks it as read.
    static let filing: TimeInterval = 60
    /// Several networks on one token within it are one machine.
    static let burst: TimeInterval = 120
    static let burstNetworks = 3
    static let pairNetworks = 2
    /// One source, many recipients' tokens.
    static let sweep: TimeInterval = 10
    static let sweepTokens = 5
    /// A source that asks for pixel and link within it does not read in between.
    static let linkAtOnce: TimeInterval = 3
    /// A source that damaged a token or took the bait is a scanner for so long.
    static let taint: TimeInterval = 60
    /// Sliding: the same client on the same network is still reading.
    static let reading: TimeInterval = 300
    /// A hit can change what the others of so many seconds before it mean: the longest of `burst`, `taint`, `sweep` and
    /// `linkAtOnce`.
    static let retroaction = burst
    /// The verdict of a hit may hang on those of so many seconds before it: on a repeat, and what that means on a burst.
    static let memory = reading + burst
    /// Probability from which a message counts as opened, and as perhaps opened.
    static let opened = 0.7
    static let maybe = 0.3
}
