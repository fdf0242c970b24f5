import MIME
import Outgoing
import SMTP
import Tokens

/// What becomes of one mail, written down where it has to be before it is sent.
package struct Decision: Sendable {
    package let plan: SendingPlan
    /// Its place in the log, if it carries a token.
    var entry: OutgoingID?
    /// Recipients who have had their copy before.
    var delivered: Set<String> = []

    /// How long mail waits for its token.
    static let patience = Duration.seconds(2)
}

/// A mail as it was handed to us, and to whom it goes.
package struct Envelope: Sendable {
    package let account: SubmissionAccount
    let way: SendingWay
    package let mail: MailCommand
    package let recipients: [RecipientCommand]
    /// Whether the log is waited for even where nothing depends on it: by a program that ends with the mail.
    let waits: Bool

    package init(
        account: SubmissionAccount, way: SendingWay, mail: MailCommand, recipients: [RecipientCommand],
        waits: Bool = false
    ) {
        self.waits = waits
        self.account = account
        self.way = way
        self.mail = mail
        self.recipients = recipients
    }

    var addresses: [EnvelopeAddress] { recipients.map(\.recipient) }

    /// In time, whatever happens: any trouble of ours, and the mail goes out as it came.
    package func decide(_ head: [UInt8], isComplete: Bool, room: Int?) async -> Decision {
        let decision = await result(within: Decision.patience) {
            await plan(head, isComplete: isComplete, room: room)
        } late: { late in
            // Nobody has been sent that token.
            if let entry = late.entry {
                try? await account.log.finish(entry, SendingOutcome(.refused, reply: "sent without a token: too late"))
            }
        }
        return decision ?? original(head, because: .deadline)
    }

    /// What the header alone decides; `nil` if more is needed.
    func decideByHeader(_ head: [UInt8]) -> Decision? {
        guard let rules = account.rules else { return original(head, because: .unsigned) }
        return rules.planByHeader(of: head, sender: mail.sender, recipients: addresses).map { Decision(plan: $0) }
    }

    func original(_ head: [UInt8], because trouble: SendingTrouble) -> Decision {
        Decision(
            plan: SendingPlan(original: head, sender: mail.sender, recipients: addresses, because: trouble))
    }

    private func plan(_ head: [UInt8], isComplete: Bool, room: Int?) async -> Decision {
        guard let rules = account.rules else { return original(head, because: .unsigned) }
        var random = SystemRandomNumberGenerator()
        let plan = rules.plan(
            for: head, isComplete: isComplete, sender: mail.sender, recipients: addresses, message: random.next(),
            room: room)
        guard plan.isTracked else { return Decision(plan: plan) }
        let hash = plan.copies.count > 1 ? KeyedHash.sha256(head) : nil
        do {
            let registration = Registration(way: way, recipients: addresses, plan: plan, contentHash: hash)
            var decision = Decision(plan: plan)
            if let hash, let messageID = plan.facts.messageID {
                decision.delivered = try await account.log.recipientsDelivered(messageID, contentHash: hash)
            }
            decision.entry = try await account.log.register(registration, outcome: nil)
            return decision
        } catch {
            return Decision(plan: plan.original(because: .unregistered))
        }
    }

    /// Writes down what became of it. A mail with a token that was accepted is in the log already and needs no waiting for.
    package func close(_ decision: Decision, _ outcome: SendingOutcome) async {
        let write = { @Sendable in
            if let entry = decision.entry {
                try? await account.log.finish(entry, outcome)
            } else {
                let registration = Registration(way: way, recipients: addresses, plan: decision.plan)
                _ = try? await account.log.register(registration, outcome: outcome)
            }
        }
        if !waits, decision.entry == nil || outcome.state == .accepted {
            Task { await write() }
        } else {
            _ = await result(within: Decision.patience, of: write) { _ in }
        }
    }
}
