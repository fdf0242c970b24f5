import Foundation
import TestSupport
import Testing

/// The whole loop: the built program, a real Dovecot, pixel loads over HTTP, keywords read by another client.
@Suite(.serialized)
struct LoopTests {
    @Test(arguments: World.Connection.allCases)
    func tellsReadersFromMachines(_ connection: World.Connection) async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(connection, dovecot: dovecot)
        let early = try world.newPixel()
        let old = try await world.send("old", early)
        try world.program.start()
        try await world.expect(old, ["tracked"])

        let pixels = try (0..<2).map { _ in try world.newPixel() }
        let read = try await world.send("read", pixels[0])
        let scanned = try await world.send("scanned", pixels[1])
        let plain = try await world.send("plain")
        try await world.expect(read, ["tracked"])
        try await world.expect(scanned, ["tracked"])

        try await world.program.load(pixels[0].url, from: World.home, agent: World.thunderbird)
        try await world.program.load(pixels[1].url, from: World.filter, agent: World.scanner)
        try await world.program.load(pixels[1].url, from: World.relay, agent: "Mozilla/5.0")
        try await world.expect(read, ["tracked", "opened"])
        try await world.expect(scanned, ["tracked", "reached"])
        #expect(try await world.keywords(plain) == [])
        #expect(try await world.keywords(old) == ["tracked"])

        let status = try world.program.command("status", "--json")
        #expect(status.contains("read@example.net") && !status.contains("plain@example.net"))
        let why = try world.program.command("why", "read@example.net")
        #expect(why.contains("opened"))
        world.program.signal(SIGTERM)
        try await world.wait(3, "a clean stop") { !world.program.isRunning }
        #expect(world.program.status == 0)
        await dovecot.stop()
    }

    @Test func aRemovedKeywordIsNotFoughtUntilThereIsNews() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, ["tracked", "opened"])

        try await dovecot.store(uid, .remove, ["opened"])
        // A later message shows that the agent has been through its loop since.
        let other = try await world.send("two", try world.newPixel())
        try await world.expect(other, ["tracked"])
        #expect(try await world.keywords(uid) == ["tracked"])
        world.program.kill()
        try world.program.start()
        let third = try await world.send("three", try world.newPixel())
        try await world.expect(third, ["tracked"])
        #expect(try await world.keywords(uid) == ["tracked"])

        try await world.program.load(pixel.url, from: "198.51.100.20", agent: World.thunderbird)
        try await world.expect(uid, ["tracked", "opened", "opened-again"])
        await dovecot.stop()
    }

    @Test func anotherUIDValidityChangesNothingForTheUser() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        let before = try await world.send("one", pixel)
        try world.program.start()
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.waitForServer()
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(before, ["tracked", "opened"])

        try await dovecot.recreate()
        let filler = try await world.send("filler")
        let after = try await world.send("one", pixel)
        try await dovecot.dropConnections()
        try await world.expect(after, ["tracked", "opened"])
        #expect(try await world.keywords(filler) == [])
        await dovecot.stop()
    }

    @Test func takesOverAChangedConfigurationAndKeepsTheOldOneWhenTheNewIsBad() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        try world.program.start()
        try await world.waitForServer()
        let file = world.program.home.appending(path: "config.toml")
        let good = try String(contentsOf: file, encoding: .utf8)
        try world.program.write("config.toml", good + "\n[keywords]\ntraked = \"seen-by-us\"\n")
        world.program.signal(SIGHUP)
        try await world.wait(10, "the refusal") { world.program.log.contains("the old one goes on") }
        #expect(world.program.log.contains("tracked"), "the nearest key is named")
        let first = try await world.send("one", try world.newPixel(with: good))
        try await world.expect(first, ["tracked"])

        try world.program.write("config.toml", good + "\n[keywords]\ntracked = \"seen-by-us\"\n")
        world.program.signal(SIGHUP)
        try await world.wait(10, "the new configuration") { world.program.log.contains("configuration read again") }
        let second = try await world.send("two", try world.newPixel())
        try await world.expect(second, ["seen-by-us"])
        world.program.signal(SIGTERM)
        try await world.wait(3, "a clean stop") { !world.program.isRunning }
        await dovecot.stop()
    }

    @Test func losesNothingWhileTheMailServerIsAway() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        try await dovecot.suspend()
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await dovecot.resume()
        try await world.expect(uid, ["tracked", "opened"], within: 30)
        await dovecot.stop()
    }

    @Test func saysWhatIsWrongAndGoesOn() async throws {
        let dovecot = try await Dovecot.start(rights: ["Sent": "lrsi"])
        let world = try World(dovecot: dovecot)
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.wait(20, "the refusal to be told") { world.program.log.contains("keyword not kept") }
        #expect(try world.program.command("status").contains("tracked"))
        #expect(try await world.keywords(uid) == [])
        #expect(world.program.isRunning)
        await dovecot.stop()
    }
}
