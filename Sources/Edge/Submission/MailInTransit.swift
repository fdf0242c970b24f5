import MIME
import Outgoing
import SMTP

/// One mail while the client sends it: held back until it is decided about, then passed on as it comes.
package final class MailInTransit {
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
    /// Once all of the header has come.
    private var reading: Envelope.Reading?
    private let declaredSize: Int?
    private let mayGrow: Bool
    /// Called when a mail turns out to be long.
    private let isLong: () -> Void
    private var count = 0

    /// Octets by which a token, what pads it and what discloses it make a mail larger, as a rule.
    static let usualGrowth = 8_192
    /// Octets of one of which all that is looked at may well come.
    private static let long = 256 << 10

    /// The provider has accepted the envelope. `declaredSize` is the client's `SIZE=`.
    package init(
        _ envelope: Envelope, to upstream: Upstream, declaredSize: Int?, mayGrow: Bool = true,
        isLong: @escaping () -> Void = {}
    ) {
        self.isLong = isLong
        self.envelope = envelope
        self.upstream = upstream
        self.declaredSize = declaredSize
        self.mayGrow = mayGrow
    }

    /// What the provider says to DATA comes while the client sends, and while the mail is written down. Of several copies
    /// each is asked for by itself.
    package func begin() async {
        // What is wrong with the connection shows when the answer is wanted.
        if envelope.hasOneCopy { try? await upstream.askForData() }
    }

    package func content(_ piece: [UInt8]) async {
        if count < Self.long, count + piece.count >= Self.long { isLong() }
        count += piece.count
        switch stage {
        case .collecting: await collect(piece)
        case .passing(let decision, var edits):
            do {
                try await pass(piece, &edits)
                stage = .passing(decision, edits)
            } catch {
                stage = .refused(await delivery(decision).finish(.notSent(error)))
            }
        case .refused: break
        }
    }

    /// Nothing of what comes is wanted any more, since it has been refused.
    package var isRefused: Bool { if case .refused = stage { true } else { false } }

    /// The answer to the mail. With a fault nothing of it is sent, or not its end.
    package func end(_ fault: ContentFault?) async -> Reply {
        if let fault { return await giveUp(fault.refusal) }
        switch stage {
        case .collecting:
            let decision = await envelope.decide(head, reading, isComplete: true, room: room(head.count))
            return await delivery(decision).send(head).reply
        case .passing(let decision, var edits):
            return await delivery(decision).finish(await upstream.endData(edits.finish()))
        case .refused(let reply):
            return reply
        }
    }

    /// The client is gone, or what it sends cannot be sent on.
    package func giveUp(_ reply: Reply) async -> Reply {
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

    private func collect(_ piece: [UInt8]) async {
        let seen = head.count
        // One that grows step by step is there twice at each.
        if seen >= Self.long, head.capacity < InjectionOptions.lookAhead {
            head.reserveCapacity(InjectionOptions.lookAhead + (1 << 20))
        }
        head += piece
        if reading == nil, hasHeaderEnd(since: seen) { reading = await envelope.read(head) }
        if case .settled(let decision) = reading {
            // What is shorter is sent at its end, whole.
            if head.count >= Delivery.pieceLength { await pass(decision) }
        } else if head.count >= InjectionOptions.lookAhead {
            await pass(await envelope.decide(head, reading, isComplete: false, room: room(declaredSize)))
        }
    }

    /// Whether the empty line behind the header is in what came since, or the header is longer than any.
    private func hasHeaderEnd(since seen: Int) -> Bool {
        head.withUnsafeBufferPointer { head in
            if head.starts(with: [0x0d, 0x0a]) { return true }
            var feed = ByteSearch.first(of: 0x0a, in: head, from: max(0, seen - 3))
            while feed + 2 < head.count {
                if feed > 0, head[feed - 1] == 0x0d, head[feed + 1] == 0x0d, head[feed + 2] == 0x0a { return true }
                feed = ByteSearch.first(of: 0x0a, in: head, from: feed + 1)
            }
            return false
        }
    }

    private func pass(_ decision: Decision) async {
        var edits = EditedStream(decision.plan.copies[0].edits)
        let begin = head
        head = []
        do {
            let reply = try await upstream.beginData()
            guard reply.isIntermediate else {
                stage = .refused(await delivery(decision).finish(.answered(reply)))
                return
            }
            try await pass(begin, &edits)
            stage = .passing(decision, edits)
        } catch {
            stage = .refused(await delivery(decision).finish(.notSent(error)))
        }
    }

    private func pass(_ bytes: [UInt8], _ edits: inout EditedStream) async throws(UpstreamError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try await upstream.content(edits.feed(rest.prefix(Delivery.pieceLength)))
            rest = rest.dropFirst(Delivery.pieceLength)
        }
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
