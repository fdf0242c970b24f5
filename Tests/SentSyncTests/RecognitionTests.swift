import IMAP
import MailboxModel
import SentSync
import Testing

/// Messages that need no look into their bodies: their header says enough.
struct RecognitionTests {
    @Test func aTokenInTheHeaderIsFoundWithoutReadingOn() throws {
        var mailbox = MailboxModel()
        mailbox.send(1, header: "X-Sentmark-Token: \(Sessions.token.uppercased()),\n not-a-token\n")
        var sync = FolderSync(state: FolderState(), policy: Sessions.policy())
        _ = sync.begin(Sessions.selected(mailbox))
        let found = try #require(Sessions.work(&sync, &mailbox).messages.first)
        #expect(found.tokens == [FoundToken(text: Sessions.token, kind: .own, quoted: false)])
        #expect(found.messageID == "1@example.net")
        #expect(mailbox.bodiesRead == 0)
        #expect(sync.state.tracked.description == "1")
    }

    /// Anybody can write a header field.
    @Test func aTokenThatIsNotOursInTheHeaderSaysNothing() {
        var mailbox = MailboxModel()
        mailbox.send(1, header: "X-Sentmark-Token: \(Sessions.token)\n")
        var sync = FolderSync(state: FolderState(), policy: .init(since: nil) { _ in false })
        _ = sync.begin(Sessions.selected(mailbox))
        #expect(Sessions.work(&sync, &mailbox).messages.isEmpty)
        #expect(mailbox.bodiesRead == 2, "structure and part")
    }

    static let originals = ["X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"]

    @Test(arguments: [false, true])
    func aMessageThatIsWaitedForIsKnownByItsName(_ isNews: Bool) throws {
        var mailbox = MailboxModel()
        if !isNews { mailbox.send(1) }
        var sync = FolderSync(state: FolderState(), policy: Sessions.policy())
        sync.awaited = ["1@example.net"]
        _ = sync.begin(Sessions.selected(mailbox))
        var changes = Sessions.work(&sync, &mailbox)
        if isNews {
            mailbox.send(1)
            sync.received(.exists(1))
            changes = Sessions.work(&sync, &mailbox)
        }
        let found = try #require(changes.messages.first)
        #expect(found.tokens.isEmpty && found.isTracked && found.isNews == isNews)
        #expect(sync.state.tracked.description == "1")
        #expect(mailbox.bodiesRead == 0)
    }

    /// Sent, and filed, between the request for news and its answer.
    @Test func whatIsWaitedForSinceItWasAskedForIsKnown() throws {
        var mailbox = MailboxModel()
        mailbox.send(1)
        var sync = FolderSync(state: FolderState(), policy: Sessions.policy())
        _ = sync.begin(Sessions.selected(mailbox))
        Sessions.work(&sync, &mailbox)
        mailbox.send(2)
        sync.received(.exists(2))
        let next = sync.next()
        let request = try #require(next)
        #expect(request == .news(from: 2))
        mailbox.send(3)
        for command in request.commands(for: mailbox.capabilities) {
            mailbox.answer(command).untagged.forEach { sync.received($0) }
        }
        let read = mailbox.bodiesRead
        sync.awaited = ["3@example.net"]
        let changes = sync.finished(request) + Sessions.work(&sync, &mailbox)
        #expect(changes.messages.contains { $0.messageID == "3@example.net" && $0.isTracked && $0.tokens.isEmpty })
        #expect(sync.state.tracked.contains(3))
        #expect(mailbox.bodiesRead == read + 2, "structure and part of the other one")
    }

    @Test(arguments: originals)
    func theNameItHadBeforeAServerRenamedItCounts(_ field: String) throws {
        var mailbox = MailboxModel()
        mailbox.send(1, header: "\(field): <first@example.net>\n")
        var sync = FolderSync(state: FolderState(), policy: Sessions.policy())
        sync.awaited = ["first@example.net"]
        _ = sync.begin(Sessions.selected(mailbox))
        let found = try #require(Sessions.work(&sync, &mailbox).messages.first)
        #expect(found.messageID == "1@example.net")
        #expect(found.earlierIDs == ["first@example.net"])
    }

    /// Where nobody is waited for, names are not asked for.
    @Test func namesAreAskedForOnlyIfTheyCanTellSomething() {
        var mailbox = MailboxModel()
        mailbox.send(1)
        var sync = FolderSync(state: FolderState(), policy: Sessions.policy())
        _ = sync.begin(Sessions.selected(mailbox))
        Sessions.work(&sync, &mailbox)
        #expect(!mailbox.log.contains { "\($0)".contains("MESSAGE-ID") })
    }
}
