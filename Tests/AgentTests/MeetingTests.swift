import IMAP
import Mailbox
import SentSync
import Secrets
import Servers
import TestSupport
import Testing
import Transport

@testable import Agent

/// The first words with a server, over a socket and the real libcurl.
@Suite(.timeLimit(.minutes(2)))
struct MeetingTests {
    private static let poller = Result { () throws(TransportError) in try Poller() }

    private static let stepsOfLogin = 7

    private func meet<Result>(
        greeting: String, capabilities: String, then script: [ScriptStep],
        _ use: (Connection, MailServer, ScriptedServer) async throws -> Result
    ) async throws -> (Result, sent: String) {
        let login: [ScriptStep] = [
            .send("* OK \(greeting)\r\n"), .expect("CAPABILITY$"),
            .send("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n{tag} OK listed\r\n"),
            .expect("AUTHENTICATE PLAIN \\S+$"), .send("{tag} OK logged in\r\n"),
            .expect("CAPABILITY$"), .send("* CAPABILITY \(capabilities)\r\n{tag} OK in step\r\n"),
        ]
        let server = try await ScriptedServer.start(login + script + [.end])
        let options = ConnectionOptions(
            try Endpoint("imap://127.0.0.1:\(server.port)", cleartext: true),
            login: .password(user: "me@example.org", Secret("correct horse")))
        let connection = try await Connection.open(options, on: Self.poller.get())
        let known = try await MailServer.meet(over: connection, host: options.endpoint.host)
        let result = try await use(connection, known, server)
        await connection.close()
        try await server.ended()
        #expect(try await server.failure() == nil)
        return (result, try await server.received())
    }

    private func meet(
        greeting: String, capabilities: String, then script: [ScriptStep]
    ) async throws -> (MailServer, sent: String) {
        try await meet(greeting: greeting, capabilities: capabilities, then: script) { _, known, _ in known }
    }

    @Test func theAnswerToIDTellsWhoItIs() async throws {
        let (server, sent) = try await meet(
            greeting: "welcome", capabilities: "IMAP4rev1 ID IDLE",
            then: [
                .expect("ID \\(\"name\" \"Sentmark\"\\)$"),
                .send("* ID (\"name\" \"Cyrus IMAPD\" \"version\" \"3.6\")\r\n{tag} OK done\r\n"),
            ])
        #expect(server.profiles.map(\.name) == ["Cyrus"])
        #expect(server.identity.id.map(\.name) == ["name", "version"])
        #expect(server.pushesNews)
        #expect(sent.hasSuffix("ID (\"name\" \"Sentmark\")\r\n"))
    }

    /// 163.com lets nobody into a folder who has not said who he is.
    @Test func whoDemandsAnIDGetsOneEvenIfHeDoesNotListIt() async throws {
        let (server, _) = try await meet(
            greeting: "Coremail System IMap Server Ready(163com[8db726ec])", capabilities: "IMAP4rev1",
            then: [.expect("ID \\(\"name\" \"Sentmark\"\\)$"), .send("{tag} OK ID completed\r\n")])
        #expect(server.quirks.contains(.idRequired))
        #expect(!server.pushesNews)
    }

    @Test func whoDoesNotKnowIDIsNotAsked() async throws {
        let (server, sent) = try await meet(greeting: "ready", capabilities: "IMAP4rev1 IDLE", then: [])
        #expect(server.profiles.isEmpty)
        #expect(!sent.contains(" ID "))
    }

    @Test func aRefusedIDIsNoFailure() async throws {
        let (server, _) = try await meet(
            greeting: "Dovecot ready.", capabilities: "IMAP4rev1 ID",
            then: [.expect("ID"), .send("{tag} BAD Unknown command\r\n")])
        #expect(server.profiles.map(\.name) == ["Dovecot"])
    }

    /// Zoho would have its mailbox numbered 7 for ever: then nothing in it ever changed.
    @Test(arguments: [("ready", "CONDSTORE"), ("Zoho Mail IMAP4rev1 Server", nil)])
    func modificationSequencesThatAreNotBelievedAreNotRead(_ greeting: String, _ parameter: String?) async throws {
        let command = "SELECT \"Sent\"" + (parameter.map { " \\(\($0)\\)" } ?? "") + "$"
        let (selection, _) = try await meet(
            greeting: greeting, capabilities: "IMAP4rev1 CONDSTORE",
            then: [
                .expect(command),
                .send("* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [HIGHESTMODSEQ 7]\r\n{tag} OK [READ-WRITE] done\r\n"),
            ]
        ) { connection, server, _ in
            try await Selection.select(MailboxName("Sent"), on: connection, of: server, resuming: FolderState())
        }
        #expect(selection.selected.exists == 3)
        #expect((selection.selected.highest == nil) == (parameter == nil))
    }

    /// Whatever is sent with the first command has come when that is read.
    @Test(arguments: [("IMAP4rev1", true), ("IMAP4rev1 XYMHIGHESTMODSEQ", false)])
    func commandsInFlightAreAsTheServerBearsThem(_ capabilities: String, _ isPipelined: Bool) async throws {
        let first: [ScriptStep] = [.expect("UID FETCH 1 "), .pass("answer")]
        let rest: [ScriptStep] = [
            .send("* 1 FETCH (UID 1)\r\n{tag} OK done\r\n"),
            .expect("UID FETCH 2 "), .send("* 2 FETCH (UID 2)\r\n{tag} OK done\r\n"),
        ]
        let (seen, _) = try await meet(greeting: "ready", capabilities: capabilities, then: first + rest) {
            connection, _, server in
            async let completions = connection.run([1, 2].map { .uidFetch(UIDSet(UID($0)), [.uid]) })
            try await server.reached(step: Self.stepsOfLogin + 1)
            let seen = try await server.received()
            try await server.open("answer")
            #expect(try await completions.map(\.status) == [.ok, .ok])
            return seen
        }
        #expect(seen.contains("UID FETCH 1 "))
        #expect(seen.contains("UID FETCH 2 ") == isPipelined)
    }
}
