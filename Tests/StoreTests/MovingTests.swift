import Foundation
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

/// Messages without a copy, and where they are looked for.
struct MovingTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private struct Place {
        let scratch = Scratch()
        let store: AgentStore
        let account: AccountID
        let sent: FolderID

        init() async throws {
            store = try AgentStore(path: scratch.path)
            account = try await store.account(named: "work")
            sent = try await store.folder(MailboxName("Sent"), of: account)
            try await apply([.reset(uidValidity: 1)], at: 0)
        }

        func apply(_ changes: [Change], to folder: FolderID? = nil, at seconds: Double) async throws {
            try await store.apply(
                changes, to: folder ?? sent, signs: Signs(.standard), now: MovingTests.now.addingTimeInterval(seconds))
        }

        func lost(at seconds: Double, limit: Int = 1000) async throws -> LostMessages {
            try await store.lostMessages(
                of: account, dueAt: MovingTests.now.addingTimeInterval(seconds), limit: limit)
        }

        /// Returns whether keywords may have to change.
        @discardableResult
        func judge() async throws -> Bool {
            let tasks = try await store.judgingTasks(now: MovingTests.now, rules: Rules.current.version)
            return try await store.save(
                tasks.map { (OpensEngine.judge($0.history, now: MovingTests.now), $0) }, rules: Rules.current.version)
        }

        func hunted(at seconds: Double) async throws -> [String] {
            try await lost(at: seconds).quarries.map(\.messageID)
        }
    }

    private func message(_ uid: UInt32, _ id: String?, token: String? = nil, earlier: [String] = []) -> Change {
        .message(
            ExaminedMessage(
                uid: UID(uid), flags: [], messageID: id, earlierIDs: earlier, subject: "", sentAt: Self.now,
                recipients: [], recipientIsSender: false,
                tokens: token.map { [FoundToken(text: $0, kind: .own, quoted: false)] } ?? []))
    }

    @Test func aMessageWithoutACopyIsLookedForAfterAWhileAndOnce() async throws {
        let place = try await Place()
        try await place.apply([message(1, "a", token: "t1"), message(2, "b", token: "t2")], at: 0)
        try await place.apply([message(3, "a", token: "t1"), message(4, nil, token: "t4")], at: 0)
        #expect(try await place.store.messagesWithoutCopy(of: place.account).isEmpty)
        try await place.apply([.vanished(UIDSet([1, 2, 4]))], at: 0)
        #expect(try await place.store.messagesWithoutCopy(of: place.account) == ["b"], "a has another copy, 4 no name")
        #expect(try await place.hunted(at: 9).isEmpty)
        #expect(try await place.store.nextErrand(of: place.account) == Self.now + 10)
        #expect(try await place.hunted(at: 10) == ["b"])
        try await place.store.endHunt(for: try await place.lost(at: 10))
        #expect(try await place.store.nextErrand(of: place.account) == nil)
        #expect(try await place.store.messagesWithoutCopy(of: place.account) == ["b"], "it may come back all the same")
    }

    /// A thousand at a time: those that have not had their turn are still to be looked for.
    @Test func thatSomeWereLookedForEndsTheHuntForNoOther() async throws {
        let place = try await Place()
        let names = ["a", "b", "c", "d", "e"]
        try await place.apply(
            zip(1..., names).map { message($0, $1, token: "t\($0)") } + [.vanished(UIDSet(UID(1)...UID(5)))], at: 0)
        var lost = try await place.lost(at: 10, limit: 2)
        #expect(lost.quarries.map(\.messageID) == ["e", "d"])
        let archive = try await place.store.folder(MailboxName("Archive"), of: place.account)
        try await place.apply([message(70, "e", token: "t5")], to: archive, at: 20)
        lost = try await place.store.stillLost(of: lost)
        #expect(lost.quarries.map(\.messageID) == ["d"], "and no other in the place of what was found")
        try await place.store.endHunt(for: lost)
        #expect(try await place.hunted(at: 10) == ["c", "b", "a"])
        try await place.store.endHunt(for: try await place.lost(at: 10))
        #expect(try await place.store.nextErrand(of: place.account) == nil)
        #expect(try await place.hunted(at: 10).isEmpty)
    }

    /// A server has given one of two copies another Message-ID; the message is known by its token.
    @Test func eachCopyIsKnownByTheNameItHas() async throws {
        let place = try await Place()
        try await place.apply(
            [message(1, "a", token: "t1"), message(2, "rewritten", token: "t1"), message(3, nil, token: "t3")], at: 0)
        #expect(try await place.store.names(ofCopiesIn: place.sent) == [1: "a", 2: "rewritten"])
        try await place.apply([message(2, "a", token: "t1"), message(3, "late", token: "t3")], at: 10)
        #expect(try await place.store.names(ofCopiesIn: place.sent) == [1: "a", 2: "a", 3: "late"])
    }

    @Test func whoIsFoundIsNotLookedForAndIsVisitedWhenAKeywordIsDue() async throws {
        let place = try await Place()
        try await place.apply([message(1, "a", token: "t1")], at: 0)
        try await place.apply([.vanished(UIDSet(1))], at: 0)
        let archive = try await place.store.folder(MailboxName("Archive"), of: place.account)
        try await place.store.noteVisit(to: archive)
        try await place.apply([message(70, "renamed", earlier: ["a"])], to: archive, at: 20)
        #expect(try await place.hunted(at: 60).isEmpty)
        #expect(try await place.store.nextErrand(of: place.account) == .distantPast)
        #expect(
            try await place.store.visitedFoldersWithDueCopies(of: place.account).map(\.display) == ["Archive"])
        #expect(try await place.store.watchedFolders(of: place.account).map(\.display) == ["Sent"])
        #expect(try await place.store.names(ofCopiesIn: archive) == [70: "renamed"])

        try await place.store.leave(MailboxName("Archive"), of: place.account, now: Self.now + 100)
        #expect(try await place.hunted(at: 110) == ["a"])
    }

    /// Its keywords are not planned before: whoever went there would find nothing to do, and go again at once.
    @Test func aFolderIsNotVisitedForWhatHasToBeJudgedFirst() async throws {
        let place = try await Place()
        try await place.apply([message(1, "a", token: "t1")], at: 0)
        try await place.judge()
        try await place.apply([.vanished(UIDSet(1))], at: 0)
        let archive = try await place.store.folder(MailboxName("Archive"), of: place.account)
        try await place.store.noteVisit(to: archive)
        try await place.apply([message(70, "a", token: "t1")], to: archive, at: 20)
        #expect(try await place.store.nextErrand(of: place.account) == nil)
        #expect(try await place.store.visitedFoldersWithDueCopies(of: place.account).isEmpty)
        #expect(try await place.judge(), "which says that keywords may have waited for it")
        #expect(try await place.store.nextErrand(of: place.account) == .distantPast)
    }

    /// A name that nobody waits for any more makes no message.
    @Test func aNameAloneMakesNoMessage() async throws {
        let place = try await Place()
        try await place.apply([message(1, "stranger")], at: 0)
        #expect(try await place.store.status(StatusFilter()).isEmpty)
        #expect(try await place.store.state(of: place.sent).tracked.isEmpty)
    }

    @Test func anotherUIDValidityOverTheSameUIDsKeepsTheCopies() async throws {
        let place = try await Place()
        try await place.apply(
            [message(1, "a", token: "t1"), .checkpoint(uidNext: 5, highest: ModificationSequence(9), count: 3)], at: 0)
        try await place.apply([.renamed(uidValidity: 2)], at: 0)
        let state = try await place.store.state(of: place.sent)
        #expect(state.uidValidity == 2 && state.uidNext == 5)
        #expect(state.tracked == UIDSet(1))
        #expect(state.highest == nil && state.count == nil, "they counted in the other numbering")
        try await place.apply([.reset(uidValidity: 3)], at: 0)
        #expect(try await place.hunted(at: 60) == ["a"])
    }

    @Test func whereTheServerWouldLookIsAskedOnceInAScan() async throws {
        let place = try await Place()
        try await place.apply([.scanBegan(since: nil), .hinted], at: 0)
        #expect(try await place.store.state(of: place.sent).hinted)
        try await place.apply([.scanBegan(since: nil)], at: 0)
        #expect(try await !place.store.state(of: place.sent).hinted)
    }
}
