import MIME
import Outgoing
import SMTP

/// Hands one mail to the provider, copy by copy.
struct Delivery {
    let envelope: Envelope
    let upstream: Upstream
    let decision: Decision

    /// Octets of the content that are sent at once.
    static let pieceLength = 64 << 10

    /// What has become of a mail.
    struct Conclusion: Sendable {
        /// For the client.
        let reply: Reply
        let outcome: SendingOutcome
    }

    /// Sends all copies of a mail that is all at hand. If there is one, the provider has accepted its envelope already.
    func send(_ message: [UInt8]) async -> Conclusion {
        let copies = decision.plan.copies
        if copies.count == 1, decision.delivered.isEmpty {
            return await conclude(await sendContent(message, copies[0].edits), sent: [])
        }
        return await sendEach(message)
    }

    /// The client's answer.
    func finish(_ ending: Ending) async -> Reply { await conclude(ending, sent: []).reply }

    /// What has become of a mail, from the end of its last copy.
    private func conclude(_ ending: Ending, sent: [Int]) async -> Conclusion {
        let answer = Answer(ending)
        let reply = sent.isEmpty ? answer.reply : partly(answer.reply, sent)
        let state: SendingState =
            answer.isUncertain ? .uncertain : answer.reply.isPositive ? .accepted : sent.isEmpty ? .refused : .partial
        let providerID = state == .accepted ? ProviderID.find(in: answer.reply.text, from: upstream.host) : nil
        let outcome = SendingOutcome(
            state, reply: "\(answer.reply.code) \(answer.reply.text)", providerID: providerID)
        await envelope.close(decision, outcome)
        return Conclusion(reply: state == .accepted ? answer.reply : reply, outcome: outcome)
    }

    /// What the client is told of it.
    private struct Answer {
        let reply: Reply
        var isUncertain = false

        init(_ ending: Ending) {
            switch ending {
            case .answered(let reply): self.reply = reply
            case .notSent(let error): reply = Reply(451, "4.4.2", "\(error.text); nothing was sent")
            case .unanswered(let error):
                reply = Reply(
                    451, "4.4.2",
                    "\(error.text) before it said whether it has the message; sent again, it may arrive twice")
                isUncertain = true
            }
        }
    }

    private func sendContent(_ message: [UInt8], _ edits: [MessageEdit]) async -> Ending {
        var stream = EditedStream(edits)
        var rest = message[...]
        do {
            let reply = try await upstream.beginData()
            guard reply.isIntermediate else { return .answered(reply) }
            while rest.count > Self.pieceLength {
                try await upstream.content(stream.feed(rest.prefix(Self.pieceLength)))
                rest = rest.dropFirst(Self.pieceLength)
            }
        } catch {
            return .notSent(error)
        }
        return await upstream.endData(stream.feed(rest) + stream.finish())
    }

    /// Each copy in a transaction of its own. The first that is not accepted is the last.
    private func sendEach(_ message: [UInt8]) async -> Conclusion {
        var sent = envelope.addresses.indices.filter { decision.delivered.contains(envelope.addresses[$0].text) }
        var last = Ending.answered(Reply(250, "2.0.0", "all recipients have it already"))
        do {
            try await upstream.reset()
        } catch {
            return await conclude(.notSent(error), sent: sent)
        }
        for copy in decision.plan.copies {
            let recipients = copy.recipients.filter { !sent.contains($0) }
            if recipients.isEmpty { continue }
            last = await send(message, copy, to: recipients)
            guard case .answered(let reply) = last, reply.isPositive else { return await conclude(last, sent: sent) }
            sent += recipients
            // What is not written down would be sent again after a crash: a copy twice, and none lost.
            if let entry = decision.entry { try? await envelope.account.log.delivered(recipients, of: entry) }
        }
        return await conclude(last, sent: sent)
    }

    private func send(_ message: [UInt8], _ copy: SendingPlan.Copy, to recipients: [Int]) async -> Ending {
        let size = message.count + EditedStream(copy.edits).growth
        let mail = envelope.mail.size == nil ? envelope.mail : envelope.mail.declaring(size: size)
        do {
            let replies = try await upstream.envelope(mail, recipients.map { envelope.recipients[$0] })
            if let refusal = replies.first(where: { !$0.isPositive }) {
                try await upstream.reset()
                return .answered(refusal)
            }
        } catch {
            return .notSent(error)
        }
        return await sendContent(message, copy.edits)
    }

    /// SMTP has one answer for all recipients, so it says who has the mail and who has not.
    private func partly(_ reply: Reply, _ sent: [Int]) -> Reply {
        let addresses = envelope.addresses
        let names = { (positions: [Int]) in positions.map { addresses[$0].text }.joined(separator: ", ") }
        let missing = addresses.indices.filter { !sent.contains($0) }
        let words = "sent to \(names(sent.sorted())); NOT sent to \(names(missing)): \(reply.code) \(reply.text)"
        return reply.isPermanent ? Reply(554, "5.5.0", words) : Reply(451, "4.5.0", words)
    }
}
