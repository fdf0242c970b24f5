import Foundation
import TestSupport
import Testing

/// Accounts fail apart: what is wrong with one is said once, clearly, and the others go on.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AccountTroubleTests {
    @Test func aWrongPasswordIsTriedOnceAndWaitsForItsUser() async throws {
        let dovecot = try await Dovecot.start()
        var bob = World.Account("bob", on: dovecot)
        bob.password = "wrong"
        let world = try World(dovecot: dovecot, accounts: [World.Account(on: dovecot), bob])
        let pixels = try (0..<2).map { _ in try world.newPixel() }
        let late = try await world.send("late", pixels[0], as: "bob")
        try world.program.start()
        let line = try await world.waitForLog(of: "account:bob", "session ended")
        let words = "127.0.0.1:\(dovecot.imapsPort) does not accept the user or password"
        #expect(line.contains(words) && line.contains("check both"))
        // Minutes, not seconds: nobody is locked out.
        let pause = try #require(try /again_in="(\d+)/.firstMatch(in: line)).output.1
        #expect(try #require(Int(pause)) >= 200)

        let uid = try await world.send("good", pixels[1])
        try await world.expect(uid, ["tracked"])
        #expect(try world.status(of: "bob").hasPrefix("bob: 0 tracked messages; NEEDS YOU: \(words)"))
        #expect(try await dovecot.refusedLogins(of: "bob") == 1)
        let doctor = try world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 77)
        #expect(doctor.output.contains("✗ account bob: login: \(words)"))
        #expect(doctor.output.contains("✓ account alice: login:"))

        try world.program.write("keys/bob.password", dovecot.password)
        world.program.signal(SIGHUP)
        try await world.expect(late, of: "bob", ["tracked"])
        await dovecot.stop()
    }

    @Test func aCertificateThatCannotBeTrustedGetsNothing() async throws {
        let dovecot = try await Dovecot.start()
        let hello: [ScriptStep] = [.send("* OK ready\r\n"), .end]
        let expired = try await ScriptedServer.start(.implicit, certificate: .expired, hello)
        let elsewhere = try await ScriptedServer.start(.implicit, certificate: .otherhost, hello)
        let late = try await ScriptedServer.start(
            .starttls, certificate: .expired,
            [
                .send("* OK ready\r\n"),
                .expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n{tag} OK\r\n"),
                .expect("STARTTLS$"), .send("{tag} OK\r\n"), .startTLS, .end,
            ])
        var stranger = World.Account("stranger", on: dovecot, user: "bob")
        stranger.caFile = expired.caFile
        let world = try World(
            dovecot: dovecot,
            accounts: [
                World.Account("expired", on: expired, .implicit), World.Account("elsewhere", on: elsewhere, .implicit),
                World.Account("late", on: late, .starttls), stranger, World.Account(on: dovecot),
            ])
        try world.program.start()
        let uid = try await world.send("good", try world.newPixel())
        try await world.expect(uid, ["tracked"])

        let told = [
            ("expired", "127.0.0.1:\(expired.port) has expired; ask the provider for a new one"),
            ("elsewhere", "127.0.0.1:\(elsewhere.port) is for another name; use the name that the provider gives"),
            ("late", "127.0.0.1:\(late.port) has expired; ask the provider for a new one"),
            ("stranger", "is signed by nobody this machine trusts; if the server is yours, name its authority"),
        ]
        for (account, words) in told {
            try await world.waitForLog(of: "account:\(account)", words)
            #expect(try world.status(of: account).contains("NEEDS YOU: the certificate of 127.0.0.1"))
            #expect(try world.status(of: account).contains(words))
            #expect(world.log(of: "account:\(account)").count == 1, "said once")
        }
        let doctor = try world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 69)
        for (account, words) in told {
            let line = doctor.output.split(separator: "\n").first { $0.hasPrefix("✗ account \(account): login:") }
            #expect(try #require(line).contains(words))
        }
        for connection in 0..<2 {
            #expect(try await expired.received(connection: connection) == "")
            #expect(try await elsewhere.received(connection: connection) == "")
            let commands = try await late.received(connection: connection).split(separator: "\r\n")
            #expect(commands.map { $0.split(separator: " ").last } == ["CAPABILITY", "STARTTLS"])
        }
        #expect(try await dovecot.refusedLogins(of: "bob") == 0)
        await dovecot.stop()
    }

    @Test func aMissingFolderAndMissingKeywordsAreNamed() async throws {
        let dovecot = try await Dovecot.start()
        var misspelled = World.Account("misspelled", on: dovecot, user: "bob")
        misspelled.more = "sent = \"Sennt\""
        let bare = try await ScriptedServer.start(
            .server(["CAPABILITY$|LOGOUT$": "{tag} OK\r\n", "LIST": "* LIST () \"/\" Work\r\n{tag} OK\r\n"]))
        let world = try World(
            dovecot: dovecot, accounts: [World.Account(on: dovecot), misspelled, World.Account("bare", on: bare)])
        try world.program.start()
        try await world.waitForLog(
            of: "account:misspelled", "there is no folder Sennt; name the one with sent mail with `sent")
        #expect(try world.status(of: "misspelled").contains("(folders here: Sent, Drafts, Archive)"))
        try await world.waitForLog(of: "account:bare", "no folder is marked as Sent; name the one")
        #expect(try world.status(of: "bare").contains("NEEDS YOU") && world.status(of: "bare").contains("here: Work"))
        let doctor = try world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 78)
        #expect(doctor.output.contains("(folders here: Sent, Drafts, Archive); name it with sent"))
        #expect(try await bare.failure() == nil)
        await dovecot.stop()
    }

    @Test func aServerWithoutKeywordsIsNamedInStatus() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [World.Account(on: dovecot)])
        let html = "<p>Hello</p>" + (try world.newPixel().html)
        let header = "Message-ID: <one@example.net>\r\nSubject: one\r\nTo: b@example.org\r\n\r\n"
        let server = try await ScriptedServer.start(
            .server([
                "CAPABILITY$|NOOP$|LOGOUT$": "{tag} OK\r\n",
                "LIST": "* LIST (\\Sent) \"/\" Sent\r\n{tag} OK\r\n",
                "SELECT":
                    "* 1 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 2]\r\n* OK [PERMANENTFLAGS (\\Seen)]\r\n{tag} OK\r\n",
                "UID SEARCH": "* SEARCH 1\r\n{tag} OK\r\n",
                "CONTENT-TYPE": fetch(1, "BODY[HEADER.FIELDS (CONTENT-TYPE)]", "Content-Type: text/html\r\n\r\n")
                    + "{tag} OK\r\n",
                "BODYSTRUCTURE":
                    "* 1 FETCH (UID 1 BODYSTRUCTURE (\"text\" \"html\" NIL NIL NIL \"7bit\" \(html.utf8.count) 1))\r\n{tag} OK\r\n",
                "BODY.PEEK\\[1\\]": fetch(1, "BODY[1]<0>", html) + "{tag} OK\r\n",
                "MESSAGE-ID": fetch(1, "FLAGS () BODY[HEADER.FIELDS (MESSAGE-ID)]", header) + "{tag} OK\r\n",
            ]))
        try world.add(World.Account("poor", on: server))
        try world.program.start()
        try await world.waitForLog(of: "account:poor", "keyword not kept")
        #expect(
            try world.status(of: "poor").contains(
                "keyword tracked is not kept: the server has no keywords of its users' own (PERMANENTFLAGS without \\*)"
            ))
        #expect(try world.program.command("status").contains("one"))
        #expect(!(try await server.received().contains("STORE")))
        let doctor = try world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 69)
        #expect(doctor.output.contains("✗ account poor: keywords: the server keeps no keywords of its users' own; "))
        await dovecot.stop()
    }

    @Test func whatIsTakenOrUnsafeIsRefused() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let program = world.program
        try program.start()
        try await world.waitForServer()
        let pid = try #require(program.processID)
        let second = try program.outcome(of: ["run"])
        #expect(second.status == 75)
        #expect(second.errors.contains("an agent is already running: process \(pid); stop it first"))

        // A running agent keeps what it has.
        try program.setMode(0o640, of: "keys/px")
        program.signal(SIGHUP)
        try await world.wait(10, "the refusal") { program.log.contains("the old one goes on") }
        #expect(program.log.contains("keys/px: others have rights on it (mode 640); chmod 600"))
        try program.setMode(0o600, of: "keys/px")
        let config = try String(contentsOf: program.home.appending(path: "config.toml"), encoding: .utf8)
        let taken = config.replacing(
            "listen = \"127.0.0.1:\(program.port)\"", with: "listen = \"127.0.0.1:\(dovecot.imapPort)\"")
        try program.write("config.toml", taken)
        program.signal(SIGHUP)
        try await world.wait(10, "the second refusal") {
            program.log.contains(
                "problem=\"127.0.0.1:\(dovecot.imapPort): cannot be listened on: Address already in use; ")
        }
        try program.write("config.toml", config)
        try await world.waitForServer()
        let uid = try await world.send("one", try world.newPixel())
        try await world.expect(uid, ["tracked"])
        program.kill()

        for (file, mode, status, words) in [
            ("config.toml", 0o660, 78, "others can write it, and it says which commands to run"),
            ("keys/px", 0o640, 77, "keys/px: others have rights on it (mode 640); chmod 600"),
            ("keys/server", 0o640, 77, "keys/server: others can read or write it; run: chmod 600"),
        ] as [(String, Int, Int32, String)] {
            try program.setMode(mode, of: file)
            let refused = try program.outcome(of: ["run"])
            #expect(refused.status == status && refused.errors.contains(words), "\(file): \(refused)")
            try program.setMode(0o600, of: file)
        }

        // A password concerns its account alone.
        try program.setMode(0o640, of: "keys/alice.password")
        try program.start()
        try await world.waitForLog(of: "account:alice", "alice.password: others have rights on it (mode 640)")
        #expect(try world.status(of: "alice").contains("NEEDS YOU"))
        try program.setMode(0o600, of: "keys/alice.password")
        program.signal(SIGHUP)
        let late = try await world.send("two", try world.newPixel())
        try await world.expect(late, ["tracked"])
        await dovecot.stop()
    }
}
