import Foundation
import TestSupport
import Testing

/// A disk that takes nothing more stops neither agent nor pixel server: nothing is answered that is not stored, and all
/// of it goes on when there is room.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FullDiskTests {
    @Test(.enabled(if: SmallDisk.refusal == nil, "no file system can be mounted here: \(SmallDisk.refusal ?? "")"))
    func aFullDiskIsWaitedFor() async throws {
        let story = try await Story()
        let disk = SmallDisk(under: story.world.program)
        try disk.start()
        try await story.begin()
        try disk.fill()
        try await story.endure(
            refusal: "hits.db: database or disk is full (13); make room on the disk",
            ending: "agent.db: no space left on the disk; free some, nothing is lost meanwhile")
        let status = try story.world.program.outcome(of: ["status"], within: disk.inside)
        #expect(status.output.contains("The disk of ") && status.output.contains(" is full, so that this may be old."))
        let doctor = try story.world.program.outcome(of: ["doctor"], within: disk.inside)
        #expect(doctor.status == 74)
        #expect(doctor.output.contains("✗ machine: disk: 0 MB free; make room; what cannot be written is tried again"))
        #expect(doctor.output.contains("✓ account alice: login:"), "the rest is examined all the same")
        try disk.free()
        try await story.end { try story.world.program.outcome(of: $0, within: disk.inside) }
    }

    /// What was written may be gone when the power goes: it is as if it had not been.
    @Test func whatCannotBeSyncedIsNotStored() async throws {
        let story = try await Story()
        let sync = try FailingDisk(under: story.world.program)
        try sync.start()
        try await story.begin()
        try sync.begin(.sync)
        try await story.endure(refusal: "hits.db: disk I/O error (1034)", ending: "agent.db: reading or writing failed")
        try sync.end()
        try await story.end { try story.world.program.outcome(of: $0) }
    }

    /// The same where no file system can be mounted, with another refusal of the kernel: files have reached the limit
    /// of their size.
    @Test func aLimitOfFileSizesIsWaitedFor() async throws {
        let story = try await Story()
        // SIGXFSZ comes with the refusal, and may be ignored by whoever runs the tests.
        try story.world.program.start(within: ["env", "--default-signal=XFSZ"])
        try await story.begin()
        // Below the write-ahead logs, which are some ten pages long by now, and above the log.
        try limit("16384")
        try await story.endure(refusal: "hits.db: disk I/O error", ending: "agent.db: reading or writing failed")
        try limit("unlimited")
        try await story.end { try story.world.program.outcome(of: $0) }

        func limit(_ size: String) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            let pid = try #require(story.world.program.processID)
            process.arguments = ["prlimit", "--pid", "\(pid)", "--fsize=\(size):unlimited"]
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
    }
}

/// One message known and opened before, two that arrive while nothing can be written, and loads at each time.
private struct Story {
    let world: World
    private let pixels: [World.Pixel]

    init() async throws {
        world = try World(dovecot: try await Dovecot.start())
        let world = world
        pixels = try (0..<3).map { _ in try world.newPixel() }
    }

    func begin() async throws {
        try await world.waitForServer()
        let uid = try await world.send("m0", pixels[0])
        try await world.expect(uid, ["tracked"])
        #expect(try await load(pixels[0]) == 200)
        try await world.expect(uid, ["tracked", "opened"])
    }

    func endure(refusal: String, ending: String) async throws {
        for pixel in pixels { #expect(try await load(pixel) == 503) }
        #expect(try await world.program.load(world.program.url + "/health", from: World.home, agent: "test") == 503)
        try await world.waitForLog(of: "server", refusal)
        for name in ["m1", "m2"] { try await world.send(name, pixels[name == "m1" ? 1 : 2]) }
        // It keeps trying, and does not repeat what it has said of its state.
        try await world.wait(20, "a second attempt") {
            world.log(of: "account:alice").count { $0.contains(ending) && $0.contains("session ended") } >= 2
        }
        #expect(world.log(of: "account:alice").count { $0.contains("state not noted") } == 1)
        #expect(world.log(of: "server").count { $0.contains("hits are refused") } == 1)
        #expect(world.program.isRunning)
    }

    /// - Parameter command: runs one where the program's state is seen.
    func end(_ command: ([String]) throws -> Program.Outcome) async throws {
        try await world.wait(20, "the pixel server to store again") { try await load(pixels[1]) == 200 }
        try await world.expect(2, ["tracked", "opened"], within: 30)
        try await world.expect(3, ["tracked"])
        #expect(try await world.keywords(1) == ["tracked", "opened"])
        #expect(try command(["status"]).output.contains("alice: 3 tracked messages; up to date since"))
        // What was answered with 503 is not there, what was answered with 200 is, once.
        for (name, hits) in [("m0", 1), ("m1", 1), ("m2", 0)] {
            let why = try command(["why", "--json", "\(name)@example.net"])
            #expect(why.output.matches(of: /"seq"/).count == hits, "\(name): \(why)")
        }
        world.program.signal(SIGTERM)
        try await world.wait(3, "a clean stop") { !world.program.isRunning }
        #expect(world.program.status == 0)
        await world.server.stop()
    }

    private func load(_ pixel: World.Pixel) async throws -> Int {
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
    }
}
