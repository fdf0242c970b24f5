import FoundationEssentials

/// Everything that is known when the hits of a message are judged. Facts only; nothing in it is computed.
package struct History: Sendable {
    /// When the message was handed to its first server; `nil` if unknown (then rules on time abstain).
    package var sentAt: Date?
    /// Addresses of the message's recipients are not needed, their domains are.
    package var recipientDomains: Set<String>
    /// The sender's own domains; with a recipient's among them that recipient may sit behind the sender's own network.
    package var senderDomains: Set<String>
    /// The sender is (also) a recipient.
    package var recipientIsSender: Bool
    /// Tokens of the message, lower case; a hit on any other token is of a neighbour.
    package var tokens: Set<String>
    /// Those of `tokens` that were issued to one of the sender's own addresses.
    package var ownTokens: Set<String>
    /// Mail programs that the sender is known to use; empty if that is not known.
    package var ownClients: Set<ClientFamily>
    /// Hits on the message's own tokens, ascending by (at, seq).
    package var hits: [Hit]
    /// What was judged before and is not among `hits`, or is there only for what it says of later ones.
    package var earlier = Tally()
    /// Hits before it are in `earlier` already; `nil`: none is.
    package var countsFrom: Date?
    /// Hits on other tokens near any of `hits`, which may show that one of them is a machine's; ``Neighbourhood`` has
    /// those that can.
    package var neighbours: [Hit]
    /// When the sender was seen to touch the message, or another that shows its pixel, over IMAP (a flag changed).
    package var ownActivity: [OwnActivity]
    /// Mail in the sender's own inbox that shows a token of the message, or is about it.
    package var incoming: [Incoming] = []
    /// Tokens of which every recipient's mail has come back, and when that was known.
    package var undelivered: [String: Date] = [:]

    package init(
        sentAt: Date?, recipientDomains: Set<String> = [], senderDomains: Set<String> = [],
        recipientIsSender: Bool = false, tokens: Set<String>, ownTokens: Set<String> = [],
        ownClients: Set<ClientFamily> = [], hits: [Hit], neighbours: [Hit] = [], ownActivity: [OwnActivity] = []
    ) {
        self.sentAt = sentAt
        self.recipientDomains = recipientDomains
        self.senderDomains = senderDomains
        self.recipientIsSender = recipientIsSender
        self.tokens = tokens
        self.ownTokens = ownTokens
        self.ownClients = ownClients
        self.hits = hits
        self.neighbours = neighbours
        self.ownActivity = ownActivity
    }

    /// Whether the sender's program may still be busy with the copy that it files.
    func isFiling(at moment: Date) -> Bool {
        sentAt.map { abs(moment.timeIntervalSince($0)) < Thresholds.filing } ?? false
    }

    /// Whether ages can be believed: with a first hit long before sending, none can, and the rules on time abstain.
    package static func clocksAgree(sentAt: Date?, first: Date?) -> Bool {
        guard let sentAt, let first else { return true }
        return first.timeIntervalSince(sentAt) >= -Thresholds.clockFailure
    }
}

/// The result of judging a ``History``: one verdict for each of its hits, in the same order, and what they prove.
package struct Judgement: Sendable, Equatable {
    package var verdicts: [Verdict]
    /// Of the hits that count and of what was judged earlier.
    package var tally: Tally
    /// When to judge again even without news, because a verdict is not final yet; `nil` when all are.
    /// Until then such a hit counts for `maybe` at most.
    package var reviewAt: Date?

    package init(verdicts: [Verdict], tally: Tally, reviewAt: Date?) {
        self.verdicts = verdicts
        self.tally = tally
        self.reviewAt = reviewAt
    }

    package var status: OpenStatus { OpenStatus(tally) }
    package var readings: Int { tally.readings }
    package var firstOpen: Date? { tally.firstOpen }
    package var lastOpen: Date? { tally.lastOpen }
}
