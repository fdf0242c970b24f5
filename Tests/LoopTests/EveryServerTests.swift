import Foundation
import TestSupport
import Testing

/// The life of a Sent folder, told once and played on each mail server.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct EveryServerTests {
    @Test(arguments: TestedServer.allCases)
    func theStoryEndsTheSame(on tested: TestedServer) async throws {
        let server = try await tested.start()
        let world = try World(on: server, accounts: [tested.account(on: server)])
        try world.add("[tracking]\npatterns = [\"https://t.example.org/o/{token}.gif\"]")

        // The first scan: ours, another tracker's, a forged token's, and none.
        let pixels = try (0..<4).map { _ in try world.newPixel() }
        let read = try await world.send("read", pixels[0])
        let expunged = try await world.send("expunged", pixels[1])
        let foreign = try await world.send("foreign", image: "https://t.example.org/o/abc123.gif")
        let forged = try await world.send("forged", image: altered(pixels[3].url))
        let plain = try await world.send("plain")
        try await server.store(plain, .add, ["Work"])
        try world.program.start()
        try await world.expect(read, ["tracked"])
        try await world.expect(expunged, ["tracked"])
        try await world.expect(foreign, ["tracked"])
        #expect(try await world.keywords(forged) == [])
        #expect(try await world.keywords(plain) == ["Work"])
        #expect(world.program.log.contains(" class=\(tested.serverClass) kind=\(tested.kind) "))

        // While it watches: an open, what the user takes off, a message that goes, and one that comes.
        try await world.waitForServer()
        try await world.program.load(pixels[0].url, from: World.home, agent: World.thunderbird)
        try await world.expect(read, ["tracked", "opened"])
        try await server.store(read, .remove, ["opened"])
        try await server.expunge(expunged)
        let arrived = try await world.send("arrived", pixels[2])
        try await world.expect(arrived, ["tracked"])
        try await world.waitUntilGone("expunged")
        #expect(try await world.keywords(read) == ["tracked"], "not fought")

        // While it is stopped, and twice in the midst of its work.
        world.program.kill()
        try await server.expunge(foreign)
        let late = try await world.send("late", pixels[3])
        for point in ["changes-stored", "keywords-stored"] {
            try world.program.start(stopAt: point)
            try await world.wait(20, "the end at \(point)") { !world.program.isRunning }
        }
        try world.program.start()
        try await world.expect(late, ["tracked"])
        try await world.waitForServer()
        try await world.program.load(pixels[3].url, from: World.home, agent: World.thunderbird)
        try await world.expect(late, ["tracked", "opened"])
        try await world.waitUntilGone("foreign")
        try await world.stop()

        // A restart has nothing to write: no modification sequence moves.
        let settled = try await server.messages()
        #expect(settled.map(\.keywords) == [["tracked"], [], ["Work"], ["tracked"], ["tracked", "opened"]])
        let marker = try await world.send("marker", try world.newPixel())
        try world.program.start()
        try await world.expect(marker, ["tracked"])
        try await world.stop()
        #expect(try await server.messages().filter { $0.uid != marker } == settled)

        // Another UIDVALIDITY, under which the same UIDs are other messages.
        try await server.recreate()
        let other = try await world.send("other")
        let again = try await world.send("late", pixels[3])
        try world.program.start()
        try await world.expect(again, ["tracked", "opened"])
        #expect(try await world.keywords(other) == [])
        try await world.stop()
        await server.stop()
    }

    /// A token of ours with another message's number: nobody signed it.
    private func altered(_ url: String) -> String {
        url.replacing(/\/i\/(.{12})(.)/) { match in "/i/\(match.output.1)\(match.output.2 == "a" ? "b" : "a")" }
    }

    /// Cyrus keeps 100 keywords in a mailbox, and says NO without a code to one more.
    @Test func aMailboxWithoutRoomForTheKeywordIsNamed() async throws {
        let server = try await PrivateServer.start(.cyrus)
        let world = try World(on: server, accounts: [World.Account(on: server)])
        let uid = try await world.send("one", try world.newPixel())
        let plain = try await world.send("plain")
        for first in stride(from: 0, to: 100, by: 20) {
            try await server.store(plain, .add, (first..<first + 20).map { "own-\($0)" })
        }
        let refusal = await #expect(throws: LineProcessError.self) {
            try await server.store(plain, .add, ["own-100"])
        }
        #expect(refusal?.description.contains("NO [b'Too many user flags in mailbox']") == true)
        try world.program.start()
        try await world.waitForLog(of: "account:alice", "keyword not kept")
        #expect(try await world.keywords(uid) == [])
        #expect(try await world.keywords(plain).count == 100)
        #expect(try world.status(of: "alice").contains("keyword tracked is not kept"))

        // Nothing else suffers: what comes is found.
        try await world.send("two", try world.newPixel())
        try await world.wait(20, "the second message in status") { try world.program.command("status").contains("two") }
        try await world.stop()
        await server.stop()
    }
}
