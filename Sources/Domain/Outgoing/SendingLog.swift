import MIME

/// How a mail came to us that goes out.
package enum SendingWay: String, Sendable, CaseIterable, Codable {
    case smtp, sendmail, outbox
}

/// What has become of a mail.
package enum SendingState: String, Sendable, CaseIterable, Codable {
    /// Written down before anything of it was sent.
    case registered
    /// Some of its copies have been accepted, and the next was not.
    case partial
    case accepted
    case refused
    /// It may have been accepted: the connection ended before the provider's answer.
    case uncertain
}

/// A mail in the log.
package struct OutgoingID: Sendable, Hashable, Codable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// A mail that is about to be sent, as it is written down.
package struct Registration: Sendable, Codable, Equatable {
    package struct Recipient: Sendable, Codable, Equatable {
        package let address: String
        /// What the header calls them; empty where it does not.
        package let name: String
        /// The name of a ``SendingReason``.
        package let reason: String
        /// The token of their copy.
        package let token: String?
    }

    package let way: SendingWay
    /// In the order of the envelope.
    package let recipients: [Recipient]
    package let messageID: String?
    package let subject: String
    package let recipientIsSender: Bool
    /// SHA-256, if it goes out as several copies.
    package let contentHash: [UInt8]?

    package var isTracked: Bool { recipients.contains { $0.token != nil } }

    package init(way: SendingWay, recipients: [EnvelopeAddress], plan: SendingPlan, contentHash: [UInt8]? = nil) {
        var tokens: [Int: String] = [:]
        for copy in plan.copies {
            guard let token = copy.token?.text else { continue }
            for position in copy.recipients { tokens[position] = token }
        }
        self.way = way
        self.recipients = recipients.indices.map {
            Recipient(
                address: recipients[$0].text, name: plan.facts.names[$0], reason: plan.reasons[$0].name,
                token: tokens[$0])
        }
        messageID = plan.facts.messageID
        subject = plan.facts.subject
        recipientIsSender = plan.facts.recipientIsSender
        self.contentHash = contentHash
    }
}

/// The end of a mail's way through us.
package struct SendingOutcome: Sendable, Equatable, Codable {
    package let state: SendingState
    /// What the provider said last.
    package let reply: String
    /// The Message-ID that the provider says it gave.
    package let providerID: String?

    package init(_ state: SendingState, reply: String, providerID: String? = nil) {
        self.state = state
        self.reply = reply
        self.providerID = providerID
    }
}

/// Where an account's mail is written down on its way out. Whoever waits for it goes on where it was.
package protocol SendingLog: Sendable {
    /// On disk when it returns. `outcome` is that of a mail that has been sent already.
    @discardableResult
    nonisolated(nonsending) func register(_ mail: Registration, outcome: SendingOutcome?) async throws -> OutgoingID

    /// The provider has accepted the copy of these recipients. On disk when it returns.
    nonisolated(nonsending) func delivered(_ recipients: [Int], of mail: OutgoingID) async throws

    nonisolated(nonsending) func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws

    /// Addresses that have the same mail already, since an earlier attempt to send it was half done.
    nonisolated(nonsending) func recipientsDelivered(
        _ messageID: String, contentHash: [UInt8]
    ) async throws -> Set<String>
}
