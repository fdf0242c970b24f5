import IMAP
import SentSync
import Testing

@testable import Agent

struct SelectionTests {
    /// A server may tell of a new message in the same packet as the answer to SELECT (chatmail/core issue 4926).
    @Test func anEXISTSBehindTheFirstIsNews() {
        var seen = Selection.Collected()
        for untagged: Untagged in [
            .flags([.seen, Flag(spelling: "work")]), .exists(4),
            .condition(Completion(.ok, ResponseText(code: .uidNext(5)))),
            .condition(Completion(.ok, ResponseText(code: .uidValidity(7)))), .exists(5), .expunge(1),
        ] { seen.add(untagged) }
        #expect(seen.selected == .init(uidValidity: 7, uidNext: 5, highest: nil, exists: 4))
        #expect(seen.news == [.exists(5), .expunge(1)])
        #expect(seen.flags == [.seen, Flag(spelling: "work")])
        var sync = FolderSync(
            state: FolderState(uidValidity: 7, uidNext: 5, scanComplete: true), policy: .init(since: nil) { _ in false }
        )
        _ = sync.begin(seen.selected)
        seen.news.forEach { sync.received($0) }
        #expect(sync.next() == .news(from: 5))
    }

    @Test func whatIsToldOfTheMailboxBeforeIsNoAnswer() {
        var seen = Selection.Collected()
        for untagged: Untagged in [
            .exists(9), .flags([Flag(spelling: "other")]), .condition(Completion(.ok, ResponseText(code: .closed))),
            .exists(4), .condition(Completion(.ok, ResponseText(code: .uidNext(5)))),
        ] { seen.add(untagged) }
        #expect(seen.selected == .init(uidValidity: nil, uidNext: 5, highest: nil, exists: 4))
        #expect(seen.news.isEmpty && seen.flags.isEmpty)
    }
}
