import Foundation
import TestSupport
import Testing

/// A draft that is moved into the outbox from any mail program is sent, once, and tracked.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OutboxTests {
    /// All in one story: servers take a while to start.
    @Test func sendsWhatIsMovedThere() async throws {
        let dovecot = try await Dovecot.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: dovecot, sink)
        let world = outbox.world
        try world.program.start()
        // It makes the folders; the user's program finds them.
        try await world.waitForLog(of: "outbox:alice", "watching")
        try await dovecot.create("Drafts")

        try await outbox.move(OutboxWorld.draft("one"))
        try await outbox.waitFor(["Sent"], of: "one")
        let delivery = try #require(try await outbox.deliveries(of: "one").first)
        #expect(try await sink.deliveries().count == 1)
        #expect(delivery.sender == "alice@example.org")
        #expect(delivery.recipients == ["ann@far.example", "ben@far.example"])
        #expect(delivery.text.contains("\(world.program.url)/i/"), "it carries a pixel")
        for hidden in ["Bcc:", "X-Sentmark", "X-Mozilla", "ben@far.example"] {
            #expect(!delivery.text.contains(hidden), "\(hidden) went out")
        }
        let copy = try #require(try await outbox.texts("Sent").first)
        #expect(copy.contains("<p>Hello one</p></body>") && copy.contains("Bcc: ben@far.example"))
        #expect(!copy.contains("/i/") && !copy.contains("X-Sentmark") && !copy.contains("X-Mozilla"))
        // The clean copy is known for the one that is tracked.
        try await world.expect(1, ["tracked"])
        #expect(try await dovecot.fetchFlags(1)?.contains("\\Seen") == true)

        // Refused for good: back, with an explanation, and nothing tries again.
        try await sink.behave(.init(steps: ["rcpt1": .answer("550 5.1.1 no such user")]))
        try await outbox.move(OutboxWorld.draft("two"))
        try await outbox.waitFor(["Tracked Outbox/Refused"], of: "two")
        let notice = try #require(try await outbox.notices().first)
        #expect(notice.contains("NOT sent: the provider refused it: ann@far.example: 550 5.1.1 no such user"))
        #expect(try world.program.command("status").contains("  outbox: 1 draft was NOT sent, "))
        #expect(
            try world.program.command("doctor").contains(
                "! account alice: outbox: 1 draft in Tracked Outbox/Refused NOT sent; a mail in the inbox says why"))
        try await sink.behave(.init())
        // Moved once more, it is sent.
        let uid = try #require(try await dovecot.texts(in: "Tracked Outbox/Refused").keys.first)
        try await dovecot.move(uid, to: "Tracked Outbox", from: "Tracked Outbox/Refused")
        try await outbox.waitFor(["Sent"], of: "two")
        #expect(try await outbox.deliveries(of: "two").count == 1)
        #expect(try !world.program.command("status").contains("  outbox:"))
        #expect(try world.program.command("doctor").contains("✓ account alice: outbox: Tracked Outbox, empty"))

        // Not now: it waits where nobody touches it, and is tried again by itself.
        try await sink.behave(.init(steps: ["dot": .answer("451 4.3.0 try again")]))
        try await outbox.move(OutboxWorld.draft("three"))
        try await world.waitForLog(of: "outbox:alice", "not sent yet")
        #expect(try await outbox.places(of: "three") == ["Tracked Outbox/Sending"])
        let waits = try #require(
            try world.program.command("status").split(separator: "\n").first { $0.contains("outbox:") })
        #expect(
            waits.hasPrefix("  outbox: 1 draft waits to be sent, since ") && waits.hasSuffix(": 451 4.3.0 try again"))
        try await sink.behave(.init())
        try await outbox.waitFor(["Sent"], of: "three")
        #expect(try await outbox.deliveries(of: "three").count == 1)

        // No draft of the user's.
        try await outbox.move(OutboxWorld.draft("four").replacing("alice@example.org", with: "eve@example.org"))
        try await outbox.waitFor(["Tracked Outbox/Refused"], of: "four")
        // Sent before.
        try await outbox.move(OutboxWorld.draft("one"))
        try await outbox.waitFor(["Tracked Outbox/Refused", "Sent"], of: "one")
        let reasons = try await outbox.notices().joined(separator: "\n")
        #expect(reasons.contains("its From, “eve@example.org”, is none of the addresses"))
        #expect(reasons.contains("it is in Sent already"))
        #expect(try await sink.deliveries().count == 3)
        try await world.stop()
        await sink.stop()
        await dovecot.stop()
    }

    /// Without MOVE, with folders below INBOX, without IDLE.
    @Test(arguments: [TestedServer.condstore, .cyrus, .courier])
    func onOtherServersToo(_ tested: TestedServer) async throws {
        let server = try await tested.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: server, sink)
        try outbox.world.program.start()
        try await outbox.world.waitForLog(of: "outbox:alice", "watching")
        try await outbox.save(OutboxWorld.draft("one"))
        try await outbox.waitFor(["Sent"], of: "one")
        try await outbox.world.stop()

        try outbox.world.program.start(stopAt: "outbox-claimed")
        try await outbox.save(OutboxWorld.draft("two"))
        try await outbox.world.wait(30, "the end") { !outbox.world.program.isRunning }
        #expect(try await outbox.deliveries(of: "two").isEmpty)
        #expect(try await outbox.places(of: "two") != ["Tracked Outbox"])
        try outbox.world.program.start()
        try await outbox.waitFor(["Sent"], of: "two")
        #expect(try await sink.transactions().count == 2)
        try await outbox.world.stop()
        await sink.stop()
        await server.stop()
    }

    @Test func aServerThatCannotKeepAnOutboxIsTold() async throws {
        let server = try await TestedServer.plain.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: server, sink)
        try await server.create("Tracked Outbox")
        try await outbox.save(OutboxWorld.draft("one"))
        try outbox.world.program.start()
        let line = try await outbox.world.waitForLog(of: "outbox:alice", "outbox not watched")
        #expect(line.contains("UIDPLUS") && line.contains("take outbox out of the configuration"))
        let doctor = try outbox.world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 69 && doctor.output.contains("✗ account alice: outbox: the server has no UIDPLUS"))
        #expect(try await outbox.places(of: "one") == ["Tracked Outbox"])
        outbox.world.program.kill()
        await sink.stop()
        await server.stop()
    }

    /// The provider hangs up after the message: nobody knows whether it has it.
    @Test func whatMayHaveBeenSentIsNotSentAgain() async throws {
        let dovecot = try await Dovecot.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: dovecot, sink)
        try await outbox.makeFolders()
        try await sink.behave(.init(steps: ["dot": .drop]))
        try outbox.world.program.start()
        try await outbox.move(OutboxWorld.draft("one"))
        try await outbox.waitFor(["Tracked Outbox/Not sure"], of: "one")
        #expect(try await outbox.notices().first?.contains("not known whether this message was sent") == true)
        try await sink.behave(.init())
        try await outbox.world.stop()
        try outbox.world.program.start()
        try await outbox.move(OutboxWorld.draft("two"))
        try await outbox.waitFor(["Sent"], of: "two")
        #expect(try await outbox.places(of: "one") == ["Tracked Outbox/Not sure"])
        #expect(try await sink.transactions().count == 2)
        #expect(try await outbox.notices().count == 1)

        // In the midst of the message there is no doubt: its end has not been sent.
        try await sink.behave(.init(steps: ["body": .drop]))
        let attachment = String(repeating: "<!-- \(String(repeating: "x", count: 70)) -->\n", count: 100_000)
        try await outbox.move(OutboxWorld.draft("three") + attachment)
        try await outbox.world.waitForLog(of: "outbox:alice", "not sent yet")
        #expect(try await outbox.places(of: "three") == ["Tracked Outbox/Sending"])
        try await sink.behave(.init())
        try await outbox.waitFor(["Sent"], of: "three")
        #expect(try await outbox.deliveries(of: "three").count == 1)
        try await outbox.world.stop()
        await sink.stop()
        await dovecot.stop()
    }

    /// Where the draft may be after a stop at each point and another run, how often it was delivered, and how many notices
    /// there are.
    static let ends: [(point: String, places: [String], deliveries: Int, notices: Int)] = [
        ("outbox-claiming", ["Sent"], 1, 0),
        // It was moved, perhaps by another agent: that one has ten minutes.
        ("outbox-moved", ["Tracked Outbox/Sending"], 0, 0),
        ("outbox-claimed", ["Sent"], 1, 0),
        ("outbox-sending", ["Tracked Outbox/Not sure"], 0, 1),
        ("outbox-answered", ["Tracked Outbox/Not sure"], 1, 1),
        ("outbox-sent", ["Sent"], 1, 0),
        ("outbox-appended", ["Sent"], 1, 0),
        ("outbox-filed", ["Sent"], 1, 0),
        ("outbox-removed", ["Sent"], 1, 0),
    ]

    /// The same where the provider refuses it.
    static let refusals = ["outbox-refusing", "outbox-told", "outbox-set-aside"]

    @Test func killedAnywhereItIsSentOnceAtMost() async throws {
        let dovecot = try await Dovecot.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: dovecot, sink)
        try await outbox.makeFolders()
        for end in Self.ends {
            try await kill(outbox, at: end.point)
            #expect(try await !outbox.places(of: end.point).isEmpty, "lost at \(end.point)")
            try outbox.world.program.start()
            try await outbox.waitFor(end.places, of: end.point)
            // What comes after it is done when all has been done about it.
            try await outbox.move(OutboxWorld.draft("after-\(end.point)"))
            try await outbox.waitFor(["Sent"], of: "after-\(end.point)")
            #expect(try await outbox.places(of: end.point) == end.places, "\(end.point)")
            #expect(try await outbox.deliveries(of: end.point).count == end.deliveries, "\(end.point)")
            #expect(try await outbox.notices().count == end.notices + earlierNotices(than: end.point))
            try await outbox.world.stop()
        }
        let before = try await outbox.notices().count
        for (index, point) in Self.refusals.enumerated() {
            try await sink.behave(.init(steps: ["mail": .answer("550 5.7.1 not you")]))
            try await kill(outbox, at: point)
            #expect(try await outbox.places(of: point).count == 1, "lost at \(point)")
            try await sink.behave(.init())
            try outbox.world.program.start()
            try await outbox.waitFor(["Tracked Outbox/Refused"], of: point)
            try await outbox.move(OutboxWorld.draft("after-\(point)"))
            try await outbox.waitFor(["Sent"], of: "after-\(point)")
            #expect(try await outbox.deliveries(of: point).isEmpty)
            #expect(try await outbox.notices().count == before + index + 1, "told once: \(point)")
            try await outbox.world.stop()
        }
        await sink.stop()
        await dovecot.stop()
    }

    private func kill(_ outbox: OutboxWorld, at point: String) async throws {
        try outbox.world.program.start(stopAt: point)
        try await outbox.move(OutboxWorld.draft(point))
        try await outbox.world.wait(30, "the end at \(point)") { !outbox.world.program.isRunning }
    }

    private func earlierNotices(than point: String) -> Int {
        Self.ends.prefix { $0.point != point }.reduce(0) { $0 + $1.notices }
    }
}
