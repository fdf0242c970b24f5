import Foundation
import TestSupport
import Testing

/// A provider has filed a mail in Sent as it was sent, with its pixel: the copy is replaced by a clean one.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct SentCopyTests {
    private static let type = "Content-Type: text/html; charset=utf-8"

    private func world(_ server: PrivateServer, _ wish: String = "clean") throws -> World {
        var account = World.Account(on: server)
        account.more = "sent_copy = \"\(wish)\""
        return try World(on: server, accounts: [account])
    }

    /// Once the agent has been through all that was there before.
    private func waitForRest(_ world: World, _ marker: String, isReplaced: Bool = true) async throws {
        let uid = try await world.send(marker, try world.newPixel())
        if isReplaced {
            _ = try await cleanCopy(world, of: marker, after: uid)
        } else {
            try await world.expect(uid, ["tracked"])
        }
    }

    private func copies(_ world: World, of number: String) async throws -> [(uid: UInt32, text: String)] {
        try await world.server.texts(in: "Sent").filter { $0.value.contains("Message-ID: <\(number)@example.net>") }
            .map { ($0.key, $0.value) }
    }

    private func cleanCopy(_ world: World, of number: String, after uid: UInt32) async throws -> (
        uid: UInt32, text: String
    ) {
        try await world.wait(30, "\(number) to be replaced") {
            let copies = try await copies(world, of: number)
            return copies.count == 1 && copies[0].uid > uid
        }
        return try #require(try await copies(world, of: number).first)
    }

    /// As Gmail files it; with a date of its own, and flags that the user has set.
    private func file(_ number: String, _ pixel: World.Pixel, _ world: World) async throws -> (UInt32, String) {
        let text = """
            From: Alice Example <alice@example.net>\r
            To: Bob Example <bob@example.org>\r
            Subject: Offer \(number)\r
            Message-ID: <\(number)@example.net>\r
            Date: \(Self.date(Date()))\r
            MIME-Version: 1.0\r
            Content-Type: text/html; charset=utf-8\r
            \r
            <html><body><p>Hello</p>\(pixel.html)</body></html>\r

            """
        let uid = try await world.server.append(
            text.utf8, to: "Sent", flags: ["\\Seen", "\\Flagged", "Work"], date: Self.filed)
        return (uid, text.replacing(pixel.html, with: ""))
    }

    private static let filed = Date(timeIntervalSince1970: 1_750_000_000)

    private static func date(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "dd MMM yyyy HH:mm:ss '+0000'"
        return formatter.string(from: date)
    }

    @Test func aCopyIsReplacedAndGoesOnBeingTracked() async throws {
        let dovecot = try await Dovecot.start()
        let world = try world(dovecot)
        // From before the setting was first seen.
        let old = try world.newPixel()
        try await dovecot.append(
            "Message-ID: <old@example.net>\nDate: 1 Jun 2026 10:00:00 +0000\n\(Self.type)\n\n<p>a</p>\(old.html)\n")
        try world.program.start()
        try await world.expect(1, ["tracked"])
        let plain = try await world.send("plain")
        let signed = try await dovecot.append(
            "DKIM-Signature: v=1\nMessage-ID: <signed@example.net>\nDate: \(Self.date(Date()))\n\(Self.type)\n\n"
                + "<p>a</p>\(try world.newPixel().html)\n")
        let pixel = try world.newPixel()
        let (uid, written) = try await file("one", pixel, world)

        let copy = try await cleanCopy(world, of: "one", after: uid)
        #expect(copy.text == "X-Sentmark-Token: \(pixel.token)\r\n" + written)
        #expect(try await dovecot.fetchFlags(copy.uid) == ["\\Seen", "\\Flagged", "Work", "tracked"])
        #expect(try await dovecot.dates(in: "Sent")[copy.uid] == Self.filed)
        try await world.waitForLog(of: "account:alice", "copy in Sent left as it is")

        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(copy.uid, ["Work", "tracked", "opened"])
        // The others are as they were.
        #expect(try await dovecot.messages().map(\.uid) == [1, plain, signed, copy.uid])
        #expect(try await copies(world, of: "old").first?.text.contains(old.html) == true)
        #expect(try await dovecot.fetchFlags(plain) == ["\\Seen"])
        try await world.stop()

        // Nothing is left to do.
        let settled = try await dovecot.messages()
        try world.program.start()
        try await waitForRest(world, "marker")
        #expect(try await dovecot.messages().prefix(4).map(\.uid) == settled.map(\.uid))
        try await world.stop()
        await dovecot.stop()
    }

    /// Somebody changes it at that instant, or it cannot be deleted: the copy stays as it is, and is tried once a session.
    @Test(arguments: [("OK [MODIFIED 1] conditional", 1), ("NO not here", 2)])
    func whatCannotBeReplacedStays(answer: String, copiesLeft: Int) async throws {
        let dovecot = try await Dovecot.start()
        let relay = try await IMAPRelay.start(
            to: dovecot,
            rules: [.init(#"\+FLAGS.SILENT \(\\Deleted\)"#, "{tag} \(answer)\r\n", uid: 1)]
                + (copiesLeft == 2 ? [.init(#"\+FLAGS.SILENT \(\\Deleted\)"#, "{tag} \(answer)\r\n")] : []))
        var account = World.Account("alice", on: dovecot, through: relay)
        account.more += "\nsent_copy = \"clean\""
        let world = try World(on: dovecot, accounts: [account])
        try world.program.start()
        try await world.waitForLog(of: "account:alice", "watching")
        let pixel = try world.newPixel()
        let (uid, _) = try await file("one", pixel, world)
        #expect(uid == 1)
        try await world.wait(30, "the refusal") {
            try await relay.lines().contains { $0.contains("+FLAGS.SILENT (\\Deleted)") }
        }
        // What comes after is served by the same connection, and does not have it tried again; nor does a look into INBOX.
        let plain = try await world.send("plain", try world.newPixel())
        try await world.expect(plain, ["tracked"])
        try await dovecot.append("Message-ID: <answer@example.org>\nSubject: Re: one\n\nThank you\n", to: "INBOX")
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, ["Work", "tracked", "opened"])
        #expect(try await relay.lines().count { $0.contains(" SELECT ") } > 1)
        #expect(try await relay.lines().count { $0.contains("UID STORE 1 ") && $0.contains("\\Deleted") } == 1)
        #expect(try await copies(world, of: "one").count == copiesLeft)
        #expect(try await relay.lines().count { $0.contains("AUTHENTICATE") || $0.contains(" LOGIN ") } == 1)
        try await world.stop()
        await dovecot.stop()
    }

    @Test func nothingIsReplacedUnlessAskedFor() async throws {
        let dovecot = try await Dovecot.start()
        let world = try world(dovecot, "leave")
        try world.program.start()
        let (uid, _) = try await file("one", try world.newPixel(), world)
        try await waitForRest(world, "marker", isReplaced: false)
        #expect(try await copies(world, of: "one").map(\.uid) == [uid])
        try await world.stop()
        await dovecot.stop()
    }

    /// What the user has deleted is the user's.
    @Test func aDeletedCopyIsNotTouched() async throws {
        let dovecot = try await Dovecot.start()
        let world = try world(dovecot)
        try world.program.start()
        try await world.waitForLog(of: "account:alice", "watching")
        let pixel = try world.newPixel()
        let text =
            "Message-ID: <one@example.net>\nDate: \(Self.date(Date()))\n\(Self.type)\n\n<p>a</p>\(pixel.html)\n"
        let uid = try await dovecot.append(text.utf8, flags: ["\\Deleted"])
        let (other, _) = try await file("two", try world.newPixel(), world)
        _ = try await cleanCopy(world, of: "two", after: other)
        #expect(try await copies(world, of: "one").map(\.uid) == [uid])
        #expect(try await dovecot.fetchFlags(uid)?.contains("\\Deleted") == true)
        try await world.stop()
        await dovecot.stop()
    }

    static let points = ["copy-appended", "copy-proven", "copy-replacing", "copy-deleted", "copy-removed"]

    @Test func killedAnywhereOneCopyIsLeft() async throws {
        let dovecot = try await Dovecot.start()
        let world = try world(dovecot)
        try world.program.start()
        // What was sent before the setting was first seen is left alone.
        try await world.waitForLog(of: "account:alice", "watching")
        try await waitForRest(world, "first")
        try await world.stop()
        for point in Self.points {
            let pixel = try world.newPixel()
            let (uid, written) = try await file(point, pixel, world)
            try world.program.start(stopAt: point)
            try await world.wait(30, "the end at \(point)") { !world.program.isRunning }
            let left = try await copies(world, of: point)
            #expect(left.count == (point == "copy-removed" ? 1 : 2), "\(point)")

            try world.program.start()
            let copy = try await cleanCopy(world, of: point, after: uid)
            #expect(copy.text == "X-Sentmark-Token: \(pixel.token)\r\n" + written)
            #expect(try await dovecot.fetchFlags(copy.uid) == ["\\Seen", "\\Flagged", "Work", "tracked"], "\(point)")
            try await waitForRest(world, "after-\(point)")
            #expect(try await copies(world, of: point).count == 1, "\(point)")
            try await world.stop()
        }
        await dovecot.stop()
    }

    /// Without UIDPLUS nothing could be deleted alone.
    @Test func aServerThatCannotIsTold() async throws {
        let dovecot = try await Dovecot.start(capability: "IMAP4rev1 IDLE")
        let world = try world(dovecot)
        try world.program.start()
        let line = try await world.waitForLog(of: "account:alice", "copies in Sent are left as they are")
        #expect(line.contains("UIDPLUS") && line.contains("take sent_copy out of the configuration"))
        let (uid, _) = try await file("one", try world.newPixel(), world)
        try await waitForRest(world, "marker", isReplaced: false)
        #expect(try await copies(world, of: "one").map(\.uid) == [uid])
        try await world.stop()
        await dovecot.stop()
    }
}
