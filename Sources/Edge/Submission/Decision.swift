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
    package static let patience = Duration.seconds(2)
}

/// A mail as it was handed to us, and to whom it goes.
package struct Envelope: Sendable {
    package let account: SubmissionAccount
    let way: SendingWay
    package let mail: MailCommand
    package let recipients: [RecipientCommand]
    /// Whether the log is waited for even where nothing depends on it: by a program that ends with the mail.
    let waits: Bool
    /// Where its work is done.
    private let executor: (any TaskExecutor)?

    package init(
        account: SubmissionAccount, way: SendingWay, mail: MailCommand, recipients: [RecipientCommand],
        waits: Bool = false, on executor: (any TaskExecutor)? = nil
    ) {
        self.waits = waits
        self.executor = executor
        self.account = account
        self.way = way
        self.mail = mail
        self.recipients = recipients
    }

    var addresses: [EnvelopeAddress] { recipients.map(\.recipient) }

    /// Whatever the mail says.
    var hasOneCopy: Bool { account.rules?.hasOneCopy(for: recipients.count) ?? true }

    /// What the header of a mail decides.
    enum Reading: Sendable {
        case settled(Decision)
        /// The rules want more of it.
        case open(SendingRules, SendingDraft)
    }

    /// `head` has all of the header.
    func read(_ head: [UInt8]) async -> Reading {
        guard head.count > Self.shortLength else { return readHere(head) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await readElsewhere(head) }
    }

    /// In time, whatever happens: any trouble of ours, and the mail goes out as it came.
    package func decide(_ head: [UInt8], isComplete: Bool, room: Int?) async -> Decision {
        await decide(head, nil, isComplete: isComplete, room: room)
    }

    /// `reading` is what the header has decided, if that is known.
    func decide(_ head: [UInt8], _ reading: Reading?, isComplete: Bool, room: Int?) async -> Decision {
        if case .settled(let decision) = reading { return decision }
        let decision = await result(within: Decision.patience, on: executor) {
            switch await plan(head, reading, isComplete: isComplete, room: room) {
            case let plan where plan.isTracked: await register(plan, of: head)
            case let plan: Decision(plan: plan)
            }
        } late: { late in
            // Nobody has been sent that token.
            if let entry = late.entry {
                try? await account.log.finish(entry, SendingOutcome(.refused, reply: "sent without a token: too late"))
            }
        }
        return decision ?? original(head, because: .deadline)
    }

    private func register(_ plan: SendingPlan, of head: [UInt8]) async -> Decision {
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
        let write: @Sendable () async -> Void = {
            if let entry = decision.entry {
                try? await account.log.finish(entry, outcome)
            } else {
                let registration = Registration(way: way, recipients: addresses, plan: decision.plan)
                _ = try? await account.log.register(registration, outcome: outcome)
            }
        }
        if !waits, decision.entry == nil || outcome.state == .accepted {
            inBackground(on: executor, write)
        } else {
            _ = await result(within: Decision.patience, on: executor, of: write) { _ in }
        }
    }
}

/// What is looked through for long is looked through elsewhere: others are on the same thread.
extension Envelope {
    /// Octets that take a fraction of a millisecond.
    private static let shortLength = 64 << 10

    private func readHere(_ head: [UInt8]) -> Reading {
        guard let rules = account.rules else { return .settled(original(head, because: .unsigned)) }
        let draft = rules.draft(head, sender: mail.sender, recipients: addresses)
        return draft.settled.map { .settled(Decision(plan: $0)) } ?? .open(rules, draft)
    }

    @concurrent private func readElsewhere(_ head: [UInt8]) async -> Reading { readHere(head) }

    private func plan(_ head: [UInt8], _ reading: Reading?, isComplete: Bool, room: Int?) async -> SendingPlan {
        guard head.count > Self.shortLength else { return planHere(head, reading, isComplete, room) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) {
            await planElsewhere(head, reading, isComplete, room)
        }
    }

    private func planHere(_ head: [UInt8], _ reading: Reading?, _ isComplete: Bool, _ room: Int?) -> SendingPlan {
        switch reading ?? readHere(head) {
        case .settled(let decision): return decision.plan
        case .open(let rules, let draft):
            var random = SystemRandomNumberGenerator()
            return rules.plan(for: head, draft, isComplete: isComplete, message: random.next(), room: room)
        }
    }

    @concurrent private func planElsewhere(
        _ head: [UInt8], _ reading: Reading?, _ isComplete: Bool, _ room: Int?
    ) async -> SendingPlan { planHere(head, reading, isComplete, room) }

    private func original(_ head: [UInt8], because trouble: SendingTrouble) -> Decision {
        Decision(plan: SendingPlan(original: head, sender: mail.sender, recipients: addresses, because: trouble))
    }
}
