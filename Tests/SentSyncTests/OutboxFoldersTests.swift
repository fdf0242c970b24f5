import IMAP
import Testing

@testable import SentSync

/// Where drafts to be sent lie, on servers that name folders in different ways.
@Suite struct OutboxFoldersTests {
    private func folders(
        _ entries: [(String, UInt8?)], sent: String? = nil, named name: String = "Tracked Outbox"
    ) -> OutboxFolders {
        OutboxFolders(
            named: name,
            among: entries.map {
                ListEntry(name: MailboxName($0.0), attributes: $0.0 == sent ? [.sent] : [], delimiter: $0.1)
            })
    }

    private let slash = UInt8(ascii: "/")
    private let dot = UInt8(ascii: ".")

    @Test func allAreMadeWhereThereIsNone() {
        let folders = folders([("INBOX", slash), ("Sent", slash)], sent: "Sent")
        let names = ["Tracked Outbox", "Tracked Outbox/Sending", "Tracked Outbox/Refused", "Tracked Outbox/Not sure"]
        #expect(folders.missing.map(\.display) == names)
        #expect([folders.outbox, folders.sending, folders.refused, folders.notSure] == folders.missing)
    }

    @Test func belowINBOXWhereEverythingIs() {
        let made = folders([("INBOX", dot), ("INBOX.Sent", dot)], sent: "INBOX.Sent")
        #expect(made.outbox.display == "INBOX.Tracked Outbox" && made.sending.display == "INBOX.Tracked Outbox.Sending")
        let known = folders([("INBOX", dot), ("INBOX.Tracked Outbox", dot), ("INBOX.Tracked Outbox.Sending", dot)])
        #expect(known.outbox.display == "INBOX.Tracked Outbox")
        #expect(known.missing.map(\.display) == ["INBOX.Tracked Outbox.Refused", "INBOX.Tracked Outbox.Not sure"])
    }

    @Test func besideEachOtherWithoutAHierarchy() {
        #expect(folders([("INBOX", nil), ("Ausgang", nil)], named: "Ausgang").refused.display == "Ausgang Refused")
    }

    @Test func aNameInAnyScript() {
        let folders = folders([("INBOX", slash)], named: "Postausgang ✓")
        #expect(folders.sending.display == "Postausgang ✓/Sending")
        #expect(folders.sending.wire.allSatisfy { $0 < 128 })
    }
}
