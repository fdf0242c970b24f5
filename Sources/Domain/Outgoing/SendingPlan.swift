import MIME
import Tokens

/// What becomes of one mail: who gets which copy, and why.
package struct SendingPlan: Sendable {
    /// What some of the recipients get.
    package struct Copy: Sendable {
        /// Positions in the envelope, ascending.
        package let recipients: [Int]
        /// The token that it carries.
        package let token: Token?
        package let edits: [MessageEdit]
    }

    /// Every recipient is in exactly one of them. Never empty.
    package let copies: [Copy]
    /// For each recipient of the envelope, in its order, why their copy carries a token or none.
    package let reasons: [SendingReason]
    package let facts: MailFacts

    package var isTracked: Bool { copies.contains { $0.token != nil } }

    /// The longest growth of any copy.
    package var growth: Int { copies.map { EditedStream($0.edits).growth }.max() ?? 0 }

    /// A mail as it came, for all of them: nothing could be decided about it.
    package init(
        original head: [UInt8], sender: EnvelopeAddress?, recipients: [EnvelopeAddress], because trouble: SendingTrouble
    ) {
        copies = [Copy(recipients: Array(recipients.indices), token: nil, edits: [])]
        reasons = recipients.map { _ in .trouble(trouble) }
        facts = MailFacts(HeaderFields(parsing: head), sender: sender, recipients: recipients)
    }

    init(copies: [Copy], reasons: [SendingReason], facts: MailFacts) {
        self.copies = copies
        self.reasons = reasons
        self.facts = facts
    }

    /// The mail as it came, for all of them.
    package func original(because trouble: SendingTrouble) -> SendingPlan {
        SendingPlan(
            copies: [Copy(recipients: Array(reasons.indices), token: nil, edits: [])],
            reasons: reasons.map { $0.isTracked ? .trouble(trouble) : $0 }, facts: facts)
    }
}

/// What is remembered of a mail besides its envelope.
package struct MailFacts: Sendable, Equatable {
    /// Without its angle brackets.
    package let messageID: String?
    package let subject: String
    /// What the header calls each recipient of the envelope; empty where it does not name them, as in Bcc.
    package let names: [String]
    package let recipientIsSender: Bool

    init(_ header: HeaderFields, sender: EnvelopeAddress?, recipients: [EnvelopeAddress]) {
        messageID = header.messageID
        subject = header.subject ?? ""
        var known: [String: String] = [:]
        for address in ["to", "cc", "bcc"].flatMap({ header.addresses($0) }).prefix(Self.nameLimit) {
            if let name = address.displayName { known[address.address.lowercased()] = name }
        }
        names = recipients.map { known[$0.text.lowercased()] ?? "" }
        recipientIsSender = sender.map { sender in recipients.contains { $0.isSame(as: sender) } } ?? false
    }

    private static let nameLimit = 2_000
}

/// Why a copy carries a token or none: what the user has decided, or what stood against it.
package enum SendingReason: Sendable, Hashable {
    case policy(PolicyReason)
    case untouched(Untouched)
    case trouble(SendingTrouble)

    package var isTracked: Bool { if case .policy(let reason) = self { reason.isTracked } else { false } }

    /// As it is stored; does not change.
    package var name: String {
        switch self {
        case .policy(let reason): reason.rawValue
        case .untouched(let reason): reason.rawValue
        case .trouble(let reason): reason.rawValue
        }
    }

    /// A clause that begins in lower case and has no full stop.
    package var explanation: String {
        switch self {
        case .policy(let reason): reason.explanation
        case .untouched(let reason): reason.explanation
        case .trouble(let reason): reason.explanation
        }
    }

    package init?(name: String) {
        if let reason = PolicyReason(rawValue: name) {
            self = .policy(reason)
        } else if let reason = Untouched(rawValue: name) {
            self = .untouched(reason)
        } else if let reason = SendingTrouble(rawValue: name) {
            self = .trouble(reason)
        } else {
            return nil
        }
    }
}

/// What kept a token out that was nobody's wish: the mail goes out all the same.
package enum SendingTrouble: String, Sendable, CaseIterable {
    /// A token that nobody knows is worse than none.
    case unregistered
    case deadline
    /// The provider takes mail up to a size, and this one is just below it.
    case sizeLimit = "size-limit"
    case unsigned

    package var explanation: String {
        switch self {
        case .unregistered: "its token could not be stored: the agent's database could not be written"
        case .deadline: "it took too long to decide, and mail does not wait for a token"
        case .sizeLimit: "with a token it would be larger than the provider accepts"
        case .unsigned: "its token could not be signed"
        }
    }
}
