import Foundation
import IMAP
import Outgoing
import Testing

@testable import Store

/// The book of the outbox.
@Suite struct OutboxStoreTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let hash = [UInt8](repeating: 7, count: 32)

    @Test func keepsStatesAcrossAStop() async throws {
        let scratch = Scratch()
        var store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let entry = try await store.enter(
            Self.hash, as: .claiming, hasOwnID: true, messageID: "1@x", of: account, now: Self.now)
        #expect(entry.item == OutboxItem(.claiming, foundAt: Self.now, changedAt: Self.now) && entry.place == nil)
        let later = Self.now + 5
        try await store.note(.claimed, of: entry, place: .init(9, 4), reason: "because", now: later)
        try await store.note(.sent, of: entry, providerID: "2@y", now: later)
        try store.close()

        store = try AgentStore(path: scratch.path)
        let found = try #require(try await store.outbox(of: account).first)
        #expect(found.item == OutboxItem(.sent, foundAt: Self.now, changedAt: later))
        #expect(found.place == .init(9, 4) && found.reason == "because" && found.providerID == "2@y")
        #expect(found.contentHash == Self.hash && found.hasOwnID && found.messageID == "1@x")
    }

    /// What is under way is in the book once; what is at an end can come again.
    @Test func theSameContentIsUnderWayOnce() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        func enter() async throws -> OutboxEntry {
            try await store.enter(
                Self.hash, as: .claiming, hasOwnID: false, messageID: "1@x", of: account, now: Self.now)
        }
        let first = try await enter()
        try await store.note(.sending, of: first, now: Self.now)
        #expect(try await enter().id == first.id)
        #expect(try await enter().item.state == .sending)
        for end in OutboxState.allCases.filter(\.isEnd) {
            let entry = try await enter()
            try await store.note(end, of: entry, now: Self.now)
            #expect(try await store.outbox(of: account).isEmpty)
            #expect(try await enter().id != entry.id)
        }
        // What is under way is not forgotten, however old.
        let entry = try await enter()
        try await store.forgetOutgoing(before: Self.now + 1)
        #expect(try await store.outbox(of: account).map(\.id) == [entry.id])
        let other = try await store.account(named: "other")
        #expect(try await store.outbox(of: other).isEmpty)
    }
}
