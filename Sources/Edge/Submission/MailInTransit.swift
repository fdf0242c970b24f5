import MIME
import Outgoing
import SMTP

/// One mail while the client sends it: held back until it is decided about, then passed on as it comes.
package struct MailInTransit {
    private enum Stage {
        case collecting
        case passing(Decision, EditedStream)
        /// The rest is read and thrown away.
        case refused(Reply)
    }

    private let envelope: Envelope
    private let upstream: Upstream
    private var stage = Stage.collecting
    private var head: [UInt8] = []
    private var isHeaderDecided = false
    private let declaredSize: Int?
    private let mayGrow: Bool

    /// Octets by which a token, what pads it and what discloses it make a mail larger, as a rule.
    static let usualGrowth = 8_192

    /// The provider has accepted the envelope. `declaredSize` is the client's `SIZE=`.
    package init(_ envelope: Envelope, to upstream: Upstream, declaredSize: Int?, mayGrow: Bool = true) {
        self.envelope = envelope
        self.upstream = upstream
        self.declaredSize = declaredSize
        self.mayGrow = mayGrow
    }

    package mutating func content(_ piece: [UInt8]) async {
        switch stage {
        case .collecting: await collect(piece)
        case .passing(let decision, var edits):
            let bytes = edits.feed(piece[...])
            stage = .passing(decision, edits)
            do {
                try await upstream.content(bytes)
            } catch {
                stage = .refused(await delivery(decision).finish(.nothingSent(error), sent: []))
            }
        case .refused: break
        }
    }

    /// Nothing of what comes is wanted any more, since it has been refused.
    package var isRefused: Bool { if case .refused = stage { true } else { false } }

    /// The answer to the mail. With a fault nothing of it is sent, or not its end.
    package mutating func end(_ fault: ContentFault?) async -> Reply {
        if let fault { return await giveUp(fault.refusal) }
        switch stage {
        case .collecting:
            var decision = isHeaderDecided ? nil : envelope.decideByHeader(head)
            if decision == nil { decision = await envelope.decide(head, isComplete: true, room: room(head.count)) }
            return await delivery(decision ?? envelope.original(head, because: .deadline)).send(head).reply
        case .passing(let decision, var edits):
            do {
                return await delivery(decision).finish(
                    .init(reply: try await upstream.endData(edits.finish())), sent: [])
            } catch {
                return await delivery(decision).finish(.uncertain(error), sent: [])
            }
        case .refused(let reply):
            return reply
        }
    }

    /// The client is gone, or what it sends cannot be sent on.
    package mutating func giveUp(_ reply: Reply) async -> Reply {
        switch stage {
        case .collecting: try? await upstream.reset()
        case .passing(let decision, _):
            // Of a message without an end the provider keeps nothing.
            await upstream.close()
            await envelope.close(decision, SendingOutcome(.refused, reply: "\(reply.code) \(reply.text)"))
        case .refused(let earlier): return earlier
        }
        stage = .refused(reply)
        return reply
    }

    private func delivery(_ decision: Decision) -> Delivery {
        Delivery(envelope: envelope, upstream: upstream, decision: decision)
    }

    private mutating func collect(_ piece: [UInt8]) async {
        let seen = head.count
        head += piece
        if !isHeaderDecided, hasHeaderEnd(since: seen) {
            isHeaderDecided = true
            if let decision = envelope.decideByHeader(head) { return await pass(decision) }
        }
        guard head.count >= InjectionOptions.lookAhead else { return }
        await pass(await envelope.decide(head, isComplete: false, room: room(declaredSize)))
    }

    /// Whether the empty line behind the header is in what came since, or the header is longer than any.
    private func hasHeaderEnd(since seen: Int) -> Bool {
        let end: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        return head.starts(with: end[2...]) || head[max(0, seen - 3)...].firstRange(of: end) != nil
    }

    private mutating func pass(_ decision: Decision) async {
        var edits = EditedStream(decision.plan.copies[0].edits)
        do {
            let reply = try await upstream.beginData()
            guard reply.isIntermediate else {
                stage = .refused(await delivery(decision).finish(.init(reply: reply), sent: []))
                head = []
                return
            }
            try await upstream.content(edits.feed(head[...]))
            stage = .passing(decision, edits)
        } catch {
            stage = .refused(await delivery(decision).finish(.nothingSent(error), sent: []))
        }
        head = []
    }

    /// How much the provider's limit lets a mail of that size grow. One that does not tell its size may be just below it.
    private func room(_ size: Int?) -> Int? {
        if !mayGrow { return 0 }
        return upstream.extensions.room(for: size ?? .max)
    }
}

extension ContentFault {
    fileprivate var refusal: Reply {
        switch self {
        case .bareLineEnd:
            Reply(
                554, "5.6.0", "the message has a CR or LF alone, which servers read in different ways; nothing was sent"
            )
        case .nul: Reply(554, "5.6.0", "the message holds NUL bytes; nothing was sent")
        case .tooLarge: Reply(552, "5.3.4", "the message is larger than the provider takes; nothing was sent")
        }
    }
}
