import Foundation
import IMAP
import SentSync
import Store
import Testing

@testable import Agent

/// What is stored beside the conversation: in its order, once, and all of it before anybody relies on it.
final class PendingChangesTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private let directory = FileManager.default.temporaryDirectory.appending(path: "sentmark-\(UUID())")
    private let store: AgentStore
    private let folder: FolderID
    private let judge = Bell()

    init() async throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        store = try AgentStore(path: directory.appending(path: "agent.db").path)
        folder = try await store.folder(MailboxName("Sent"), of: try await store.account(named: "work"))
        try await store.apply([.reset(uidValidity: 1)], to: folder, signs: Signs(.standard), now: Self.now)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func changes(every interval: Duration) -> PendingChanges {
        PendingChanges(for: folder, in: store, Signs(.standard), judge: judge, every: interval)
    }

    private func scanned() async throws -> String { try await store.state(of: folder).scanned.description }

    private func message(_ uid: UInt32) -> Change {
        .message(
            ExaminedMessage(
                uid: UID(uid), flags: [], messageID: "\(uid)@example.net", subject: "", sentAt: nil, recipients: [],
                recipientIsSender: false, tokens: [FoundToken(text: "t\(uid)", kind: .own, quoted: false)]))
    }

    @Test func nothingIsStoredBeforeItsTimeAndAllOfItByFlush() async throws {
        var pending = changes(every: .seconds(3600))
        pending.add([.scanned(UIDSet(1...5))], since: nil, now: Self.now)
        try await pending.writeBeside()
        pending.add([message(7), .scanned(UIDSet(6...9))], since: nil, now: Self.now)
        try await pending.writeBeside()
        #expect(try await scanned() == "")
        #expect(!judge.isRung)
        try await pending.flush()
        #expect(try await scanned() == "1:9")
        #expect(judge.isRung)
    }

    @Test func aStepAtATimeWhereThereIsNoInterval() async throws {
        var pending = changes(every: .zero)
        pending.add([.scanned(UIDSet(1...5))], since: nil, now: Self.now)
        try await pending.writeBeside()
        #expect(try await scanned() == "1:5")
    }

    /// One transaction after the other: what comes later is stored later.
    @Test func theOrderIsKept() async throws {
        var pending = changes(every: .nanoseconds(1))
        for step in 1...50 as ClosedRange<UInt32> {
            pending.add([.scanned(UIDSet(UID(step)))], since: nil, now: Self.now)
            pending.add([.checkpoint(uidNext: UID(step + 1), highest: nil, count: step)], since: nil, now: Self.now)
            try await pending.writeBeside()
        }
        try await pending.flush()
        let state = try await store.state(of: folder)
        #expect(state.scanned.description == "1:50")
        #expect(state.uidNext == 51)
    }

    /// A session that fails leaves nothing behind that a later one could be overtaken by.
    @Test(arguments: [true, false])
    func nothingIsUnderWayAfterTheEnd(_ isOrderly: Bool) async throws {
        var pending = changes(every: .nanoseconds(1))
        pending.add([.scanned(UIDSet(1...5))], since: nil, now: Self.now)
        try await pending.writeBeside()
        pending.add([.scanned(UIDSet(6...9))], since: nil, now: Self.now)
        await pending.end(isOrderly: isOrderly)
        #expect(try await scanned() == (isOrderly ? "1:9" : "1:5"))
        try await pending.flush()
        #expect(try await scanned() == (isOrderly ? "1:9" : "1:5"))
    }

    @Test func aDiskThatTakesNothingIsToldOf() async throws {
        var pending = changes(every: .nanoseconds(1))
        try store.close()
        pending.add([.scanned(UIDSet(1...5))], since: nil, now: Self.now)
        try await pending.writeBeside()
        pending.add([.scanned(UIDSet(6...9))], since: nil, now: Self.now)
        await #expect(throws: StoreError.self) { try await pending.writeBeside() }
        await #expect(throws: StoreError.self) { try await pending.flush() }
    }
}
