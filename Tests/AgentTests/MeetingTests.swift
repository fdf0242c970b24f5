import IMAP
import Mailbox
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

    private func meet(
        greeting: String, capabilities: String, then script: [ScriptStep]
    ) async throws -> (MailServer, sent: String) {
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
        await connection.close()
        try await server.ended()
        #expect(try await server.failure() == nil)
        return (known, try await server.received())
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
}
