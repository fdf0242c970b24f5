import Foundation
import TestSupport
import Testing

/// Messages that do not stay where they were, on a real Dovecot.
@Suite(.serialized)
struct MovingTests {
    /// The one message of a folder.
    private func only(in folder: String, _ world: World) async throws -> Dovecot.Message? {
        try await world.server.messages(in: folder).first
    }

    private func expect(_ keywords: Set<String>, in folder: String, _ world: World) async throws {
        try await world.wait(40, "\(folder) to show \(keywords.sorted())") {
            try await only(in: folder, world)?.keywords == keywords
        }
    }

    @Test func aMessageThatIsArchivedKeepsItsStatus() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await dovecot.move(uid, to: "Archive")
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await expect(["tracked", "opened"], in: "Archive", world)

        // There too the user has the last word: what was removed is seen when there is something to write.
        let archived = try #require(try await only(in: "Archive", world)).uid
        try await dovecot.store(archived, .remove, ["opened"], in: "Archive")
        try await dovecot.store(archived, .add, ["Work"], in: "Archive")
        world.program.kill()
        try world.program.start()
        try await world.waitForServer()
        let other = try await world.send("two", try world.newPixel())
        try await world.expect(other, ["tracked"])
        #expect(try await only(in: "Archive", world)?.keywords == ["tracked", "Work"])
        try await world.program.load(pixel.url, from: "198.51.100.20", agent: World.thunderbird)
        try await expect(["tracked", "opened-again", "Work"], in: "Archive", world)

        // And back.
        try await dovecot.move(archived, to: "Sent", from: "Archive")
        try await world.wait(40, "the message to be known in Sent") {
            try world.status(of: "alice").contains("2 tracked")
        }
        await dovecot.stop()
    }

    /// One that was deleted is looked for once, and then let be.
    @Test func aMessageThatIsNowhereIsLookedForOnce() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let uid = try await world.send("one", try world.newPixel())
        try await dovecot.append("Subject: other\nMessage-ID: <other@example.org>\n\nHello\n", to: "Archive")
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await dovecot.expunge(uid)
        try await world.waitForLog(of: "account:alice", "not_found=1")
        let next = try await world.send("two", try world.newPixel())
        try await world.expect(next, ["tracked"])
        #expect(world.log(of: "account:alice").count { $0.contains("visiting") } == 1)
        await dovecot.stop()
    }

    /// A server may change UIDVALIDITY and nothing else: no body is read again for it.
    @Test func anotherUIDValidityOverTheSameUIDsCostsNextToNothing() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        var last: UInt32 = 0
        for number in 1...22 { last = try await world.send("m\(number)", number == 22 ? pixel : try world.newPixel()) }
        try world.program.start()
        try await world.expect(last, ["tracked"])
        world.program.kill()

        try await dovecot.suspend()
        let list = URL(filePath: dovecot.maildir("Sent") + "/dovecot-uidlist")
        let before = try String(contentsOf: list, encoding: .utf8)
        let validity = try #require(before.firstMatch(of: /V([0-9]+)/)?.1)
        let changed = before.replacing("V\(validity) ", with: "V\((Int(validity) ?? 0) + 1) ", maxReplacements: 1)
        try changed.write(to: list, atomically: false, encoding: .utf8)
        for file in try FileManager.default.contentsOfDirectory(atPath: dovecot.maildir("Sent"))
        where file.hasPrefix("dovecot.index") {
            try FileManager.default.removeItem(atPath: dovecot.maildir("Sent") + "/" + file)
        }
        try await dovecot.resume()

        let sent = try await dovecot.bytesSent()
        try world.program.start()
        try await world.waitForServer()
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        // Not by asking the server, whose bytes are counted.
        try await world.wait(20, "the keyword to be written") {
            try world.program.command("status", "--json").contains(/"keywords" *: *\[[^\]]*"opened"/)
        }
        world.program.signal(SIGTERM)
        try await world.wait(5, "a clean stop") { !world.program.isRunning }
        let cost = try await dovecot.bytesSent() - sent
        // Some 7,700: the names, the session itself, and however often IDLE is begun anew meanwhile.
        #expect(cost < 22 * 500, "\(cost) bytes; looking at them all again takes 22 * 720")
        try await world.expect(last, ["tracked", "opened"])
        #expect(try world.status(of: "alice").contains("22 tracked"))
        await dovecot.stop()
    }
}
