import IMAP
import Mailbox
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
    @Test func runReturnsHowCommandsEndedAndWhatTheyBrought() async throws {
        let server = try await ScriptedServer.start(
            .ready + [
                .expect("NOOP$"), .send("* 4 EXISTS\r\n{tag} NO not now\r\n"),
                .expect("UID FETCH"), .send("* 1 FETCH (UID 9)\r\n{tag} OK fetched\r\n"), .end,
            ])
        let connection = try await Connection.open(server)
        var untagged: [String] = []
        let completions = try await connection.run([.noop, .uidFetch(UIDSet(UID(9)), [.uid])]) {
            untagged.append(EventText.line(.untagged($0)))
        }
        #expect(completions.map(\.status) == [.no, .ok])
        #expect(completions.map(\.text) == ["not now", "fetched"])
        #expect(untagged == ["exists 4", "fetch 1 uid=9"])
        await connection.close()
    }

    @Test func completionsComeInTheOrderOfTheirCommands() async throws {
        let asked: [ScriptStep] = .ready + [.expect("NOOP$")]
        let server = try await ScriptedServer.start(asked + [.pass("answer"), .send("{tag} NO not now\r\n"), .end])
        let connection = try await Connection.open(server)
        async let completions = connection.run([.noop, .idle])
        try await server.reached(step: asked.count)
        // The IDLE, which has not been sent yet, is taken back and so ends first.
        await connection.finishIdle()
        try await server.open("answer")
        #expect(try await completions.map(\.status) == [.no, .ok])
        await connection.close()
    }

    @Test func idleLastsUntilItIsFinished() async throws {
        let news: [ScriptStep] = .ready + [.expect("IDLE$"), .send("+ idling\r\n* 3 EXISTS\r\n")]
        let server = try await ScriptedServer.start(
            news + [.read("DONE\r\n".utf8.count), .send("* 4 EXISTS\r\n{tag} OK done\r\n"), .end])
        let connection = try await Connection.open(server)
        let idle = Task {
            var seen: [String] = []
            try await connection.idle {
                seen.append(EventText.line(.untagged($0)))
                return true
            }
            return seen
        }
        try await server.reached(step: news.count)
        await connection.finishIdle()
        #expect(try await idle.value == ["exists 3", "exists 4"])
        await connection.close()
        try await server.ended()
        #expect(try await server.received().hasSuffix("IDLE\r\nDONE\r\n"))
    }

    @Test func idleEndsWhenItsReaderHasSeenEnough() async throws {
        let server = try await ScriptedServer.start(
            .ready + [
                .expect("IDLE$"), .send("+ idling\r\n* 3 EXISTS\r\n"), .read("DONE\r\n".utf8.count),
                .send("{tag} OK done\r\n"), .end,
            ])
        let connection = try await Connection.open(server)
        try await connection.idle { $0 != .exists(3) }
        await connection.close()
    }

    @Test func byeEndsTheCommandsAndAllThatFollow() async throws {
        let server = try await ScriptedServer.start(
            .ready + [.expect("UID FETCH"), .send("* 1 FETCH (UID 9)\r\n* BYE [UNAVAILABLE] gone home\r\n"), .end])
        let connection = try await Connection.open(server)
        var untagged: [String] = []
        let first = await failure { () throws(MailboxError) in
            try await connection.run([.uidFetch(UIDSet(UID(9)), [.uid])]) {
                untagged.append(EventText.line(.untagged($0)))
            }
        }
        let second = await failure { () throws(MailboxError) in try await connection.run([.noop]) }
        for error in [first, second] {
            #expect(error?.closeReason == .bye(ResponseText(code: .unavailable, text: "gone home")))
        }
        #expect(untagged == ["fetch 1 uid=9", "bye [unavailable] gone home"])
        // We have hung up.
        try await server.ended()
        #expect(try await server.failure() == nil)
    }

    @Test func cancellationEndsTheWaitingForAnAnswer() async throws {
        let asked: [ScriptStep] = .ready + [.expect("NOOP$")]
        let server = try await ScriptedServer.start(asked + [.end])
        let connection = try await Connection.open(server)
        let waiting = Task { await failure { () throws(MailboxError) in try await connection.run([.noop]) } }
        try await server.reached(step: asked.count)
        waiting.cancel()
        #expect(await waiting.value?.isCancellation == true)
        await connection.close()
        try await server.ended()
        #expect(try await server.failure() == nil)
    }

    @Test func aServerThatFallsSilentIsGivenUp() async throws {
        var timing = Session.Timing()
        timing.silence = 50
        let server = try await ScriptedServer.start(.login + [.expect("CAPABILITY$"), .end])
        let options = try Harness.options(server)
        let poller = try Harness.poller.get()
        let error = await failure { () throws(MailboxError) in
            try await Connection.open(options, on: poller, timing: timing)
        }
        #expect(error?.closeReason == .timedOut(command: "CAPABILITY"))
        try await server.ended()
    }

    /// The transport logs in by itself; what the server said meanwhile is not lost.
    @Test func theGreetingAndTheCapabilitiesOfTheLoginAreKept() async throws {
        let server = try await ScriptedServer.start([
            .send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN ID] Example ready.\r\n"),
            .expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN XSTOP\r\n{tag} OK listed\r\n"),
            .expect("AUTHENTICATE PLAIN \\S+$"),
            .send("* OK hello\r\n{tag} OK [CAPABILITY IMAP4rev1 IDLE] logged in\r\n"),
            .expect("NOOP$"), .send("* 1 EXISTS\r\n{tag} OK in step\r\n"), .end,
        ])
        let connection = try await Connection.open(server)
        #expect(connection.greeting.text == "Example ready.")
        #expect(
            connection.greeting.capabilities.all == [
                .imap4rev1, "SASL-IR", "AUTH=PLAIN", .id, "XSTOP", .idle,
            ])
        #expect(await connection.capabilities == Capabilities([.imap4rev1, .idle]))
        await connection.close()
    }

    @Test func idleEndsByItselfInTime() async throws {
        var timing = Session.Timing()
        timing.idle = 50
        let server = try await ScriptedServer.start(
            .ready + [
                .expect("IDLE$"), .send("+ idling\r\n"), .read("DONE\r\n".utf8.count), .send("{tag} OK done\r\n"), .end,
            ])
        let connection = try await Connection.open(server, timing: timing)
        try await connection.idle { _ in true }
        await connection.close()
    }

    @Test func aRestrictionHoldsForARunningIdle() async throws {
        let idling: [ScriptStep] = .ready + [.expect("IDLE$"), .send("+ idling\r\n* 3 EXISTS\r\n")]
        let server = try await ScriptedServer.start(
            idling + [.read("DONE\r\n".utf8.count), .send("{tag} OK done\r\n"), .end])
        let connection = try await Connection.open(server)
        try await connection.idle { _ in
            Task { await connection.restrict(idle: .milliseconds(1), commandsInFlight: 1) }
            return true
        }
        await connection.close()
    }

    @Test func logoutDoesNotWaitForeverForAGoodbye() async throws {
        var timing = Session.Timing()
        timing.logout = 50
        let server = try await ScriptedServer.start(.ready + [.expect("LOGOUT$"), .end])
        let connection = try await Connection.open(server, timing: timing)
        await connection.logout()
        try await server.ended()
        #expect(try await server.failure() == nil)
    }
}

extension MailboxError {
    fileprivate var closeReason: Session.CloseReason? {
        if case .closed(let reason) = self { reason } else { nil }
    }

    fileprivate var isCancellation: Bool {
        if case .cancelled = self { true } else { false }
    }
}
