import MIME

/// How a mail came to us that goes out.
package enum SendingWay: String, Sendable, CaseIterable {
    case smtp, sendmail, outbox
}

/// What has become of a mail.
package enum SendingState: String, Sendable, CaseIterable {
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
package struct OutgoingID: Sendable, Hashable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// A mail that is about to be sent.
package struct Registration: Sendable {
    package let way: SendingWay
    package let recipients: [EnvelopeAddress]
    package let plan: SendingPlan
    /// SHA-256, if it goes out as several copies.
    package let contentHash: [UInt8]?

    package init(way: SendingWay, recipients: [EnvelopeAddress], plan: SendingPlan, contentHash: [UInt8]? = nil) {
        self.way = way
        self.recipients = recipients
        self.plan = plan
        self.contentHash = contentHash
    }
}

/// The end of a mail's way through us.
package struct SendingOutcome: Sendable, Equatable {
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

/// Where an account's mail is written down on its way out.
package protocol SendingLog: Sendable {
    /// On disk when it returns. `outcome` is that of a mail that has been sent already.
    @discardableResult
    func register(_ mail: Registration, outcome: SendingOutcome?) async throws -> OutgoingID

    /// The provider has accepted the copy of these recipients. On disk when it returns.
    func delivered(_ recipients: [Int], of mail: OutgoingID) async throws

    func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws

    /// Addresses that have the same mail already, since an earlier attempt to send it was half done.
    func recipientsDelivered(_ messageID: String, contentHash: [UInt8]) async throws -> Set<String>
}
