import Foundation
import TestSupport
import Testing

/// Hits are neither lost nor counted twice, whatever is away, killed, restored or not yet known.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SourceTroubleTests {
    @Test func whatWasAnsweredArrivesOnceWhoeverWasAway() async throws {
        let dovecot = try await Dovecot.start()
        let server = try Program()
        let world = try World(dovecot: dovecot, accounts: [World.Account(on: dovecot)], server: server)
        try server.start("serve")
        try await world.waitForServer(server)
        let pixels = try (0..<4).map { _ in try world.newPixel() }
        let first = try await world.send("m0", pixels[0])
        try world.program.start()
        try await world.expect(first, ["tracked"])

        // The first is given to the poll that is held; the second is answered, and the server killed before the next one.
        world.program.signal(SIGSTOP)
        for pixel in pixels[0...1] { try await read(pixel, on: server) }
        server.kill()
        world.program.signal(SIGCONT)
        try await world.waitForLog(of: "source:127.0.0.1", "refuses connections or cannot be reached")
        let second = try await world.send("m1", pixels[1])
        try await world.expect(second, ["tracked"])
        #expect(try world.hits(on: "m1@example.net") == 0)

        // The agent is away as well when the server is back.
        world.program.kill()
        try server.start("serve")
        try await world.waitForServer(server)
        try await read(pixels[2], on: server)
        let third = try await world.send("m2", pixels[2])
        try world.program.start()
        let fourth = try await world.send("m3", pixels[3])
        try await world.expect(fourth, ["tracked"])
        try await read(pixels[3], on: server)

        for (number, uid) in [first, second, third, fourth].enumerated() {
            try await world.expect(uid, ["tracked", "opened"])
            #expect(try world.hits(on: "m\(number)@example.net") == 1)
        }
        await dovecot.stop()
    }

    @Test func aRestoredHitLogTellsNothingTwice() async throws {
        let dovecot = try await Dovecot.start()
        let server = try Program()
        let world = try World(dovecot: dovecot, accounts: [World.Account(on: dovecot)], server: server)
        let pixels = try (0..<3).map { _ in try world.newPixel() }
        var uids: [UInt32] = []
        for (index, pixel) in pixels.enumerated() { uids.append(try await world.send("m\(index)", pixel)) }
        let log = server.home.appending(path: "state/sentmark/hits.db")
        let backup = server.home.appending(path: "backup.db")
        try server.start("serve")
        try await world.waitForServer(server)
        try await read(pixels[0], on: server)
        try await stop(server, world)
        try FileManager.default.copyItem(at: log, to: backup)

        try server.start("serve")
        try await world.waitForServer(server)
        try world.program.start()
        try await read(pixels[1], on: server)
        for uid in uids[0...1] { try await world.expect(uid, ["tracked", "opened"]) }
        try await stop(server, world)
        try FileManager.default.removeItem(at: log)
        try FileManager.default.moveItem(at: backup, to: log)

        try server.start("serve")
        try await world.waitForLog(of: "source:127.0.0.1", "the hit log is another one now")
        // It gets the number that the lost hit had.
        try await read(pixels[2], on: server)
        for (number, uid) in uids.enumerated() {
            try await world.expect(uid, ["tracked", "opened"])
            #expect(try world.hits(on: "m\(number)@example.net") == 1)
        }
        await dovecot.stop()
    }

    @Test func onlyTokensOfOursAreTrackedAndTheirHitsWait() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let program = world.program
        let config = try String(contentsOf: program.home.appending(path: "config.toml"), encoding: .utf8)
        try program.command("stream", "add", "other", "--output", program.home.appending(path: "keys/other").path)
        try program.write("config.toml", config.replacing("keys/px", with: "keys/other"))
        let foreign = try world.newPixel()
        try program.write("config.toml", config)
        let own = try world.newPixel()
        let late = try world.newPixel()
        let damaged = own.token.prefix(32) + (own.token.hasSuffix("aaaaaaaa") ? "bbbbbbbb" : "aaaaaaaa")
        let forged = World.Pixel(
            token: String(damaged), url: own.url, html: own.html.replacing(own.token, with: damaged))

        let others = [try await world.send("foreign", foreign), try await world.send("forged", forged)]
        let genuine = try await world.send("genuine", own)
        try program.start()
        try await world.expect(genuine, ["tracked"])
        for uid in others { #expect(try await world.keywords(uid) == []) }
        for name in ["foreign", "forged"] {
            let why = try program.command("why", "\(name)@example.net")
            #expect(why.contains("not tracked: no source in the configuration has signed its token"), "\(why)")
        }
        #expect(try program.command("why", foreign.token).contains("for a stream that no source here reads"))
        #expect(try program.command("why", "forged@example.net").contains("it is damaged or forged"))
        #expect(try program.command("why", "genuine@example.net").contains(own.token))

        try await read(foreign, on: program)
        try await read(late, on: program)
        try await world.wait(20, "the hit that waits") {
            try program.outcome(of: ["why", late.token]).output.contains("These requests for its pixel wait for it")
        }
        let uid = try await world.send("late", late)
        try await world.expect(uid, ["tracked", "opened"])
        #expect(try world.hits(on: "late@example.net") == 1)
        for uid in others { #expect(try await world.keywords(uid) == []) }

        // Its credential was missing: now the message is ours as well, with what was read before.
        let more = "[[source]]\nname = \"other\"\nkind = \"sentmark\"\nurl = \"\(program.url)\"\ncredential_file = "
        try program.write("config.toml", config + "\n\(more)\"keys/other\"\n")
        program.signal(SIGHUP)
        try await world.expect(others[0], ["tracked", "opened"])
        #expect(try await world.keywords(others[1]) == [])
        await dovecot.stop()
    }

    @Test func aRevokedCredentialIsToldWithWhatToDo() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let uid = try await world.send("one", try world.newPixel())
        try world.program.command("stream", "revoke", "test")
        try world.program.start()
        let line = try await world.waitForLog(of: "source:127.0.0.1", "pull failed")
        #expect(
            line.contains("the pixel server refuses the credential; make a new credential with `sentmark stream add`"))
        try await world.expect(uid, ["tracked"])
        let doctor = try world.program.outcome(of: ["doctor"])
        #expect(doctor.status == 77)
        #expect(doctor.output.contains("access: the server refuses the credential; make a new one with"))
        await dovecot.stop()
    }

    private func read(_ pixel: World.Pixel, on server: Program) async throws {
        let status = try await server.load(pixel.url, from: World.home, agent: World.thunderbird)
        try #require(status == 200)
    }

    private func stop(_ server: Program, _ world: World) async throws {
        server.signal(SIGTERM)
        try await world.wait(5, "a clean stop of the server") { !server.isRunning }
    }
}

extension World {
    /// Requests for the message's pixel that the agent knows of.
    func hits(on messageID: String) throws -> Int {
        struct Why: Decodable {
            struct Message: Decodable { let hits: [Hit] }
            struct Hit: Decodable {}
            let messages: [Message]
        }
        let text = try program.command("why", "--json", messageID)
        return try JSONDecoder().decode(Why.self, from: Data(text.utf8)).messages.reduce(0) { $0 + $1.hits.count }
    }
}
