import IMAP
import MailboxModel
import Testing

@testable import SentSync

/// What a session asks that finds a folder it knows: no more than what has changed calls for.
struct ResumingTests {
    /// A server that resynchronises, one that numbers changes, and one that does neither.
    enum Server: String, Sendable, CaseIterable {
        case qresync
        case condstore
        case plain
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout MailboxModel) -> Void
        let asked: [Server: [String]]
        /// UIDs of tracked messages in the end.
        let tracked: String
    }

    private static let review = "UID FETCH 1:9 (UID FLAGS)"

    static let cases: [Case] = [
        Case(
            testDescription: "nothing", change: { _ in },
            asked: [.qresync: [], .condstore: [], .plain: [review]], tracked: "1:9"),
        Case(
            testDescription: "flags", change: { for uid in 1...5 { $0.setFlag("Work", true, of: UInt32(uid)) } },
            asked: [.qresync: [], .condstore: ["UID FETCH 1:9 (UID FLAGS) (CHANGEDSINCE 10)"], .plain: [review]],
            tracked: "1:9"),
        Case(
            testDescription: "a message is gone", change: { $0.expunge(4) },
            asked: [
                .qresync: [],
                .condstore: [
                    "UID FETCH 1:9 (UID FLAGS) (CHANGEDSINCE 10)", "UID SEARCH RETURN (ALL) UID 1:9",
                ], .plain: [review],
            ], tracked: "1:3,5:9"),
        Case(
            testDescription: "one gone, one arrived: the number is the same",
            change: {
                $0.expunge(4)
                $0.append(plain)
            },
            asked: [
                .qresync: [news],
                .condstore: [
                    "UID FETCH 1:9 (UID FLAGS) (CHANGEDSINCE 10)", news, "UID SEARCH RETURN (ALL) UID 1:9",
                ], .plain: [review, news],
            ], tracked: "1:3,5:9"),
        Case(
            testDescription: "one arrived", change: { $0.append(plain) },
            asked: [
                .qresync: [news], .condstore: ["UID FETCH 1:9 (UID FLAGS) (CHANGEDSINCE 10)", news],
                .plain: [review, news],
            ], tracked: "1:9"),
    ]

    private static let plain = "Subject: plain\n\nplain\n"
    private static let news = "UID FETCH 10:* …"

    @Test(arguments: ResumingTests.cases, Server.allCases)
    func asksOnlyWhatItHasTo(_ example: Case, _ server: Server) {
        var mailbox = Self.mailbox(server)
        let before = Self.session(FolderState(), &mailbox)
        #expect(before.state.tracked.description == "1:9")
        example.change(&mailbox)
        let seen = mailbox.log.count
        let after = Self.session(before.state, &mailbox)
        #expect(mailbox.log.dropFirst(seen).map(Self.text) == example.asked[server])
        #expect(after.state.tracked.description == example.tracked)
        let settled = mailbox.log.count
        _ = Self.session(after.state, &mailbox)
        #expect(mailbox.log.dropFirst(settled).map(Self.text) == (server == .plain ? [review(after)] : []))
    }

    private func review(_ sync: FolderSync) -> String { "UID FETCH \(sync.state.tracked) (UID FLAGS)" }

    /// EXPUNGE names no UID: who is left is asked, and the next session knows the number.
    @Test func whatLeavesDuringASessionIsFound() {
        var mailbox = Self.mailbox(.condstore)
        var sync = Self.session(FolderState(), &mailbox)
        mailbox.expunge(3)
        sync.received(.expunge(3))
        #expect(sync.hasNews)
        Self.work(&sync, &mailbox)
        #expect(sync.state.tracked.description == "1:2,4:9")
        #expect(sync.state.count == 8)
    }

    /// An answer that is OK and says nothing is no proof that all are gone.
    @Test func aSilentAnswerTakesNothingAway() throws {
        var mailbox = Self.mailbox(.condstore)
        var sync = Self.session(FolderState(), &mailbox)
        sync.received(.expunge(3))
        let next = sync.next()
        let request = try #require(next)
        _ = sync.finished(request)
        #expect(sync.state.tracked.description == "1:9")
    }

    /// While a review is under way a STORE is read back, and what the server says to that is not the review's.
    @Test func aReviewTakesNothingFromWhatWasReadBack() throws {
        var mailbox = Self.mailbox(.plain, count: 2)
        var sync = Self.session(FolderState(), &mailbox)
        sync.received(.fetch(Self.flags(nil, [.flagged])))
        let next = sync.next()
        let review = try #require(next)
        // The first was told of before the STORE, the second only by the answer to it.
        sync.received(.fetch(Self.flags(1, [])))
        let written = Set([Flag(spelling: "opened")])
        sync.readBack([1: written, 2: written])
        #expect(sync.finished(review) == [.flags(1, written), .flags(2, written)])
        #expect(sync.state.tracked.description == "1:2")
    }

    private static func flags(_ uid: UID?, _ flags: [Flag]) -> FetchData {
        var data = FetchData(sequence: 1)
        data.uid = uid
        data.flags = flags
        return data
    }

    /// RFC 7162 lets a server name what we never had, and ranges without an end.
    @Test func aVanishedRangeWithoutEndIsNoLoop() {
        var mailbox = Self.mailbox(.qresync)
        var sync = Self.session(FolderState(), &mailbox)
        sync.received(.vanished(UIDSet(from: 5), earlier: true))
        #expect(sync.drainNews() == [.vanished(UIDSet(5...9))])
        #expect(sync.state.tracked.description == "1:4")
    }

    /// What CHANGEDSINCE is refused for is read as from a server without it.
    @Test func changesThatCannotBeAskedForAreReviewed() throws {
        var mailbox = Self.mailbox(.condstore)
        let state = Self.session(FolderState(), &mailbox).state
        mailbox.setFlag("Work", true, of: 1)
        var sync = FolderSync(state: state, policy: .init(since: nil) { _ in true })
        _ = sync.begin(Self.selected(mailbox))
        let next = sync.next()
        let request = try #require(next)
        #expect(Self.name(request) == "changes")
        _ = sync.failed(request, reason: "BAD")
        #expect(sync.next().map(Self.name) == "review")
    }

    @Test func severalChunksAreUnderWayAtOnce() {
        let mailbox = Self.mailbox(.condstore, count: 1200)
        var sync = FolderSync(state: FolderState(), policy: .init(since: nil) { _ in true })
        _ = sync.begin(Self.selected(mailbox))
        var copy = mailbox
        let search = sync.next()
        if let search { _ = Self.answer(search, &sync, &copy) }
        let requests = [sync.next(), sync.next(), sync.next(), sync.next()]
        #expect(requests.map { $0?.uids?.description } == ["701:1200", "201:700", "1:200", nil])
    }
}

extension ResumingTests {
    /// Every message carries a token that counts as ours.
    private static func mailbox(_ server: Server, count: Int = 9) -> MailboxModel {
        var mailbox = MailboxModel()
        mailbox.capabilities =
            switch server {
            case .qresync: Capabilities([.qresync, .condstore, .esearch])
            case .condstore: Capabilities([.condstore, .esearch])
            case .plain: Capabilities()
            }
        let token = "kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"
        for number in 1...count {
            mailbox.append(
                "Subject: \(number)\nContent-Type: text/html\n\n<img src=\"https://px.example.org/i/\(token).gif\">\n")
        }
        return mailbox
    }

    private static func selected(_ mailbox: MailboxModel) -> FolderSync.Selected {
        .init(
            uidValidity: UIDValidity(mailbox.uidValidity), uidNext: UID(mailbox.uidNext), highest: mailbox.highest,
            exists: mailbox.exists)
    }

    private static func session(_ state: FolderState, _ mailbox: inout MailboxModel) -> FolderSync {
        var sync = FolderSync(state: state, policy: .init(since: nil) { _ in true })
        var selected = selected(mailbox)
        selected.isResynchronised = mailbox.capabilities.contains(.qresync) && state.highest != nil
        _ = sync.begin(selected)
        if selected.isResynchronised, let since = state.highest {
            mailbox.resync(since: since).forEach { sync.received($0) }
        }
        _ = sync.drainNews()
        work(&sync, &mailbox)
        return sync
    }

    private static func work(_ sync: inout FolderSync, _ mailbox: inout MailboxModel) {
        var underway: [SyncRequest] = []
        while true {
            while let request = sync.next() { underway.append(request) }
            if underway.isEmpty { return }
            _ = answer(underway.removeFirst(), &sync, &mailbox)
        }
    }

    private static func answer(
        _ request: SyncRequest, _ sync: inout FolderSync, _ mailbox: inout MailboxModel
    ) -> [Change] {
        for command in request.commands(for: mailbox.capabilities) {
            mailbox.answer(command).untagged.forEach { sync.received($0) }
        }
        return sync.finished(request)
    }

    private static func name(_ request: SyncRequest) -> String { String("\(request)".prefix { $0 != "(" }) }

    /// The command as it is sent; of what is asked of news the end is left out.
    private static func text(_ command: Command) -> String {
        switch command {
        case .uidFetch(let set, let items, let since, _):
            if items.contains(.internalDate) { return "UID FETCH \(set) …" }
            return "UID FETCH \(set) (UID FLAGS)" + (since.map { " (CHANGEDSINCE \($0))" } ?? "")
        case .uidSearch(.uid(let set), let returning):
            return "UID SEARCH" + (returning.isEmpty ? "" : " RETURN (ALL)") + " UID \(set)"
        default: return command.name
        }
    }
}
