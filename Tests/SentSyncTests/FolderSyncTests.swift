import Foundation
import IMAP
import MailboxModel
import Testing

@testable import SentSync

/// What the sync asks for, and in which order.
struct FolderSyncTests {
    private func begin(
        _ mailbox: MailboxModel, _ state: FolderState = FolderState(), since: Date? = nil
    ) -> (FolderSync, [Change]) {
        var sync = FolderSync(state: state, policy: .init(since: since) { _ in true })
        let changes = sync.begin(
            .init(
                uidValidity: UIDValidity(mailbox.uidValidity), uidNext: UID(mailbox.uidNext),
                highest: mailbox.highest, exists: mailbox.exists))
        return (sync, changes)
    }

    /// Answers one request from the model.
    private func answer(_ request: SyncRequest, _ sync: inout FolderSync, _ mailbox: inout MailboxModel) -> [Change] {
        for command in request.commands(for: mailbox.capabilities) {
            mailbox.answer(command).untagged.forEach { sync.received($0) }
        }
        return sync.finished(request)
    }

    private func mailbox(_ count: Int, html: String = "<p>hi</p>") -> MailboxModel {
        var mailbox = MailboxModel()
        for number in 0..<count {
            mailbox.append("Subject: \(number)\nContent-Type: text/html\n\n\(html)\n")
        }
        return mailbox
    }

    @Test func aPlainTextMessageCostsOneLook() {
        var mailbox = MailboxModel()
        mailbox.append("Subject: a\n\nplain\n")
        var (sync, _) = begin(mailbox)
        while let request = sync.next() { _ = answer(request, &sync, &mailbox) }
        #expect(mailbox.log.map(\.name) == ["UID SEARCH", "UID FETCH"])
        #expect(sync.state.scanComplete)
    }

    @Test func nothingIsAskedWhenNothingHasChanged() {
        var mailbox = mailbox(3)
        var (first, _) = begin(mailbox)
        while let request = first.next() { _ = answer(request, &first, &mailbox) }
        var (second, changes) = begin(mailbox, first.state)
        #expect(second.next() == nil)
        #expect(!changes.contains { if case .reset = $0 { true } else { false } })
    }

    /// Compression takes a round trip: a few messages are not worth it.
    @Test(arguments: [(199, false), (200, true)])
    func aLongBacklogIsMuch(_ count: Int, _ isMuch: Bool) {
        var mailbox = mailbox(count)
        var (first, _) = begin(mailbox)
        #expect(!first.expectsMuch, "nobody knows yet how many there are")
        var wasMuch = false
        while let request = first.next() {
            _ = answer(request, &first, &mailbox)
            wasMuch = wasMuch || first.expectsMuch
        }
        #expect(wasMuch == isMuch)
        #expect(!first.expectsMuch)

        for number in 0..<count { mailbox.append("Subject: \(number)\n\nplain\n") }
        var (second, _) = begin(mailbox, first.state)
        #expect(second.expectsMuch == isMuch)
        while let request = second.next() { _ = answer(request, &second, &mailbox) }
        #expect(!second.expectsMuch)
    }

    @Test func theScanGoesFromTheNewestToTheOldest() throws {
        var mailbox = mailbox(5)
        var state = FolderState()
        state.chunk = 2
        var (sync, _) = begin(mailbox, state)
        var asked: [String] = []
        while let request = sync.next() {
            if case .glances(let uids, _) = request { asked.append(uids.description) }
            _ = answer(request, &sync, &mailbox)
        }
        #expect(asked == ["4:5", "1:3"])
    }

    @Test func anInterruptedScanGoesOnWhereItWas() {
        var mailbox = mailbox(6)
        var state = FolderState()
        state.chunk = 2
        var (sync, _) = begin(mailbox, state)
        while let request = sync.next() {
            let changes = answer(request, &sync, &mailbox)
            if changes.contains(where: { if case .scanned = $0 { true } else { false } }) { break }
        }
        let examined = sync.state.scanned
        #expect(examined.count == 2)
        var (again, _) = begin(mailbox, sync.state)
        while let request = again.next() {
            if case .glances(let uids, _) = request { #expect(uids.intersection(examined).isEmpty) }
            _ = answer(request, &again, &mailbox)
        }
        #expect(again.state.scanComplete)
    }

    /// `n:*` is answered with the last message even when there is none from n on.
    @Test func theLastMessageIsNotTakenForNews() {
        var mailbox = mailbox(3)
        var (sync, _) = begin(mailbox)
        while let request = sync.next() { _ = answer(request, &sync, &mailbox) }
        sync.received(.exists(4))
        let request = sync.next()
        #expect(request == .news(from: UID(4)))
        let changes = request.map { answer($0, &sync, &mailbox) } ?? []
        #expect(changes.isEmpty && sync.state.uidNext == UID(4))
    }

    /// Yahoo, Cyrus: `* VANISHED 1,100005:*`
    @Test func whatNeverWasIsNotCountedOut() {
        var mailbox = mailbox(3)
        var (sync, _) = begin(mailbox, Sessions.scanned(&mailbox))
        #expect(sync.next() == nil)
        let arrived = mailbox.send(4, token: true)
        sync.received(.exists(4))
        mailbox.expunge(1)
        sync.received(.vanished(UIDSet(1).union(UIDSet(from: 100_005)), earlier: false))
        Sessions.work(&sync, &mailbox)
        #expect(sync.state.tracked == UIDSet(UID(arrived)))
    }

    @Test func aLongPartIsReadInPiecesAndNotForEver() {
        var mailbox = mailbox(1, html: String(repeating: "<p>filler</p>\n", count: 100_000))
        var (sync, _) = begin(mailbox)
        while let request = sync.next() { _ = answer(request, &sync, &mailbox) }
        let ranges = mailbox.log.flatMap { command -> [Range<UInt32>] in
            guard case .uidFetch(_, let items, _, _) = command else { return [] }
            return items.compactMap { if case .body(_, let range?) = $0 { range } else { nil } }
        }
        #expect(ranges.first == 0..<SyncLimits.partBytes)
        #expect(ranges.last?.upperBound == SyncLimits.partTotal)
        #expect(ranges.count == 4)
    }

    @Test func oneUnreadableMessageIsSetAsideAlone() {
        var mailbox = mailbox(8)
        mailbox.unreadable = [5]
        var state = FolderState()
        state.chunk = 8
        var (sync, _) = begin(mailbox, state)
        var parked: [UID] = []
        while let request = sync.next() {
            var refusal: Completion?
            for command in request.commands(for: mailbox.capabilities) {
                let answer = mailbox.answer(command)
                answer.untagged.forEach { sync.received($0) }
                if answer.completion.status != .ok { refusal = answer.completion }
            }
            let changes = refusal.map { sync.failed(request, reason: $0.text) } ?? sync.finished(request)
            for case .parked(let uid, _) in changes { parked.append(uid) }
        }
        #expect(parked == [5])
        #expect(sync.state.scanComplete)
    }

    /// The newest are examined first, each alone once larger requests have failed: the mark ends behind all of them.
    @Test(arguments: [[], [4], [6], [4, 6]] as [Set<UInt32>])
    func newsThatAreExaminedOneByOneAreNotNewsAgain(_ unreadable: Set<UInt32>) {
        var mailbox = mailbox(3)
        var state = Sessions.scanned(&mailbox)
        for number in 4...6 { mailbox.send(number, token: true) }
        mailbox.unreadable = unreadable
        state.chunk = 1
        var (sync, _) = begin(mailbox, state)
        let changes = Sessions.work(&sync, &mailbox)
        #expect(sync.state.uidNext == UID(7))
        #expect(sync.state.count == 6)
        #expect(
            Set(changes.compactMap { if case .parked(let uid, _) = $0 { uid.rawValue } else { nil } }) == unreadable)
        let asked = mailbox.log.count
        var (again, _) = begin(mailbox, sync.state)
        Sessions.work(&again, &mailbox)
        #expect(mailbox.log.count == asked)
    }

    /// Of several requests under way nobody can tell whose answer it was that could not be read.
    @Test func whatFailsBesideOthersIsAskedForOnceMoreAlone() {
        var mailbox = mailbox(3)
        var policy = FolderSync.Policy(since: nil) { _ in true }
        policy.chunk = 2
        var sync = FolderSync(state: FolderState(), policy: policy)
        _ = sync.begin(.init(uidValidity: 1, uidNext: 4, highest: nil, exists: 3))
        if let search = sync.next() { _ = answer(search, &sync, &mailbox) }
        let requests = [sync.next(), sync.next()].compactMap { $0 }
        #expect(requests.map { $0.uids?.description } == ["2:3", "1"])
        var changes = requests.flatMap { sync.failed($0, reason: "unreadable") }
        var asked: [UIDSet] = []
        while let request = sync.next() {
            if case .glances(let uids, _) = request { asked.append(uids) }
            changes += answer(request, &sync, &mailbox)
        }
        #expect(asked.reduce(UIDSet()) { $0.union($1) }.description == "1:3")
        #expect(!changes.contains { if case .parked = $0 { true } else { false } })
    }

    /// Flags that were asked for beside news are asked for once more, alone, and not for ever.
    @Test func aReviewThatFailsBesideOthersIsAskedForOnceMoreAlone() {
        var mailbox = MailboxModel()
        mailbox.capabilities = Capabilities([.esearch])
        mailbox.send(1, token: true)
        let state = Sessions.scanned(&mailbox)
        mailbox.append("Subject: plain\n\nplain\n")
        var (sync, _) = begin(mailbox, state)
        let requests = [sync.next(), sync.next()]
        #expect(requests == [.review(UIDSet(1)), .news(from: 2)])
        _ = sync.failed(.review(UIDSet(1)), reason: "unreadable")
        _ = answer(.news(from: 2), &sync, &mailbox)
        #expect(sync.next() == .review(UIDSet(1)))
        #expect(sync.next() == nil)
        _ = sync.failed(.review(UIDSet(1)), reason: "refused")
        #expect(sync.next() == nil)
    }

    @Test(arguments: [(0.0, "31-Dec-1969"), (1_790_000_000, "20-Sep-2026"), (951_868_800, "29-Feb-2000")])
    func theSearchBeginsADayEarly(_ since: Double, _ day: String) {
        var (sync, _) = begin(mailbox(1), since: Date(timeIntervalSince1970: since))
        guard case .search(_, let found?) = sync.next() else {
            Issue.record("no search")
            return
        }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        #expect("\(found.day)-\(months[found.month - 1])-\(found.year)" == day)
    }
}
