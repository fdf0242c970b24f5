import Foundation
import TestSupport
import Testing

/// The user's own looks at a pixel, told by what happens in the mailbox: a real Dovecot, and no own network.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct IncomingTests {
    /// A mail of ten minutes ago, and the agent at rest beside it.
    private func begin(_ number: String) async throws -> (Dovecot, World, World.Pixel, UInt32) {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        let uid = try await world.send(number, pixel, ago: 600)
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await world.waitForServer()
        try await world.waitForLog(of: "account:alice", "looked at incoming mail")
        return (dovecot, world, pixel, uid)
    }

    /// Until `why` names one of these rules for each hit, in their order.
    private func expect(_ number: String, _ rules: [Set<String>], _ world: World) async throws {
        struct Why: Decodable {
            struct Message: Decodable {
                struct Hit: Decodable {
                    struct Verdict: Decodable { let rule: String }
                    let verdict: Verdict?
                }
                let hits: [Hit]
            }
            let messages: [Message]
        }
        var seen: [String?] = []
        do {
            try await world.wait(20, "the rules \(rules)") {
                let why = try JSONDecoder().decode(
                    Why.self, from: Data(world.program.command("why", "--json", "\(number)@example.net").utf8))
                seen = why.messages.first?.hits.map(\.verdict?.rule) ?? []
                return seen.count == rules.count && zip(seen, rules).allSatisfy { $0.map($1.contains) ?? false }
            }
        } catch let failure as Program.Failure {
            throw Program.Failure(description: "\(failure)\nseen: \(seen)")
        }
    }

    @Test func whoMarksTheSentMailAsSeenHasLookedAtIt() async throws {
        let (dovecot, world, pixel, uid) = try await begin("mine")
        try await dovecot.store(uid, .remove, ["\\Seen"])
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await dovecot.store(uid, .add, ["\\Seen"])
        try await expect("mine", [["own-activity"]], world)
        try await world.expect(uid, ["tracked"])
        #expect(try world.program.command("why", "mine@example.net").contains("you were at it"))
        await dovecot.stop()
    }

    @Test func whoOpensTheReplyOpensTheQuotedPixelToo() async throws {
        let (dovecot, world, pixel, uid) = try await begin("asked")
        let reply = try await dovecot.append(
            Self.reply(to: "asked", quoting: pixel).utf8, to: "INBOX", flags: [], date: Date())
        // The user's mail program: it shows the mail and marks it as seen.
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await dovecot.store(reply, .add, ["\\Seen"], in: "INBOX")
        // Which of them it is depends on whether it was marked before the agent looked.
        let mine: Set = ["own-activity", "quoted-in-reply"]
        try await expect("asked", [mine], world)
        #expect(try world.program.command("why", "asked@example.net").contains("a recipient has answered"))
        // On another device it is as doubtful.
        try await world.program.load(pixel.url, from: "198.51.100.20", agent: World.thunderbird)
        try await expect("asked", [mine, mine], world)
        #expect(try await !world.keywords(uid).contains("opened"))
        let flags = try #require(try await dovecot.fetchFlags(reply, in: "INBOX"))
        #expect(flags.subtracting(["\\Recent"]) == ["\\Seen"], "nothing is written there")
        await dovecot.stop()
    }

    @Test func whoLooksAtTheReportDoesNotOpenTheMailThatCameBack() async throws {
        let (dovecot, world, pixel, uid) = try await begin("lost")
        try await dovecot.append(Self.report(on: "lost", with: pixel).utf8, to: "INBOX", flags: [], date: Date())
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await expect("lost", [["undelivered"]], world)
        try await world.expect(uid, ["tracked"])
        let why = try world.program.command("why", "lost@example.net")
        #expect(why.contains("did not reach bob@example.org"))
        await dovecot.stop()
    }

    @Test func theInboxIsLeftAloneWhereTheUserSaysSo() async throws {
        let dovecot = try await Dovecot.start()
        var account = World.Account(on: dovecot)
        account.more = "replies = false"
        let world = try World(dovecot: dovecot, accounts: [account])
        let pixel = try world.newPixel()
        let uid = try await world.send("alone", pixel, ago: 600)
        try world.program.start()
        try await world.waitForServer()
        try await dovecot.append(Self.reply(to: "alone", quoting: pixel).utf8, to: "INBOX", flags: [], date: Date())
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, ["tracked", "opened"])
        #expect(!world.program.log.contains("incoming mail"))
        await dovecot.stop()
    }

    private static func reply(to number: String, quoting pixel: World.Pixel) -> String {
        """
        From: Bob Example <bob@example.org>
        To: Alice Example <alice@example.net>
        Subject: Re: it
        Message-ID: <reply-to-\(number)@example.org>
        In-Reply-To: <\(number)@example.net>
        Content-Type: text/html; charset=utf-8

        <html><body><p>Yes.</p><blockquote type="cite"><p>Hello</p>\(pixel.html)</blockquote></body></html>

        """
    }

    private static func report(on number: String, with pixel: World.Pixel) -> String {
        """
        From: MAILER-DAEMON@example.net (Mail Delivery System)
        To: alice@example.net
        Subject: Undelivered Mail Returned to Sender
        Message-ID: <report-on-\(number)@example.net>
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"

        --=_r
        Content-Type: text/plain; charset=us-ascii

        Your message could not be delivered.
        --=_r
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mail.example.net

        Final-Recipient: rfc822; bob@example.org
        Original-Recipient: rfc822;bob@example.org
        Action: failed
        Status: 5.1.1
        --=_r
        Content-Type: message/rfc822

        From: Alice Example <alice@example.net>
        To: Bob Example <bob@example.org>
        Message-ID: <\(number)@example.net>
        MIME-Version: 1.0
        Content-Type: text/html; charset=utf-8

        <html><body><p>Hello</p>\(pixel.html)</body></html>
        --=_r--

        """
    }
}
