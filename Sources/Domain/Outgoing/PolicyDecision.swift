import MIME

/// Why a recipient gets a token or none. The raw values are shown to users and stored: they do not change.
package enum PolicyReason: String, Sendable, CaseIterable {
    case asked
    case listed
    case always
    case never
    case declined
    case unclear
    case automatic
    case mailingList = "mailing-list"
    case resent
    case excluded
    case ownAddress = "own-address"
    case ownDomain = "own-domain"
    case notListed = "not-listed"

    package var isTracked: Bool {
        switch self {
        case .asked, .listed, .always: true
        case .never, .declined, .unclear, .automatic, .mailingList, .resent, .excluded, .ownAddress, .ownDomain,
            .notListed:
            false
        }
    }

    /// A clause that begins in lower case and has no full stop.
    package var explanation: String {
        switch self {
        case .asked: "the message asks for it"
        case .listed: "the recipient is listed"
        case .always: "all mail is tracked"
        case .never: "tracking is switched off"
        case .declined: "the message declines it (X-Sentmark: no)"
        case .unclear: "its X-Sentmark says neither yes nor no"
        case .automatic: "it is automatic mail"
        case .mailingList: "it is mailing list or bulk mail"
        case .resent: "it is somebody's message, sent on unchanged"
        case .excluded: "the recipient is excluded"
        case .ownAddress: "the recipient is the sender"
        case .ownDomain: "the recipient is of the sender's own domain"
        case .notListed: "the recipient is not listed"
        }
    }
}

package struct PolicyDecision: Sendable {
    /// For each recipient of the envelope, in its order.
    package let reasons: [PolicyReason]
    /// Of one copy that all recipients get: nobody is tracked unless all may be. Tagged addresses of the user's own,
    /// which are there to ask, do not count.
    package let shared: PolicyReason
    /// What takes the words out that were for us, whether a token is put in or not.
    package let edits: [MessageEdit]

    init(reasons: [PolicyReason], isCounted: [Bool], whole: PolicyReason?, edits: [MessageEdit]) {
        self.reasons = reasons
        self.edits = edits
        let counted = zip(reasons, isCounted).filter(\.1).map(\.0)
        shared = whole ?? counted.first { !$0.isTracked } ?? counted.first ?? .ownAddress
    }
}
