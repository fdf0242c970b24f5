import Foundation
import TestSupport
import Testing

/// No pixel server, but nginx's log: opens are read from it, through a rotation and through a time without an agent.
@Suite(.serialized)
struct AccessLogTests {
    @Test func anAccessLogIsAPixelServer() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let program = world.program
        let home = program.home.appending(path: "nginx")
        let nginx = try Nginx(
            withoutServerIn: home, certificates: URL(filePath: dovecot.caFile).deletingLastPathComponent())
        let log = home.appending(path: "pixel.log")
        let direct = try String(contentsOf: program.home.appending(path: "config.toml"), encoding: .utf8)
        let source = """
            kind = "access-log"
            path = "\(log.path)"
            format = "json"
            pixel_url = "\(nginx.url)"
            """
        try program.write(
            "config.toml",
            direct.replacing("kind = \"sentmark\"\nurl = \"\(program.url)\"", with: source))
        let pixels = try (0..<3).map { _ in try world.newPixel() }
        #expect(pixels.allSatisfy { $0.url.hasPrefix(nginx.url + "/i/") })

        func load(_ url: String) async throws {
            let status = try await program.load(
                url, from: "192.0.2.1", agent: World.thunderbird, options: ["--cacert", dovecot.caFile])
            #expect(status == 200)
        }

        try nginx.start()
        try program.start()
        var uids: [UInt32] = []
        for (number, pixel) in pixels.enumerated() { uids.append(try await world.send("m\(number)", pixel)) }
        for uid in uids { try await world.expect(uid, ["tracked"]) }
        try await load(pixels[0].url)
        try await world.expect(uids[0], ["tracked", "opened"])
        // Rotated while no agent reads it; the old file has a line that was not read.
        program.kill()
        try await load(pixels[1].url)
        // As logrotate's copytruncate does it: signals to a child of Foundation's may be blocked.
        try FileManager.default.copyItem(at: log, to: home.appending(path: "pixel.log.1"))
        try FileHandle(forWritingTo: log).truncate(atOffset: 0)
        try await load(pixels[2].url)
        try program.start()
        for uid in uids { try await world.expect(uid, ["tracked", "opened"]) }
        await dovecot.stop()
    }
}

/// A source without a limit of its own tells of one pixel without end.
@Suite(.serialized)
struct FloodTests {
    private struct Why: Decodable {
        struct Message: Decodable {
            struct Hit: Decodable {}

            let hits: [Hit]
            let more_hits: Int?
            let only_counted: Int?
        }

        let messages: [Message]
    }

    /// SENTMARK_FLOOD=1000000 tries a million.
    @Test func whatOnePixelHasTooManyOfIsCounted() async throws {
        let count = ProcessInfo.processInfo.environment["SENTMARK_FLOOD"].flatMap { Int($0) } ?? 12_000
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let program = world.program
        let log = program.home.appending(path: "pixel.log")
        try Data().write(to: log)
        let direct = try String(contentsOf: program.home.appending(path: "config.toml"), encoding: .utf8)
        let source = """
            kind = "access-log"
            path = "\(log.path)"
            format = "json"
            pixel_url = "https://px.example.org"
            """
        try program.write(
            "config.toml", direct.replacing("kind = \"sentmark\"\nurl = \"\(program.url)\"", with: source))
        let pixel = try world.newPixel()
        try program.start()
        let uid = try await world.send("flooded", pixel)
        try await world.expect(uid, ["tracked"])

        let file = try FileHandle(forWritingTo: log)
        let line = """
            {"msec":\(Int(Date().timeIntervalSince1970)).5,"remote_addr":"\(World.filter)",\
            "request":"GET /i/\(pixel.token).gif HTTP/1.1","status":200,"http_user_agent":"\(World.scanner)"}

            """
        for start in stride(from: 0, to: count, by: 10_000) {
            try file.write(contentsOf: Data(String(repeating: line, count: min(10_000, count - start)).utf8))
        }
        try await world.wait(Double(60 + count / 1_000), "all of them are counted") {
            let why = try JSONDecoder().decode(Why.self, from: Data(program.command("why", "--json", pixel.token).utf8))
            let message = try #require(why.messages.first)
            return message.hits.count + (message.more_hits ?? 0) == count && message.only_counted == count - 10_000
        }
        try await world.expect(uid, ["tracked", "reached"])
        await dovecot.stop()
    }
}

/// The agent pulls and recipients load through a real nginx, as on a pixel host.
@Suite(.serialized)
struct NginxTests {
    /// Two networks that any machine has. The agent pulls from the first.
    private static let here = "127.0.0.1"
    private static let elsewhere = "127.1.0.1"

    @Test func tellsTheServerWhoAsksAndTheLogsNothing() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let program = world.program
        let nginx = try Nginx(
            port: program.port, certificates: URL(filePath: dovecot.caFile).deletingLastPathComponent(),
            home: program.home.appending(path: "nginx"))
        let direct = try String(contentsOf: program.home.appending(path: "config.toml"), encoding: .utf8)
        try program.write(
            "config.toml",
            direct.replacing(
                "\nurl = \"\(program.url)\"", with: "\nurl = \"\(nginx.url)\"\nca_file = \"\(dovecot.caFile)\""))
        let pixels = try (0..<3).map { _ in try world.newPixel() }
        #expect(pixels.allSatisfy { $0.url.hasPrefix(nginx.url + "/i/") })

        /// A load by a reader at one address who claims to be at another.
        func load(_ url: String, at address: String, claiming other: String) async throws -> Int {
            try await program.load(
                url, from: other, agent: World.thunderbird,
                options: ["--interface", address, "--cacert", dovecot.caFile])
        }

        try nginx.start()
        try program.start()
        let first = try await world.send("first", pixels[0])
        let own = try await world.send("own", pixels[1])
        let last = try await world.send("last", pixels[2])
        for uid in [first, own, last] { try await world.expect(uid, ["tracked"]) }

        // Seen at the agent: so it pulls through nginx, and its network is known.
        #expect(try await load(pixels[0].url, at: Self.elsewhere, claiming: Self.here) == 200)
        try await world.expect(first, ["tracked", "opened"])
        #expect(try await load(pixels[1].url, at: Self.here, claiming: World.home) == 200)
        #expect(try await load(pixels[2].url, at: Self.elsewhere, claiming: Self.here) == 200)
        try await world.expect(last, ["tracked", "opened"])
        #expect(try await world.keywords(own) == ["tracked"])

        #expect(try await load(nginx.url + "/metrics", at: Self.here, claiming: Self.here) == 404)
        let plain = nginx.plainURL + "/i/\(pixels[0].token).gif"
        #expect(try await load(plain, at: Self.elsewhere, claiming: Self.here) == 301)
        program.kill()
        #expect(try await load(pixels[0].url, at: Self.elsewhere, claiming: Self.here) == 502)
        for status in [200, 301, 404, 502] { #expect(nginx.logs.contains(" \(status) GET ")) }
        for pixel in pixels { #expect(!nginx.logs.contains(pixel.token)) }
        #expect(!nginx.logs.contains("/i/"))
        await dovecot.stop()
    }
}
