import Foundation
import TestSupport
import Testing

/// COMPRESS=DEFLATE with a real Dovecot.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct CompressionTests {
    @Test func aLongFirstScanIsCompressedAndThenAnotherConnectionWaits() async throws {
        let world = try await world("compress = true", messages: 600)
        let tracked = try await world.send("tracked", try world.newPixel())
        try world.program.start()
        try await world.expect(tracked, ["tracked"], within: 40)
        try await world.waitForLog(of: "account:alice", "compression answer=\"Begin compression")
        try await world.wait(20, "the second connection") { watching(world) == 2 }
        let next = try await world.send("next", try world.newPixel())
        try await world.expect(next, ["tracked"])
        #expect(world.log(of: "account:alice").count { $0.contains("compression") } == 1)
        #expect(!world.log(of: "account:alice").contains { $0.contains("session ended") })
        await world.server.stop()
    }

    /// Few messages are not worth the round trip, and on the way within one machine nothing is.
    @Test(arguments: [("compress = true", 20), ("compress = \"auto\"", 600), ("compress = false", 600)])
    func elseNothingIs(_ setting: String, messages count: Int) async throws {
        let world = try await world(setting, messages: count)
        let tracked = try await world.send("tracked", try world.newPixel())
        try world.program.start()
        try await world.expect(tracked, ["tracked"], within: 40)
        try await world.wait(20, "the scan's end") { try world.status(of: "alice").contains("up to date") }
        #expect(!world.log(of: "account:alice").contains { $0.contains("compression") })
        #expect(watching(world) == 1)
        await world.server.stop()
    }

    private func watching(_ world: World) -> Int {
        world.log(of: "account:alice").count { $0.contains(" watching ") }
    }

    private func world(_ setting: String, messages count: Int) async throws -> World {
        let dovecot = try await Dovecot.start()
        var account = World.Account(on: dovecot)
        account.more = setting
        let world = try World(dovecot: dovecot, accounts: [account])
        // Makes the folder.
        try await world.send("first")
        for number in 0..<count {
            let text = "Subject: \(number)\nMessage-ID: <\(number)@example.org>\nContent-Type: text/plain\n\nHello\n"
            let name = "\(1_790_000_000 + number).M\(number).test:2,S"
            try Data(text.utf8).write(to: URL(filePath: dovecot.maildir()).appending(path: "cur/\(name)"))
        }
        return world
    }
}
