import Foundation
import TestSupport
import Testing

/// Whatever becomes of the agent's database, a draft in the outbox is sent once or not at all, and never lost.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OutboxTroubleTests {
    typealias Trouble = SendingTroubleTests.Trouble

    /// The last sign that an outbox could not go on.
    private static let stopped = "outbox not watched"

    @Test(arguments: Trouble.possible)
    func aDraftIsSentOnceOrMarked(_ trouble: Trouble) async throws {
        let dovecot = try await Dovecot.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: dovecot, sink)
        let world = outbox.world
        try await outbox.makeFolders()
        let (disk, failing) = (SmallDisk(under: world.program), try FailingDisk(under: world.program))
        try trouble == .full ? disk.start() : failing.start()
        try await world.waitForLog(of: "outbox:alice", "watching")
        try await outbox.move(OutboxWorld.draft("before"))
        try await outbox.waitFor(["Sent"], of: "before")

        var lock: DatabaseLock?
        func begin() throws {
            switch trouble {
            case .locked: lock = try DatabaseLock(on: world.program)
            case .full: try disk.fill()
            case .unsyncable: try failing.begin(.sync)
            case .readOnly: try failing.begin(.write)
            }
        }
        /// Once the outbox has met with it.
        func end(after earlier: Int) async throws {
            try await world.wait(40, "the outbox to stop") {
                world.log(of: "outbox:alice").count { $0.contains(Self.stopped) } > earlier
            }
            switch trouble {
            case .locked: lock?.release()
            case .full: try disk.free()
            case .unsyncable, .readOnly: try failing.end()
            }
        }
        func stops() -> Int { world.log(of: "outbox:alice").count { $0.contains(Self.stopped) } }

        // The provider has accepted it, and that cannot be written down: nobody can say any more.
        try await sink.behave(.init(steps: ["dot": .hold]))
        try await outbox.move(OutboxWorld.draft("accepted"))
        try await world.wait(20, "the provider to have it") { try await sink.transactions().count == 2 }
        var earlier = stops()
        try begin()
        try await sink.behave(.init())
        try await end(after: earlier)
        try await outbox.waitFor(["Tracked Outbox/Not sure"], of: "accepted", within: 60)
        #expect(try await outbox.notices().count == 1)
        #expect(try await outbox.notices().first?.contains("not known whether this message was sent") == true)

        // It cannot be written down that there is a draft: it stays where it is.
        earlier = stops()
        try begin()
        try await outbox.move(OutboxWorld.draft("waiting"))
        try await end(after: earlier)
        try await outbox.waitFor(["Sent"], of: "waiting", within: 60)
        let delivery = try #require(try await outbox.deliveries(of: "waiting").first)
        #expect(delivery.text.contains("\(world.program.url)/i/"), "it carries a pixel")
        for draft in ["before", "accepted", "waiting"] {
            #expect(try await outbox.deliveries(of: draft).count == 1, "\(draft)")
        }
        #expect(try await outbox.places(of: "accepted") == ["Tracked Outbox/Not sure"])
        #expect(try await outbox.notices().count == 1)
        try await world.stop()
        await sink.stop()
        await dovecot.stop()
    }
}
