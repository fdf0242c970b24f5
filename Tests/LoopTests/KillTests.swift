import Foundation
import TestSupport
import Testing

/// SIGKILL between any two steps of the main loop: after a restart the end is the same, and a further run changes nothing.
@Suite(.serialized)
struct KillTests {
    /// Every point named in `StopPoint`.
    static let points = [
        "pulled", "hits-stored", "judged", "answered", "changes-stored", "planned", "keywords-stored", "read-back",
        "recorded",
    ]

    @Test func everyPointEndsTheSame() async throws {
        let dovecot = try await Dovecot.start()
        for point in Self.points {
            for count in [1, 2] {
                let world = try World(dovecot: dovecot)
                try await dovecot.recreate()
                let pixels = try (0..<3).map { _ in try world.newPixel() }
                var uids: [UInt32] = []
                for (index, pixel) in pixels.enumerated() { uids.append(try await world.send("m\(index)", pixel)) }
                let plain = try await world.send("plain")
                try world.program.start(stopAt: "\(point):\(count)")
                try await world.waitForServer()
                // One thing after the other, or all of it is done in one step, and there is no second one.
                try await world.wait(20, "tracked messages, or the end at \(point):\(count)") {
                    guard world.program.isRunning else { return true }
                    for uid in uids where try await world.keywords(uid) != ["tracked"] { return false }
                    return true
                }
                if world.program.isRunning {
                    try await world.program.load(pixels[0].url, from: World.home, agent: World.thunderbird)
                }
                try await world.wait(20, "the end at \(point):\(count)") {
                    guard world.program.isRunning else { return true }
                    // It may be gone before it can answer.
                    _ = try? await world.program.load(pixels[1].url, from: World.filter, agent: World.scanner)
                    return false
                }

                try world.program.start()
                try await world.waitForServer()
                try await world.program.load(pixels[0].url, from: World.home, agent: World.thunderbird)
                try await world.program.load(pixels[1].url, from: World.filter, agent: World.scanner)
                try await world.expect(uids[0], ["tracked", "opened"])
                try await world.expect(uids[1], ["tracked", "reached"])
                try await world.expect(uids[2], ["tracked"])
                #expect(try await world.keywords(plain) == [])
                world.program.signal(SIGTERM)
                try await world.wait(3, "a clean stop") { !world.program.isRunning }

                let settled = try await dovecot.messages()
                try world.program.start()
                let marker = try await world.send("marker", try world.newPixel())
                try await world.expect(marker, ["tracked"])
                #expect(try await dovecot.messages().filter { $0.uid != marker } == settled, "\(point):\(count)")
                world.program.kill()
            }
        }
        await dovecot.stop()
    }
}
