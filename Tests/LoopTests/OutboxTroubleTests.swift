import Foundation
import TestSupport
import Testing

/// Whatever becomes of the agent's database, a draft in the outbox is sent once or not at all, and never lost.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OutboxTroubleTests {
    /// The last sign that an outbox could not go on.
    private static let stopped = "outbox not watched"

    /// Side by side, since most of the time passes in waiting; each in a world of its own, since an account logs in three
    /// times in two minutes at most.
    @Test func aDraftIsSentOnceOrMarked() async throws {
        try await withThrowingTaskGroup { group in
            for trouble in TroubledDisk.Trouble.possible {
                group.addTask { try await Self.meet(trouble, Self.accepted) }
                group.addTask { try await Self.meet(trouble, Self.waiting) }
            }
            try await group.waitForAll()
        }
    }

    /// The provider has accepted it, and that cannot be written down: nobody can say any more.
    private static func accepted(_ outbox: OutboxWorld, _ trouble: TroubledDisk) async throws {
        try await outbox.sink.behave(.init(steps: ["dot": .hold]))
        try await outbox.move(OutboxWorld.draft("accepted"))
        try await outbox.world.wait(20, "the provider to have it") {
            try await outbox.sink.transactions().count == 2
        }
        try trouble.begin()
        try await outbox.sink.behave(.init())
        try await end(trouble, outbox)
        try await outbox.waitFor(["Tracked Outbox/Not sure"], of: "accepted", within: 60)
        #expect(try await outbox.notices().count == 1)
        #expect(try await outbox.notices().first?.contains("not known whether this message was sent") == true)
        #expect(try await outbox.deliveries(of: "accepted").count == 1)
    }

    /// It cannot be written down that there is a draft: it stays where it is.
    private static func waiting(_ outbox: OutboxWorld, _ trouble: TroubledDisk) async throws {
        try trouble.begin()
        try await outbox.move(OutboxWorld.draft("waiting"))
        try await end(trouble, outbox)
        try await outbox.waitFor(["Sent"], of: "waiting", within: 60)
        let deliveries = try await outbox.deliveries(of: "waiting")
        #expect(deliveries.count == 1)
        #expect(deliveries.first?.text.contains("\(outbox.world.program.url)/i/") == true, "it carries a pixel")
        #expect(try await outbox.notices().isEmpty)
    }

    private static func meet(
        _ trouble: TroubledDisk.Trouble, _ happens: (OutboxWorld, TroubledDisk) async throws -> Void
    ) async throws {
        let dovecot = try await Dovecot.start()
        let sink = try await Upstream.start(.sink)
        let outbox = try OutboxWorld(on: dovecot, sink)
        try await outbox.makeFolders()
        let disk = try TroubledDisk(trouble, under: outbox.world.program)
        try disk.start()
        _ = try await outbox.world.waitForLog(of: "outbox:alice", "watching")
        try await outbox.move(OutboxWorld.draft("before"))
        try await outbox.waitFor(["Sent"], of: "before")
        try await happens(outbox, disk)
        #expect(try await outbox.deliveries(of: "before").count == 1)
        try await outbox.world.stop()
        await sink.stop()
        await dovecot.stop()
    }

    /// Once the outbox has met with it.
    private static func end(_ trouble: TroubledDisk, _ outbox: OutboxWorld) async throws {
        try await outbox.world.wait(40, "the outbox to stop") {
            outbox.world.log(of: "outbox:alice").contains { $0.contains(stopped) }
        }
        try trouble.end()
    }
}
