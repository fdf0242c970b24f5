import IMAP
import MailboxModel
import SentSync
import Testing

/// UIDs that may not be what they were: nothing is believed of them before their messages have been asked their names.
struct DoubtTests {
    private static func mailbox(_ count: Int) -> MailboxModel {
        var mailbox = MailboxModel()
        for number in 1...count { mailbox.send(number, token: true) }
        return mailbox
    }

    private func resume(
        _ state: FolderState, _ mailbox: inout MailboxModel, expecting names: [UID: String]
    ) -> (sync: FolderSync, changes: [Change]) {
        var sync = FolderSync(state: state, policy: Sessions.policy())
        var changes = sync.begin(Sessions.selected(mailbox))
        if sync.isInDoubt {
            #expect(changes.isEmpty)
            sync.expect(names)
        }
        changes += Sessions.work(&sync, &mailbox)
        #expect(!sync.isInDoubt)
        return (sync, changes)
    }

    private func names(_ numbers: ClosedRange<UInt32>) -> [UID: String] {
        Dictionary(uniqueKeysWithValues: numbers.map { (UID($0), "\($0)@example.net") })
    }

    @Test func anotherUIDValidityOverTheSameMessagesIsTaken() {
        var mailbox = Self.mailbox(25)
        let state = Sessions.scanned(&mailbox)
        mailbox.rename()
        mailbox.expunge(3)
        mailbox.send(26, token: true)
        let read = mailbox.bodiesRead
        let (sync, changes) = resume(state, &mailbox, expecting: names(1...25))
        #expect(!changes.isReset)
        #expect(changes.contains(.renamed(uidValidity: UIDValidity(2))))
        #expect(changes.vanished == "3")
        #expect(sync.state.tracked.description == "1:2,4:26")
        #expect(mailbox.bodiesRead == read + 2, "those of the one that arrived")
        let again = resume(sync.state, &mailbox, expecting: [:])
        #expect(again.changes.messages.isEmpty && !again.changes.isReset)
    }

    @Test func aFewThatAreTheSameCouldBeChance() {
        var mailbox = Self.mailbox(5)
        let state = Sessions.scanned(&mailbox)
        mailbox.rename()
        let (sync, changes) = resume(state, &mailbox, expecting: names(1...5))
        #expect(changes.isReset)
        #expect(sync.state.tracked.description == "1:5")
    }

    @Test func oneThatIsAnotherMessageIsEnough() {
        var mailbox = Self.mailbox(25)
        let state = Sessions.scanned(&mailbox)
        mailbox.rename()
        var expected = names(1...25)
        expected[UID(7)] = "somebody@else.example"
        let (_, changes) = resume(state, &mailbox, expecting: expected)
        #expect(changes.isReset)
        #expect(changes.messages.count == 25)
    }

    /// A restored backup: what came after it is gone.
    @Test func numbersThatWentBackAreAnotherPast() {
        var mailbox = Self.mailbox(6)
        let state = Sessions.scanned(&mailbox)
        mailbox.goBack(to: 5, modSeq: 5)
        mailbox.setFlag("Work", true, of: 2)
        let (sync, changes) = resume(state, &mailbox, expecting: names(1...6))
        #expect(!changes.isReset)
        #expect(changes.vanished == "5:6")
        #expect(changes.contains(.flags(UID(2), [Flag(spelling: "Work")])))
        #expect(sync.state.tracked.description == "1:4")
        #expect(sync.state.uidNext == UID(5))
    }

    /// And its UIDs have been given to others since.
    @Test func aUIDThatWasGivenAgainIsNotMistaken() {
        var mailbox = Self.mailbox(6)
        let state = Sessions.scanned(&mailbox)
        mailbox.goBack(to: 5, modSeq: 5)
        mailbox.send(77)
        let (sync, changes) = resume(state, &mailbox, expecting: names(1...6))
        #expect(changes.isReset)
        #expect(sync.state.tracked.description == "1:4", "5 is a message without a token now")
        #expect(sync.state.uidNext == UID(6))
    }

    @Test func theNumberOfTheLastChangeThatWentBackIsNotBelieved() {
        var mailbox = Self.mailbox(6)
        var state = Sessions.scanned(&mailbox)
        state.highest = 1000
        let asked = mailbox.log.count
        let (sync, changes) = resume(state, &mailbox, expecting: names(1...6))
        #expect(!changes.isReset)
        #expect(mailbox.log.count == asked + 2, "names, then flags")
        #expect(sync.state.highest == mailbox.highest)
    }

    @Test func noFlagsAreBelievedMeanwhile() throws {
        var mailbox = Self.mailbox(6)
        let state = Sessions.scanned(&mailbox)
        mailbox.goBack(to: 6, modSeq: 5)
        var sync = FolderSync(state: state, policy: Sessions.policy())
        _ = sync.begin(Sessions.selected(mailbox))
        var told = FetchData(sequence: 2)
        told.uid = UID(2)
        told.flags = [Flag(spelling: "Other")]
        sync.received(.fetch(told))
        #expect(sync.drainNews().isEmpty)
        #expect(sync.next() == .identities(UIDSet(1...6)))
        #expect(sync.next() == nil, "nothing else is asked")
    }

    @Test func whatCannotBeAskedIsReadAgain() throws {
        var mailbox = Self.mailbox(6)
        let state = Sessions.scanned(&mailbox)
        mailbox.goBack(to: 6, modSeq: 5)
        var sync = FolderSync(state: state, policy: Sessions.policy())
        _ = sync.begin(Sessions.selected(mailbox))
        let next = sync.next()
        let request = try #require(next)
        #expect(sync.failed(request, reason: "BAD").isReset)
        #expect(!sync.isInDoubt)
    }

    /// RFC 9051 2.3.1.1: without UIDVALIDITY, no UID outlives its session.
    @Test func aServerWithoutUIDValidityIsAskedEachTime() {
        var mailbox = Self.mailbox(3)
        let state = Sessions.scanned(&mailbox)
        var selected = Sessions.selected(mailbox)
        selected.uidValidity = nil
        var sync = FolderSync(state: state, policy: Sessions.policy())
        #expect(sync.begin(selected).isEmpty && sync.isInDoubt)
        sync.expect(names(1...3))
        #expect(!Sessions.work(&sync, &mailbox).isReset)
        #expect(sync.state.tracked.description == "1:3")
    }
}
