import MIME
import Tokens

/// All that decides about an account's outgoing mail.
package struct SendingRules: Sendable {
    /// Which recipients share a token.
    package enum Sharing: String, Sendable, CaseIterable {
        /// All get the same copy.
        case shared
        /// Everyone gets a copy with a token of their own.
        case each
    }

    /// Signs a token for the nth recipient, or 0 for all; `nil` if that fails.
    package typealias Mint = @Sendable (_ message: UInt64, _ recipient: UInt8) -> Token?

    /// Tokens have numbers for so many recipients; more of them share one.
    static let numberedRecipients = 253

    package var policy: TrackingPolicy
    package var sharing: Sharing
    private let injector: Injector
    private let mint: Mint
    private let pictureBase: String

    /// `pictureBase` is the pixel server's public URL without a slash at its end.
    package init(
        policy: TrackingPolicy, injector: Injector, sharing: Sharing, pictureBase: String, mint: @escaping Mint
    ) {
        self.policy = policy
        self.injector = injector
        self.sharing = sharing
        self.pictureBase = pictureBase
        self.mint = mint
    }

    /// Whether all of so many recipients get the same copy, whatever the mail says.
    package func hasOneCopy(for recipients: Int) -> Bool { recipients == 1 || !hasOneForEach(recipients) }

    fileprivate func hasOneForEach(_ recipients: Int) -> Bool {
        sharing == .each && recipients <= Self.numberedRecipients
    }

    /// What the header of a mail says; `head` has all of it.
    package func draft(_ head: [UInt8], sender: EnvelopeAddress?, recipients: [EnvelopeAddress]) -> SendingDraft {
        SendingDraft(rules: self, head: head, sender: sender, recipients: recipients)
    }

    /// - Parameters:
    ///   - head: all of the mail or, if it is not complete, the first ``InjectionOptions/lookAhead`` bytes.
    ///   - draft: what its header says.
    ///   - message: 64 bits from a cryptographic generator.
    ///   - room: how many bytes it may grow by; `nil` is as many as it takes.
    package func plan(
        for head: [UInt8], _ draft: SendingDraft, isComplete: Bool, message: UInt64, room: Int? = nil
    ) -> SendingPlan {
        if let settled = draft.settled { return settled }
        do throws(Untouched) {
            guard draft.facts.messageID != nil else { throw .noMessageID }
            let placement = try injector.place(in: head, isComplete: isComplete)
            let isShared = draft.isShared(isComplete: isComplete)
            guard let copies = draft.copies(isShared, { number in copy(placement, message, number) }) else {
                return draft.untracked(because: .trouble(.unsigned))
            }
            let plan = SendingPlan(
                copies: copies, reasons: isShared ? draft.sharedReasons : draft.reasons, facts: draft.facts)
            if let room, plan.growth > room { return draft.untracked(because: .trouble(.sizeLimit)) }
            return plan
        } catch {
            return draft.untracked(because: .untouched(error))
        }
    }

    /// The mail without the words in it that are for us.
    package func clean(_ message: [UInt8], sender: EnvelopeAddress?, recipients: [EnvelopeAddress]) -> [UInt8] {
        let header = HeaderFields(parsing: message)
        let decision = policy.decide(sender: sender, recipients: recipients, header: header, of: message)
        return MessageEdit.apply(decision.edits, to: message)
    }

    private func copy(_ placement: Placement, _ message: UInt64, _ number: UInt8) -> (Token, [MessageEdit])? {
        mint(message, number).map { token in
            (token, placement.edits(picture: PixelURL.element(for: token, base: pictureBase)))
        }
    }
}

/// A mail that is being decided about, as far as its header tells.
package struct SendingDraft: Sendable {
    private let rules: SendingRules
    private let decision: PolicyDecision
    fileprivate let facts: MailFacts

    fileprivate init(rules: SendingRules, head: [UInt8], sender: EnvelopeAddress?, recipients: [EnvelopeAddress]) {
        self.rules = rules
        let header = HeaderFields(parsing: head)
        decision = rules.policy.decide(sender: sender, recipients: recipients, header: header, of: head)
        facts = MailFacts(header, sender: sender, recipients: recipients)
    }

    /// The plan if that settles that nobody gets a token.
    package var settled: SendingPlan? { wantsToken ? nil : untracked(reasons) }

    fileprivate var reasons: [SendingReason] { decision.reasons.map(SendingReason.policy) }

    /// All that get one copy get it for one reason, but addresses of the user's own that are there to ask.
    fileprivate var sharedReasons: [SendingReason] {
        decision.reasons.map { .policy($0.isTracked || $0 == .ownAddress ? $0 : decision.shared) }
    }

    private var hasOneForEach: Bool { rules.hasOneForEach(decision.reasons.count) }

    private var wantsToken: Bool {
        hasOneForEach ? decision.reasons.contains(where: \.isTracked) : decision.shared.isTracked
    }

    /// Of a mail that is not all at hand there is one copy only: it is not kept to be sent several times.
    fileprivate func isShared(isComplete: Bool) -> Bool { !hasOneForEach || !isComplete }

    /// `nil` if a token cannot be made.
    fileprivate func copies(_ isShared: Bool, _ make: (UInt8) -> (Token, [MessageEdit])?) -> [SendingPlan.Copy]? {
        let everybody = Array(decision.reasons.indices)
        if isShared {
            guard decision.shared.isTracked else { return [plain(everybody)] }
            return make(Token.wholeMessage).map { [tracked(everybody, $0)] }
        }
        var copies: [SendingPlan.Copy] = []
        for (index, reason) in decision.reasons.enumerated() where reason.isTracked {
            guard let content = make(UInt8(index + 1)) else { return nil }
            copies.append(tracked([index], content))
        }
        let others = everybody.filter { !decision.reasons[$0].isTracked }
        return copies + (others.isEmpty ? [] : [plain(others)])
    }

    private func tracked(_ recipients: [Int], _ content: (Token, [MessageEdit])) -> SendingPlan.Copy {
        .init(recipients: recipients, token: content.0, edits: decision.edits + content.1)
    }

    private func plain(_ recipients: [Int]) -> SendingPlan.Copy {
        .init(recipients: recipients, token: nil, edits: decision.edits)
    }

    fileprivate func untracked(because reason: SendingReason) -> SendingPlan {
        untracked(reasons.map { $0.isTracked ? reason : $0 })
    }

    private func untracked(_ reasons: [SendingReason]) -> SendingPlan {
        // Whoever would be tracked alone is not, since others get the same copy.
        let shared = SendingReason.policy(decision.shared)
        return SendingPlan(
            copies: [plain(Array(reasons.indices))],
            reasons: reasons.map { $0.isTracked && !shared.isTracked ? shared : $0 }, facts: facts)
    }
}
