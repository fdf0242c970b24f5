import Foundation
import TestSupport
import Testing

/// A provider puts in its own pixel and tells of opens by its API; the mails in Sent show nothing of it.
@Suite(.serialized)
struct ProviderTests {
    private static let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "

    private static func answer(_ expected: String, _ body: String) -> [ScriptStep] {
        [.expect(expected), .headers, .send(json + "\(body.utf8.count)\r\n\r\n" + body)]
    }

    /// An open of a minute ago.
    private static func open(_ number: String, bot: String = "") -> String {
        """
        {"event": "opened", "id": "\(number)", "timestamp": \(Date().timeIntervalSince1970 - 60), "recipient": "b@x.example",
         "ip": "\(World.home)", "client-info": {"user-agent": "\(World.thunderbird)", "bot": "\(bot)"},
         "message": {"headers": {"message-id": "\(number)@example.net"}}}
        """
    }

    private static func page(_ opens: [String], next: String) -> String {
        #"{"items": [\#(opens.joined(separator: ","))], "paging": {"next": "/v3/mg.example.net/events/\#(next)"}}"#
    }

    @Test func whatAProviderTellsIsSeenInTheMailbox() async throws {
        let opens = [
            Self.open("offer"), Self.open("scanned", bot: "generic"), Self.open("later"), Self.open("of-a-program"),
        ]
        let first = "^GET /v3/mg.example.net/events\\?event=opened&begin=[0-9]+&ascending=yes&limit=300 "
        let round =
            Self.answer(first, Self.page(opens, next: "a"))
            + Self.answer("^GET /v3/mg.example.net/events/a ", Self.page([], next: "b"))
        let again =
            Self.answer(first, Self.page(opens + [Self.open("new")], next: "a"))
            + Self.answer("^GET /v3/mg.example.net/events/a ", Self.page([], next: "b"))
        let provider = try await ScriptedServer.start(scripts: [round + [.end], again + [.end]])
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        try world.program.write("keys/mailgun", "key-1\n")
        try world.add(
            """
            [[source]]
            kind = "mailgun-events"
            name = "mailgun"
            url = "http://127.0.0.1:\(provider.port)"
            domain = "mg.example.net"
            password_file = "keys/mailgun"
            """)
        let offer = try await world.send("offer", ago: 600)
        let scanned = try await world.send("scanned", ago: 600)
        let other = try await world.send("other", ago: 600)
        let new = try await world.send("new", ago: 600)
        let pixel = try await world.send("pixel", try world.newPixel())
        try world.program.start()
        try await world.expect(offer, ["tracked", "opened"])
        try await world.expect(scanned, ["tracked", "reached"])
        // Filed after it was opened.
        let later = try await world.send("later", ago: 600)
        try await world.expect(later, ["tracked", "opened"])
        try await world.expect(pixel, ["tracked"])
        for uid in [other, new] { #expect(try await world.keywords(uid) == []) }

        // What is told once more is nothing new.
        world.program.kill()
        try world.program.start()
        try await world.expect(new, ["tracked", "opened"])
        for name in ["offer", "later", "new"] { #expect(try world.hits(on: "\(name)@example.net") == 1) }
        #expect(try await world.keywords(scanned) == ["tracked", "reached"])
        #expect(try await world.keywords(other) == [])
        #expect(try await provider.received().contains("Authorization: Basic YXBpOmtleS0x\r\n"))
        for connection in 0...1 { #expect(try await provider.failure(connection: connection) == nil) }
        #expect(!world.program.log.contains("b@x.example") && !world.program.log.contains("key-1"))
        await dovecot.stop()
    }

    @Test func aRefusedKeyIsToldWithWhatToDo() async throws {
        let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
        let provider = try await ScriptedServer.start(
            [.expect("^GET "), .headers, .send(refusal), .end])
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        try world.program.write("keys/postmark", "key-1\n")
        try world.add(
            """
            [[source]]
            kind = "postmark"
            url = "http://127.0.0.1:\(provider.port)"
            name = "postmark"
            password_file = "keys/postmark"
            """)
        try world.program.start()
        let line = try await world.waitForLog(of: "source:postmark", "pull failed")
        #expect(line.contains("Postmark refuses the key; check the key that password_file"))
        let doctor = try world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 77)
        #expect(doctor.output.contains("source postmark: server: Postmark refuses the key"))
        await dovecot.stop()
    }
}
