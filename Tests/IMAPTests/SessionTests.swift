import Testing

@testable import IMAP

/// What the dialogues cannot show: time, limits, and the order of actions.
struct SessionTests {
    private func ready(_ limits: Session.Limits = Session.Limits(), capabilities: String = "IMAP4rev1") -> Session {
        var session = Session(tagPrefix: "t", limits: limits)
        session.begin(now: 0)
        session.received("* CAPABILITY \(capabilities)\r\nt1 OK done\r\n".bytes, now: 0)
        _ = session.takeActions()
        return session
    }

    private func sent(_ actions: [Session.Action]) -> [String] {
        actions.compactMap { if case .send(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
    }

    private func reason(_ actions: [Session.Action]) -> Session.CloseReason? {
        actions.compactMap { if case .close(let reason) = $0 { reason } else { nil } }.last
    }

    private func fetch(_ uid: UID) -> Command { .uidFetch(UIDSet(uid), [.uid]) }

    @Test func pipelinesUpToTheLimit() throws {
        var limits = Session.Limits()
        limits.commandsInFlight = 3
        var session = ready(limits)
        for uid in 1...5 { _ = try session.start(fetch(UID(UInt32(uid))), now: 0) }
        #expect(sent(session.takeActions()).count == 3)
        session.received("t3 OK\r\nt2 OK\r\n".bytes, now: 1)
        #expect(sent(session.takeActions()) == ["t5 UID FETCH 4 (UID)\r\n", "t6 UID FETCH 5 (UID)\r\n"])
    }

    /// What a server bears is known only when the session runs.
    @Test func isRestrictedByWhatIsLearnedOfTheServer() throws {
        var session = ready()
        session.restrict(idle: 1000, commandsInFlight: 1)
        session.restrict(idle: 2000, commandsInFlight: 16)
        for uid in 1...2 { _ = try session.start(fetch(UID(UInt32(uid))), now: 0) }
        #expect(sent(session.takeActions()).count == 1)
        session.received("t2 OK\r\n".bytes, now: 1)
        session.received("t3 OK\r\n".bytes, now: 2)
        _ = try session.start(.idle, now: 2)
        session.received("+\r\n".bytes, now: 3)
        #expect(session.takeActions().contains(.wait(until: 1003)))
        session.restrict(idle: 500, commandsInFlight: 1)
        #expect(session.takeActions() == [.wait(until: 503)])
        session.tick(now: 503)
        #expect(sent(session.takeActions()) == ["DONE\r\n"])
    }

    /// The runner ends IDLE from another task than the one that learns of the end.
    @Test func sendsNothingAfterTheClose() throws {
        var session = ready()
        _ = try session.start(.idle, now: 0)
        session.received("+ idling\r\n* BYE restart\r\n".bytes, now: 1)
        #expect(reason(session.takeActions()) == .bye(ResponseText(text: "restart")))
        session.finishIdle(now: 2)
        #expect(session.takeActions() == [])
    }

    @Test func asksOnlyForCapabilitiesThatTheLoginDidNotList() {
        for (listed, command) in [([], "CAPABILITY"), ([Capability.idle], "NOOP")] {
            var session = Session(tagPrefix: "t", capabilities: Capabilities(listed))
            session.begin(now: 0)
            #expect(sent(session.takeActions()) == ["t1 \(command)\r\n"])
            session.received("f the last line\r\n* 1 EXISTS\r\nt1 OK done\r\n".bytes, now: 1)
            #expect(session.takeActions().contains(.deliver(.ready)))
            #expect(session.capabilities.contains(.idle) == !listed.isEmpty)
        }
    }

    /// What is wanted in any case is the first question, and whoever refuses that may serve all the same.
    @Test(arguments: [
        ("f the last line\r\n* ENABLED QRESYNC\r\nt1 OK done\r\n", true, ["t2 NOOP"]),
        ("* 1 EXISTS\r\nt1 OK done\r\n", false, ["t2 NOOP"]),
        ("t1 BAD what?\r\n", false, ["t2 NOOP"]),
        ("t1 BAD what?\r\nt2 OK\r\n", false, ["t2 NOOP", "t3 NOOP"]),
    ])
    func enablesAtOnceWhatIsWanted(_ answer: String, _ isEnabled: Bool, _ then: [String]) throws {
        var session = Session(tagPrefix: "t", capabilities: Capabilities([.qresync]))
        session.begin(enabling: .qresync, now: 0)
        #expect(sent(session.takeActions()) == ["t1 ENABLE QRESYNC\r\n"])
        session.received(answer.bytes, now: 1)
        #expect(session.enabled.contains(.qresync) == isEnabled)
        _ = try session.start(.noop, now: 1)
        #expect(sent(session.takeActions()) == then.map { $0 + "\r\n" })
    }

    @Test func whoRefusesTheNoopTooRefusesToServe() {
        var session = Session(tagPrefix: "t", capabilities: Capabilities([.qresync]))
        session.begin(enabling: .qresync, now: 0)
        session.received("t1 BAD what?\r\nt2 BAD not connected\r\n".bytes, now: 1)
        #expect(reason(session.takeActions()) == .refused(ResponseText(text: "not connected")))
    }

    @Test func nothingIsEnabledBeforeTheCapabilitiesAreKnown() {
        var session = Session(tagPrefix: "t")
        session.begin(enabling: .qresync, now: 0)
        #expect(sent(session.takeActions()) == ["t1 CAPABILITY\r\n"])
    }

    /// Nothing may be sent before the answer (RFC 4978), and what follows it is not ours to read as it is.
    @Test func compressionBeginsBehindItsAnswer() throws {
        var session = ready()
        _ = try session.start(.compress, now: 0)
        _ = try session.start(fetch(1), now: 0)
        #expect(sent(session.takeActions()) == ["t2 COMPRESS DEFLATE\r\n"])
        session.received("* 3 EXISTS\r\nt2 OK [A{5}]\r\n".bytes + [0x62, 0x0d, 0x0a], now: 1)
        let actions = session.takeActions()
        let begin = try #require(actions.firstIndex(of: .compress(received: [0x62, 0x0d, 0x0a])))
        #expect(sent(Array(actions[..<begin])).isEmpty)
        #expect(sent(Array(actions[begin...])) == ["t3 UID FETCH 1 (UID)\r\n"])
        session.received("t3 OK\r\n".bytes, now: 2)
        #expect(session.takeActions().contains(.deliver(.finished(Tag("t3"), Completion(.ok)))))
    }

    @Test func pipelinesUpToTheBytes() throws {
        var limits = Session.Limits()
        limits.bytesInFlight = 40
        var session = ready(limits)
        for uid in 1...5 { _ = try session.start(fetch(UID(UInt32(uid))), now: 0) }
        #expect(sent(session.takeActions()).count == 2)
    }

    @Test(arguments: [Command.select(.inbox, nil), .examine(.inbox, nil), .enable([.condstore]), .compress, .idle])
    func runsAlone(_ command: Command) throws {
        var session = ready()
        _ = try session.start(fetch(1), now: 0)
        _ = try session.start(command, now: 0)
        _ = try session.start(fetch(2), now: 0)
        #expect(sent(session.takeActions()).count == 1)
        session.received("t2 OK\r\n".bytes, now: 1)
        #expect(sent(session.takeActions()).map { $0.hasPrefix("t3 ") } == [true])
        session.received("t3 NO\r\n".bytes, now: 2)
        #expect(sent(session.takeActions()) == ["t4 UID FETCH 2 (UID)\r\n"])
    }

    @Test func nothingOvertakesALiteral() throws {
        var session = ready()
        _ = try session.start(.append(.inbox, [], nil, message: "abc".bytes), now: 0)
        _ = try session.start(.noop, now: 0)
        #expect(sent(session.takeActions()) == ["t2 APPEND \"INBOX\" {3}\r\n"])
        session.received("+ ok\r\n".bytes, now: 1)
        #expect(sent(session.takeActions()) == ["abc\r\n", "t3 NOOP\r\n"])
    }

    @Test func usesWhatTheServerOffers() throws {
        var session = ready(capabilities: "IMAP4rev1 LITERAL+")
        _ = try session.start(.append(.inbox, [], nil, message: "abc".bytes), now: 0)
        #expect(sent(session.takeActions()) == ["t2 APPEND \"INBOX\" {3+}\r\nabc\r\n"])
    }

    @Test func beginsWithItsOwnCapability() {
        var session = Session(tagPrefix: "\r\n x*")
        session.begin(now: 5)
        session.begin(now: 6)
        #expect(session.takeActions() == [.send("x1 CAPABILITY\r\n".bytes), .wait(until: 60_005)])
        #expect(session.takeActions() == [])
    }

    @Test func waitsForSilenceFromTheLastByte() throws {
        var session = ready()
        #expect(try session.start(.noop, now: 100) == Tag("t2"))
        #expect(session.takeActions().last == .wait(until: 60_100))
        session.received("* 1".bytes, now: 200)
        #expect(session.takeActions() == [.wait(until: 60_200)])
        session.sent(now: 300)
        #expect(session.takeActions() == [.wait(until: 60_300)])
        session.tick(now: 60_299)
        #expect(session.takeActions() == [])
        session.received(" EXISTS\r\nt2 OK\r\n".bytes, now: 60_299)
        #expect(session.takeActions().last == .wait(until: nil))
        session.tick(now: .max)
        #expect(session.takeActions() == [])
    }

    /// One byte a second keeps silence away, but not for ever.
    @Test func endsADribble() throws {
        var session = ready()
        _ = try session.start(.noop, now: 0)
        for second in 1...900 {
            session.received("x".bytes, now: Int64(second) * 1000)
            session.tick(now: Int64(second) * 1000)
        }
        #expect(reason(session.takeActions()) == .timedOut(command: "NOOP"))
    }

    @Test func endsAFlood() throws {
        var limits = Session.Limits()
        limits.bytesPerCommand = 10_000
        var session = ready(limits)
        _ = try session.start(.noop, now: 0)
        for _ in 0..<2000 { session.received("* 5 EXISTS\r\n".bytes, now: 0) }
        #expect(reason(session.takeActions()) == .tooMuchData)
        #expect(throws: CommandError.closed) { try session.start(.noop, now: 0) }
    }

    @Test func answersStartTheCountAnew() throws {
        var limits = Session.Limits()
        limits.bytesPerCommand = 1000
        var session = ready(limits)
        for number in 2..<500 {
            _ = try session.start(.noop, now: 0)
            session.received("* 5 EXISTS\r\nt\(number) OK\r\n".bytes, now: 0)
        }
        #expect(reason(session.takeActions()) == nil)
    }

    @Test func closesOnASyntaxErrorAndStaysClosed() throws {
        var session = ready()
        session.received("* 1 FETCH (BODY[] {99999999999}\r\n".bytes, now: 0)
        #expect(reason(session.takeActions()) == .syntax(.literalTooLarge(limit: 4 << 30)))
        session.received("* 1 EXISTS\r\n".bytes, now: 0)
        session.endOfStream()
        session.finishIdle(now: 0)
        #expect(session.takeActions() == [])
    }

    @Test func leavesAServerThatIgnoresLogout() throws {
        var session = ready()
        _ = try session.start(.logout, now: 0)
        #expect(session.takeActions().last == .wait(until: 1000))
        session.tick(now: 1000)
        #expect(reason(session.takeActions()) == .loggedOut)
    }

    @Test func anEndIsAnEnd() throws {
        var session = ready()
        _ = try session.start(.noop, now: 0)
        session.endOfStream()
        session.endOfStream()
        #expect(session.takeActions().filter { if case .close = $0 { true } else { false } } == [.close(.endOfStream)])
    }

    @Test func knowsWhenItIdles() throws {
        var session = ready()
        _ = try session.start(.idle, now: 0)
        #expect(session.isIdle)
        session.received("+ \r\n".bytes, now: 5)
        #expect(session.takeActions().last == .wait(until: 25 * 60_000 + 5))
        session.finishIdle(now: 7)
        session.finishIdle(now: 8)
        #expect(sent(session.takeActions()) == ["DONE\r\n"])
        session.received("t2 OK\r\n".bytes, now: 9)
        #expect(!session.isIdle)
    }

    /// How a connection that died in silence, such as while the machine slept, is found out.
    @Test func doneIsAnsweredSoonOrTheConnectionIsDead() throws {
        var session = ready()
        _ = try session.start(.idle, now: 0)
        session.received("+ \r\n".bytes, now: 5)
        session.finishIdle(now: 3_600_000)
        #expect(session.takeActions().last == .wait(until: 3_630_000))
        session.tick(now: 3_629_999)
        #expect(session.takeActions().isEmpty)
        session.tick(now: 3_630_000)
        #expect(session.takeActions() == [.close(.timedOut(command: "IDLE"))])
    }

    @Test func idleRefusedIsOver() throws {
        var session = ready()
        _ = try session.start(.idle, now: 0)
        session.finishIdle(now: 0)
        session.received("t2 BAD no\r\n".bytes, now: 5)
        _ = try session.start(.noop, now: 0)
        #expect(sent(session.takeActions()) == ["t2 IDLE\r\n", "t3 NOOP\r\n"])
    }
}
