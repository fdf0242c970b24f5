@testable import IMAP

extension FuzzTarget {
    /// A session with commands, literals and IDLE under way, whose server says anything.
    static let imapSession = FuzzTarget("imap-session", workPerByte: 1_200) { input in
        let limits = ParserLimits(tightness: input.choice(of: 3))
        let cuts = input.cuts()
        let play = Play(&input)
        let whole = try play.perform(limits) { [$0] }
        let cut = try play.perform(limits, cuts.pieces(of:))
        try require(whole == cut, "whole it comes to \(whole), cut into \(cuts.lengths) to \(cut)")
    }
}

/// What the client does, and at which places between the server's bytes.
private struct Play {
    private enum Act {
        case start(Command)
        case finishIdle
        case pass(milliseconds: Int64)
        case hangUp
    }

    private var scenes: [(act: Act, then: [UInt8])] = []

    /// From the end: how many acts, then for each its number and how many bytes the server sends after it; the last one
    /// is followed by all the rest. Scripts/lib/fuzzseeds.py writes the same for the dialogues.
    init(_ input: inout FuzzInput) {
        let choices = (0..<input.choice(of: 24)).map { _ in
            (Self.acts[input.choice(of: Self.acts.count)], input.choice(of: 256))
        }
        var rest = input.text[...]
        for (index, (act, count)) in choices.enumerated() {
            let piece = index == choices.count - 1 ? rest : rest.prefix(count)
            scenes.append((act, Array(piece)))
            rest = rest.dropFirst(piece.count)
        }
        if choices.isEmpty { scenes = [(.finishIdle, Array(rest))] }
    }

    func perform(_ limits: ParserLimits, _ cut: ([UInt8]) -> [[UInt8]]) throws -> Outcome {
        var sessionLimits = Session.Limits()
        sessionLimits.parser = limits
        sessionLimits.commandsInFlight = 3
        var session = Session(tagPrefix: "t", limits: sessionLimits)
        var outcome = Outcome()
        var now: Int64 = 1_000
        session.begin(now: now)
        try outcome.take(from: &session)
        for scene in scenes {
            switch scene.act {
            case .start(let command):
                // After the end every start is refused; before it these are all well formed.
                if let tag = try? session.start(command, now: now) { outcome.started(command, tag) }
            case .finishIdle: session.finishIdle(now: now)
            case .pass(let milliseconds):
                now += milliseconds
                session.tick(now: now)
            case .hangUp: session.endOfStream()
            }
            try outcome.take(from: &session)
            for piece in cut(scene.then) where !piece.isEmpty {
                session.received(piece, now: now)
                try outcome.take(from: &session)
                while let rest = outcome.givenBack.popLast() {
                    session.received(rest, now: now)
                    try outcome.take(from: &session)
                }
            }
        }
        outcome.capabilities = session.capabilities
        return outcome
    }

    /// Only ever appended to: the place is the number in the seeds and in what was found.
    private static let acts: [Act] = [
        .start(.noop), .start(.idle), .finishIdle, .start(.select(MailboxName("Sent"), .condstore)),
        .start(.uidFetch(UIDSet(1...9), [.uid, .flags, .bodyStructure, .body(.message)])),
        .start(.uidSearch(.all, returning: [.all, .count])),
        .start(.uidStore(UIDSet(7), .add, [Flag(spelling: "tracked")], unchangedSince: 12)),
        .start(.append(MailboxName("Entwürfe"), [.seen], nil, message: Array("Subject: x\r\n\r\n\r\n".utf8))),
        .start(.list(reference: MailboxName(""), pattern: MailboxName("*"), returnSpecialUse: true)),
        .start(.create(MailboxName(wire: Array("a\r\nb".utf8)))), .start(.enable([.condstore])),
        .start(.id([IDField("name", "\u{e9}")])), .start(.logout), .pass(milliseconds: 61_000),
        .pass(milliseconds: 26 * 60_000), .hangUp, .start(.status(MailboxName("INBOX"), [.messages, .uidNext])),
        .start(.capability), .pass(milliseconds: 0),
        .start(.compress), .start(.uidCopy(UIDSet(7), MailboxName("Opened"))),
        .start(.subscribe(MailboxName("Opened"))),
        .start(.notify(newMessages: [.uid, .flags, .bodyStructure])),
        .start(.uidMove(UIDSet(7), MailboxName("Opened"))), .start(.uidExpunge(UIDSet(7))),
    ]
}

/// What came of it, but for the times to wait for.
private struct Outcome: Equatable {
    var actions: [Session.Action] = []
    var capabilities = Capabilities()
    /// What the session gave back as compressed. Here nothing is, so that it has to come to the same.
    var givenBack: [[UInt8]] = []
    private var open: Set<Tag> = []
    private var idles: Set<Tag> = []
    private var isClosed = false
    private var isReady = false
    /// Bytes that the commands started so far may send, DONE and tags included.
    private var allowance = 64

    mutating func started(_ command: Command, _ tag: Tag) {
        open.insert(tag)
        if command == .idle { idles.insert(tag) }
        let parts = (try? command.parts()) ?? []
        allowance += 64 + parts.reduce(0) { $0 + $1.bytes.count + 16 }
    }

    mutating func take(from session: inout Session) throws {
        for action in session.takeActions() {
            try require(!isClosed, "\(action) after the close")
            switch action {
            case .wait: continue
            case .send(let bytes):
                allowance -= bytes.count
                try require(allowance >= 0, "more was sent than the commands hold")
            case .deliver(.ready):
                try require(!isReady, "ready twice")
                isReady = true
            case .deliver(.finished(let tag, _)):
                try require(open.remove(tag) != nil, "\(tag) finished, which was not open")
            case .deliver(.idling(let tag)):
                try require(idles.contains(tag) && open.contains(tag), "idling by \(tag)")
            case .deliver(.skipped(let bytes)):
                try require(bytes.count <= ResponseParser.prefixLength, "\(bytes.count) bytes for the log")
            case .deliver(.untagged): break
            case .compress(let rest):
                givenBack.append(rest)
                actions.append(.compress(received: []))
                continue
            case .close: isClosed = true
            }
            actions.append(action)
        }
        try require(isClosed || !session.isIdle || !idles.isDisjoint(with: open), "it idles without an IDLE")
    }
}
