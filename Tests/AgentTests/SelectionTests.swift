import IMAP
import SentSync
import Testing

@testable import Agent

struct SelectionTests {
    /// A server may tell of a new message in the same packet as the answer to SELECT (chatmail/core issue 4926).
    @Test func anEXISTSBehindTheFirstIsNews() {
        var seen = Selection.Collected()
        for untagged: Untagged in [
            .flags([]), .exists(4), .condition(Completion(.ok, ResponseText(code: .uidNext(5)))),
            .condition(Completion(.ok, ResponseText(code: .uidValidity(7)))), .exists(5), .expunge(1),
        ] { seen.add(untagged) }
        #expect(seen.selected == .init(uidValidity: 7, uidNext: 5, highest: nil, exists: 4))
        #expect(seen.news == [.exists(5), .expunge(1)])
        var sync = FolderSync(
            state: FolderState(uidValidity: 7, uidNext: 5, scanComplete: true), policy: .init(since: nil) { _ in false }
        )
        _ = sync.begin(seen.selected)
        seen.news.forEach { sync.received($0) }
        #expect(sync.next() == .news(from: 5))
    }

    static let refusals: [(permanent: Set<Flag>?, assumes: Bool, isRefused: Bool)] = [
        ([.any], false, false), ([.seen, Flag(spelling: "OPENED")], false, false), ([.seen], true, true),
        // RFC 9051 7.1: nothing said means that all flags are permanent; Exchange and others keep none all the same.
        (nil, true, false), (nil, false, true),
    ]

    @Test(arguments: refusals)
    func aKeywordIsRefusedByWhatTheServerSaysOrByWhichOneItIs(
        _ permanent: Set<Flag>?, _ assumes: Bool, _ isRefused: Bool
    ) {
        let selection = Selection(
            selected: .init(uidValidity: 1, uidNext: 1, highest: nil, exists: 0), permanentFlags: permanent,
            isReadOnly: false, assumesKeywords: assumes, news: [])
        #expect((selection.refusal(of: Flag(spelling: "opened")) != nil) == isRefused)
    }
}
