import Foundation
import TestSupport
import Testing

/// Where keywords are not shown or not kept: labels as on Gmail, coloured flags, copies.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ShownTests {
    private static let gmail = "IMAP4rev1 LITERAL+ IDLE UIDPLUS ID X-GM-EXT-1"
    /// ✓ and ✓✓ in modified UTF-7.
    private static let one = "&JxM-"
    private static let two = "&JxMnEw-"

    @Test func gmailShowsLabelsBesideKeywordsAndTheUserHasTheLastWord() async throws {
        let dovecot = try await Dovecot.start(capability: Self.gmail)
        let relay = try await IMAPRelay.start(to: dovecot, labels: true)
        let show = "show = [\"keywords\", \"labels\"]"
        let world = try World(
            dovecot: dovecot, accounts: [World.Account("alice", on: dovecot, through: relay, more: show)])
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        let plain = try await world.send("plain")
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await world.expect(uid, on: relay, [Self.one])
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, ["tracked", "opened"])
        try await world.expect(uid, on: relay, [Self.one, Self.two])
        #expect(try await relay.labels(plain) == [])
        try await world.wait(20, "the label to be read back") {
            try world.program.command("why", "one@example.net").contains("label ✓✓")
        }

        // Labels tell nothing by themselves: the next session sees what the user has done.
        world.program.signal(SIGTERM)
        try await world.wait(3, "a clean stop") { !world.program.isRunning }
        try await relay.remove(label: Self.two, from: uid)
        let before = try await relay.stores()
        try world.program.start()
        let marker = try await world.send("marker", try world.newPixel())
        try await world.expect(marker, on: relay, [Self.one])
        #expect(try await relay.labels(uid) == [Self.one])
        #expect(try world.program.command("why", "one@example.net").contains("label ✓✓"))
        #expect(try await relay.stores().dropFirst(before.count).allSatisfy { $0.contains("STORE \(marker) ") })
        await dovecot.stop()
    }

    @Test func labelsStandInWhereKeywordsAreRefused() async throws {
        let dovecot = try await Dovecot.start(capability: Self.gmail)
        let relay = try await IMAPRelay.start(to: dovecot, permanentFlags: "\\Seen \\Flagged", labels: true)
        let world = try World(dovecot: dovecot, accounts: [World.Account("alice", on: dovecot, through: relay)])
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.expect(uid, on: relay, [Self.one])
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, on: relay, [Self.one, Self.two])
        #expect(try await world.keywords(uid) == [])
        // Written down once what was stored has been read back, which is after the server shows it.
        try await world.wait(5, "the refusal to be told") {
            try world.status(of: "alice").contains(
                "keyword opened is not kept: the server has no keywords of its users'")
        }
        // The doctor does not end with an error: the results can be seen.
        let doctor = try world.program.command("doctor")
        #expect(doctor.contains("shown as: labels ✓ ✓✓, since the server has no keywords of its users' own"))

        // Another session tries the keywords again, and takes nothing off meanwhile.
        try await dovecot.dropConnections()
        let marker = try await world.send("marker", try world.newPixel())
        try await world.expect(marker, on: relay, [Self.one])
        #expect(try await relay.labels(uid) == [Self.one, Self.two])
        #expect(try await relay.lines().allSatisfy { !$0.contains("-X-GM-LABELS") })
        await dovecot.stop()
    }

    /// Killed between any two steps, also between COPY and what is noted of it.
    @Test func anOpenedMessageIsCopiedOnceWhateverHappens() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [Self.copying(dovecot)])
        for (index, point) in ["planned", "keywords-stored", "read-back", "recorded"].enumerated() {
            let pixel = try world.newPixel()
            let uid = try await world.send("m\(index)", pixel)
            try world.program.start()
            try await world.expect(uid, ["tracked"])
            world.program.kill()
            // That the message is tracked may not be recorded yet: the end may come of that, before the pixel is loaded.
            repeat {
                try world.program.start(stopAt: point)
                try await world.waitForServer()
            } while try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird) != 200
            try await world.wait(20, "the end at \(point)") { !world.program.isRunning }
            try world.program.start()
            try await world.expect(uid, ["tracked", "opened"])
            try await world.expectCopies(index + 1)
            world.program.kill()
        }
        // A lost database knows the copies by looking through the folder.
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(
                at: world.program.home.appending(path: "state/sentmark/agent.db" + suffix))
        }
        try world.program.start()
        let pixel = try world.newPixel()
        let last = try await world.send("last", pixel)
        try await world.expect(last, ["tracked"])
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expectCopies(5)
        let copies = try await dovecot.messages(in: "Opened").count
        #expect(copies == 5)
        await dovecot.stop()
    }

    @Test func aReadOnlyFolderIsCopiedFrom() async throws {
        let dovecot = try await Dovecot.start(rights: ["Sent": "lr"])
        let world = try World(dovecot: dovecot, accounts: [Self.copying(dovecot)])
        let pixel = try world.newPixel()
        try await dovecot.suspend()
        try world.deliver("one", pixel.html)
        try await dovecot.resume()
        try world.program.start()
        try await world.waitForServer()
        try await world.wait(20, "the message to be found") {
            try world.status(of: "alice").hasPrefix("alice: 1 tracked message;")
        }
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expectCopies(1)
        try await world.wait(5, "the refusal") {
            try world.status(of: "alice").contains("keyword opened is not kept: the folder is read-only")
        }
        await dovecot.stop()
    }

    @Test func aFolderThatCannotBeMadeIsTold() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [Self.copying(dovecot, "Sent")])
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, ["tracked", "opened"])
        try await world.wait(20, "the refusal") {
            try world.status(of: "alice").contains(
                "copy in Sent is not made: it is the folder that the messages are in")
        }
        await dovecot.stop()
    }

    @Test func colouredFlagsLeaveTheUsersAlone() async throws {
        let dovecot = try await Dovecot.start()
        var account = World.Account(on: dovecot)
        account.more = "show = \"colours\""
        let world = try World(dovecot: dovecot, accounts: [account])
        let pixels = try (0..<3).map { _ in try world.newPixel() }
        let own = try await world.send("own", pixels[0])
        let flagged = try await world.send("flagged", pixels[1])
        let unflagged = try await world.send("unflagged", pixels[2])
        try await dovecot.store(flagged, .add, ["\\Flagged"])
        let grey: Set<String> = ["$MailFlagBit1", "$MailFlagBit2"]
        let green: Set<String> = ["$MailFlagBit0", "$MailFlagBit1"]
        try world.program.start()
        try await world.expect(own, grey)
        try await world.expect(unflagged, grey)
        #expect(try await dovecot.fetchFlags(own)?.contains("\\Flagged") == true)
        try await dovecot.store(unflagged, .remove, ["\\Flagged"])
        for pixel in pixels.prefix(2) {
            try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        }
        try await world.expect(own, green)
        #expect(try await world.keywords(flagged) == [])
        #expect(try await dovecot.fetchFlags(unflagged)?.contains("\\Flagged") == false)
        // What is new evidence is shown all the same.
        try await world.program.load(pixels[2].url, from: World.home, agent: World.thunderbird)
        try await world.expect(unflagged, green)
        await dovecot.stop()
    }

    private static func copying(_ dovecot: Dovecot, _ folder: String = "Opened") -> World.Account {
        var account = World.Account(on: dovecot)
        account.more = "copy_opened_to = \"\(folder)\""
        return account
    }
}

extension World {
    /// Waits until the message has exactly these labels.
    fileprivate func expect(_ uid: UInt32, on relay: IMAPRelay, _ labels: Set<String>) async throws {
        try await wait(20, "UID \(uid) to have the labels \(labels.sorted())") {
            try await relay.labels(uid) == labels
        }
    }

    fileprivate func expectCopies(_ count: Int) async throws {
        try await wait(20, "\(count) copies") { try await server.messages(in: "Opened").count >= count }
        #expect(try await server.messages(in: "Opened").count == count)
    }
}

extension IMAPRelay {
    fileprivate func stores() async throws -> [String] { try await lines().filter { $0.contains("UID STORE") } }
}
