import MIME
import Outgoing
import SMTP

/// A mail that is sent while no client waits for the answer.
package struct UnattendedMail: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// With the Message-ID that the provider says it gave.
        case accepted(providerID: String?)
        /// It will be refused again. Says who has it, if some do.
        case refused(String)
        /// Those who have not got it may get it later.
        case postponed(String)
        /// The end was sent and no answer came.
        case uncertain(String)
    }

    private let account: SubmissionAccount
    private let mail: OutboxMail

    package init(_ mail: OutboxMail, from account: SubmissionAccount) {
        self.mail = mail
        self.account = account
    }

    /// What is filed: as the user wrote it, without the words that are for us.
    package var filed: [UInt8] {
        account.rules?.clean(mail.filed, sender: mail.sender, recipients: mail.recipients) ?? mail.filed
    }

    /// - Parameter permit: called once, before the first octet of the message is sent; if it throws, none is.
    /// - Throws: what opening the connection or `permit` throws. Nothing has been sent then.
    package func send(permit: () async throws -> Void) async throws -> Outcome {
        let upstream = try await account.open()
        let outcome: Outcome
        do {
            outcome = try await send(over: upstream, permit)
        } catch {
            await upstream.close()
            throw error
        }
        await upstream.quit()
        return outcome
    }

    private func send(over upstream: Upstream, _ permit: () async throws -> Void) async throws -> Outcome {
        let envelope = Envelope(
            account: account, way: .outbox, mail: MailCommand(mail.sender, parameters),
            recipients: mail.recipients.map { RecipientCommand($0) })
        if let refusal = refusal(of: envelope, over: upstream) { return Self.outcome(refusal) }
        do {
            let replies = try await upstream.envelope(envelope.mail, envelope.recipients)
            if let refusal = Self.refusal(in: replies, envelope) { return refusal }
        } catch {
            return .postponed(error.text)
        }
        let decision = await envelope.decide(
            mail.sent, isComplete: true, room: upstream.extensions.room(for: mail.sent.count))
        do {
            try await permit()
        } catch {
            await envelope.close(decision, SendingOutcome(.refused, reply: "not sent: \(error)"))
            throw error
        }
        let end = await Delivery(envelope: envelope, upstream: upstream, decision: decision).send(mail.sent)
        return switch end.outcome.state {
        case .accepted: .accepted(providerID: end.outcome.providerID)
        case .uncertain: .uncertain(end.reply.text)
        case .registered, .partial, .refused: Self.outcome(end.reply)
        }
    }

    private var parameters: [Parameter] {
        let eightBit = mail.isEightBit ? Parameter("BODY", "8BITMIME") : nil
        let utf8 = mail.isUTF8 ? Parameter("SMTPUTF8") : nil
        return [.size(mail.sent.count)] + [eightBit, utf8].compactMap(\.self)
    }

    private func refusal(of envelope: Envelope, over upstream: Upstream) -> Reply? {
        if case .limit(let limit) = upstream.extensions.size, mail.sent.count > limit {
            return Reply(552, "5.3.4", "it is larger than the provider takes (\(limit) bytes)")
        }
        return upstream.refusal(of: envelope.mail, envelope.recipients)
    }

    /// All get it or nobody does: who is told of a refusal must not wonder who has it.
    private static func refusal(in replies: [Reply], _ envelope: Envelope) -> Outcome? {
        for (index, reply) in replies.enumerated() where !reply.isPositive {
            let whose = index == 0 ? "" : "\(envelope.addresses[index - 1].text): "
            let words = "\(whose)\(reply.code) \(reply.text)"
            return reply.isPermanent ? .refused(words) : .postponed(words)
        }
        return nil
    }

    private static func outcome(_ reply: Reply) -> Outcome {
        let words = "\(reply.code) \(reply.text)"
        return reply.isPermanent ? .refused(words) : .postponed(words)
    }
}
