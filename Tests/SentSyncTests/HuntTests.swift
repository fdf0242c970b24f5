import FoundationEssentials
import IMAP
import MailboxModel
import SentSync
import Testing

/// Messages that have gone from Sent, looked for in another folder.
struct HuntTests {
    private static let day: Int64 = 86_400
    private static let sent: Int64 = 1_790_000_000

    private static func archive() -> MailboxModel {
        var mailbox = MailboxModel()
        for number in 1...200 { mailbox.send(1000 + number, at: sent + Int64(number - 100) * day) }
        return mailbox
    }

    private func visit(
        _ mailbox: inout MailboxModel, _ state: FolderState = FolderState(), hunting ids: [String] = [],
        searchesText: Bool = true
    ) -> (changes: [Change], state: FolderState) {
        var policy = Sessions.policy()
        policy.isVisit = true
        policy.searchesText = searchesText
        var sync = FolderSync(state: state, policy: policy)
        var changes = sync.begin(Sessions.selected(mailbox))
        if !ids.isEmpty {
            sync.hunt(ids.map { Quarry(messageID: $0, sentAt: Date(timeIntervalSince1970: Double(Self.sent))) })
        }
        changes += Sessions.work(&sync, &mailbox)
        return (changes, sync.state)
    }

    @Test func aMessageIsFoundByItsName() {
        var mailbox = Self.archive()
        let uid = mailbox.send(7, token: true)
        let (changes, state) = visit(&mailbox, hunting: ["7@example.net", "8@example.net"])
        #expect(changes.messages.map(\.uid) == [UID(uid)])
        #expect(changes.messages.first?.tokens.isEmpty == true)
        #expect(state.tracked.description == "\(uid)")
        #expect(mailbox.bodiesRead == 0)
    }

    /// A search that finds nothing is no proof.
    @Test(arguments: [true, false])
    func whatASearchForTheNameDoesNotFindIsLookedForByItsDay(_ mayBeAsked: Bool) {
        var mailbox = Self.archive()
        mailbox.searchesText = false
        let uid = mailbox.send(7, token: true, at: Self.sent + Self.day)
        let (changes, _) = visit(&mailbox, hunting: ["7@example.net"], searchesText: mayBeAsked)
        #expect(changes.messages.map(\.uid) == [UID(uid)])
        let named = mailbox.log.contains { "\($0)".contains("header(") }
        #expect(named == mayBeAsked)
        let glanced = mailbox.log.compactMap { command -> Int? in
            if case .uidFetch(let uids, _, _, _) = command { uids.count } else { nil }
        }
        #expect((glanced.max() ?? 0) < 10, "those of a few days")
    }

    @Test func nothingElseIsAskedOfAFolderThatIsVisited() {
        var mailbox = Self.archive()
        mailbox.send(7, token: true)
        #expect(visit(&mailbox).changes.messages.isEmpty)
        #expect(mailbox.log.isEmpty)
    }

    @Test func copiesThatAreKnownThereAreKeptInStep() {
        var mailbox = Self.archive()
        let uid = mailbox.send(7, token: true)
        let (_, state) = visit(&mailbox, hunting: ["7@example.net"])
        mailbox.setFlag("Work", true, of: uid)
        mailbox.send(8, token: true)
        let (changes, after) = visit(&mailbox, state)
        #expect(changes.contains { $0 == .flags(UID(uid), [Flag(spelling: "Work")]) })
        #expect(changes.messages.isEmpty)
        mailbox.expunge(uid)
        #expect(visit(&mailbox, after).changes.vanished == "\(uid)")
    }

    @Test func anotherUIDValidityThereForgetsThemAndScansNothing() {
        var mailbox = Self.archive()
        mailbox.send(7, token: true)
        let (_, state) = visit(&mailbox, hunting: ["7@example.net"])
        let asked = mailbox.log.count
        mailbox.renumber()
        let (changes, after) = visit(&mailbox, state)
        #expect(changes.isReset && after.scanComplete && after.tracked.isEmpty)
        #expect(mailbox.log.count == asked)
    }

    @Test func aFailedSearchByNameIsNotRepeated() throws {
        var policy = Sessions.policy()
        policy.isVisit = true
        var mailbox = Self.archive()
        var sync = FolderSync(state: FolderState(), policy: policy)
        _ = sync.begin(Sessions.selected(mailbox))
        sync.hunt((1...30).map { Quarry(messageID: "\($0)@example.net", sentAt: Date(timeIntervalSince1970: 1.79e9)) })
        let first = sync.next()
        _ = sync.failed(try #require(first), reason: "NO [UNAVAILABLE]")
        Sessions.work(&sync, &mailbox)
        #expect(!mailbox.log.contains { "\($0)".contains("header(") })
        #expect(mailbox.log.count { $0.name == "UID SEARCH" } == 1)
    }
}

/// Mail that a provider tells of, in the folder that is watched: nothing in it shows that it is tracked.
struct SeekingTests {
    private func session(_ mailbox: MailboxModel, _ state: FolderState, searchesText: Bool = true) -> FolderSync {
        var policy = Sessions.policy()
        policy.searchesText = searchesText
        var sync = FolderSync(state: state, policy: policy)
        _ = sync.begin(Sessions.selected(mailbox))
        return sync
    }

    @Test(arguments: [true, false])
    func isFoundLongAfterItWasPassedOver(_ searchesText: Bool) {
        var mailbox = MailboxModel()
        let day: Int64 = 86_400
        for number in 1...100 {
            _ = mailbox.append(
                "Message-ID: <Offer.\(number)@Example.net>\nSubject: \(number)\nContent-Type: text/html\n\n<p>Hi\n",
                at: 1_790_000_000 + Int64(number) * day)
        }
        let state = Sessions.scanned(&mailbox)
        #expect(state.tracked.isEmpty && state.scanComplete)
        var sync = session(mailbox, state, searchesText: searchesText)
        Sessions.work(&sync, &mailbox)
        sync.awaited = ["awaited@example.net"]
        sync.told = ["offer.7@example.net", "elsewhere@example.net"]
        #expect(sync.canSeek)
        let opened = Date(timeIntervalSince1970: 1_790_000_000 + 7 * 86_400)
        sync.seek(sync.told.map { Quarry(messageID: $0, sentAt: searchesText ? nil : opened) })
        #expect(!sync.canSeek)
        let read = mailbox.bodiesRead
        let changes = Sessions.work(&sync, &mailbox)
        #expect(changes.messages.map(\.messageID) == ["Offer.7@Example.net"])
        #expect(changes.messages.first?.tokens.isEmpty == true && mailbox.bodiesRead - read <= 8)
        sync.endHunt()
        #expect(sync.canSeek && sync.awaited == ["awaited@example.net"])
    }

    /// What is told of before it is filed.
    @Test func isKnownWhenItComes() {
        var mailbox = MailboxModel()
        mailbox.send(1)
        let state = Sessions.scanned(&mailbox)
        var sync = session(mailbox, state)
        sync.told = ["2@example.net"]
        mailbox.send(2)
        mailbox.send(3)
        sync.received(.exists(mailbox.exists))
        #expect(Sessions.work(&sync, &mailbox).messages.map(\.messageID) == ["2@example.net"])
    }

    /// The scan would take the answer to a search for its own.
    @Test func waitsForTheEndOfTheScan() {
        var mailbox = MailboxModel()
        for number in 1...30 { mailbox.send(number) }
        var sync = session(mailbox, FolderState())
        #expect(!sync.canSeek)
        sync.told = ["7@example.net"]
        #expect(Sessions.work(&sync, &mailbox).messages.map(\.messageID) == ["7@example.net"])
        #expect(sync.canSeek)
    }
}
