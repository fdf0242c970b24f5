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

    /// Those who look are told what waits and what was set aside, until it comes again or a week is over.
    @Test func tellsWhatIsNotDoneWith() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        _ = try await store.account(named: "other")
        func enter(_ number: UInt8, _ state: OutboxState, after seconds: TimeInterval, _ reason: String? = nil)
            async throws
        {
            let entry = try await store.enter(
                [UInt8](repeating: number, count: 32), as: .claiming, hasOwnID: number < 100, messageID: "\(number)@x",
                of: account, now: Self.now + seconds)
            try await store.note(state, of: entry, reason: reason, now: Self.now + seconds + 1)
        }
        func reports(after seconds: TimeInterval) async throws -> [OutboxReport] {
            let accounts = try await store.accounts(now: Self.now + seconds)
            #expect(accounts.first { $0.account == "other" }?.outbox == [])
            return try #require(accounts.first { $0.account == "work" }).outbox
        }
        #expect(try await reports(after: 0).isEmpty)
        for (index, state) in OutboxState.allCases.enumerated() {
            try await enter(UInt8(index), state, after: Double(index), state == .claimed ? "not now" : nil)
        }
        #expect(
            try await reports(after: 20) == [
                OutboxReport(stage: .waiting, drafts: 4, at: Self.now, reason: "not now"),
                OutboxReport(stage: .sent, drafts: 2, at: Self.now + 5),
                OutboxReport(stage: .refused, drafts: 2, at: Self.now + 10),
                OutboxReport(stage: .uncertain, drafts: 2, at: Self.now + 11),
            ])
        // Not done with, however old; at an end, it is told of for a week.
        let week = 7 * 86_400.0
        #expect(try await reports(after: week + 20).map(\.drafts) == [4, 2, 1, 1])

        // Refused, and sent after it was moved back as it was, or corrected under the same Message-ID.
        let before = try await reports(after: 20)
        try await enter(100, .refused, after: 20, "no recipient")
        #expect(try await reports(after: 30).map(\.drafts) == [4, 2, 3, 2])
        try await enter(100, .done, after: 30)
        #expect(try await reports(after: 40) == before)
        let refused = UInt8(try #require(OutboxState.allCases.firstIndex(of: .refused)))
        let corrected = try await store.enter(
            [UInt8](repeating: 101, count: 32), as: .claiming, hasOwnID: true, messageID: "\(refused)@x", of: account,
            now: Self.now + 40)
        try await store.note(.done, of: corrected, now: Self.now + 41)
        #expect(try await reports(after: 50).map(\.drafts) == [4, 2, 1, 2])
    }
}
