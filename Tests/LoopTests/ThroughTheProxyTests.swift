import Foundation
import TestSupport
import Testing

/// A mail from the mail program to the keyword: through the proxy to the recipient, its copy as it was written in Sent.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ThroughTheProxyTests {
    @Test func aMailThatWasSentThroughUsIsSeenToBeOpened() async throws {
        let (dovecot, sink) = (try await Dovecot.start(), try await Upstream.start(.sink))
        var account = World.Account(on: dovecot)
        // One authority for the mailbox, one for the provider.
        account.caFile = "both.pem"
        account.more = """
            addresses = ["alice@example.org"]
            smtp = "smtps://127.0.0.1:\(sink.tlsPort)"
            """
        let world = try World(dovecot: dovecot, accounts: [account])
        let authorities = try [dovecot.caFile, sink.caFile].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try world.program.write("both.pem", authorities.joined())
        let port = try Program.freePort()
        try world.add("[submission]\nlisten = \"127.0.0.1:\(port)\"\nrecipients = [\"*@far.example\"]")
        try world.program.start()
        try await world.wait(20, "the proxy") { world.program.log.contains("part=submission") }
        var server = MailPrograms.Server(sink, port: port)
        server.password = try String(
            contentsOf: world.program.home.appending(path: "keys/submission"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)

        let programs = try MailPrograms()
        for (id, recipient) in [("asked", Letter.tracked), ("other", Letter.untracked)] {
            try await programs.submit(
                by: .msmtp, to: server, .none, from: Letter.sender, to: [recipient], Letter.html(id))
        }
        let arrived = try await sink.deliveries(count: 2)
        let pixel = try #require(
            String(decoding: arrived[0].message, as: UTF8.self).replacing("=\r\n", with: "").firstMatch(
                of: /src=(?:3D)?"(http:[^"]*\.gif)"/)
        ).1
        #expect(arrived[1].message == Letter.html("other"))

        // The mail program keeps what it wrote.
        let asked = try await dovecot.append(String(decoding: Letter.html("asked"), as: UTF8.self), of: "alice")
        let other = try await dovecot.append(String(decoding: Letter.html("other"), as: UTF8.self), of: "alice")
        try await world.expect(asked, ["tracked"])
        try await world.program.load(String(pixel), from: World.home, agent: World.thunderbird)
        try await world.expect(asked, ["tracked", "opened"])
        #expect(try await world.keywords(other) == [])
        let why = try world.program.command("why", "asked@example.org")
        #expect(why.contains("opened"), "\(why)")
        try await world.stop()
        await dovecot.stop()
        await sink.stop()
    }
}
