import Foundation
import MIME
import Testing

@testable import Outgoing

/// What a draft becomes before it is sent.
@Suite struct OutboxMailTests {
    private static let own = ["me@example.org", "other@example.net"].compactMap { EnvelopeAddress($0) }
    private static let date = Date(timeIntervalSince1970: 1_790_000_000)

    private func mail(_ draft: String) throws(OutboxRefusal) -> OutboxMail {
        try OutboxMail(
            draft: Array(draft.utf8), own: Self.own, date: Self.date, messageID: "new@example.org")
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func keepsWhatTheUserWroteAndTakesOutWhatIsForPrograms() throws {
        let mail = try mail(
            """
            X-Mozilla-Status: 0001
            X-Mozilla-Draft-Info: internal/draft; vcard=0;
             receipt=0
            FCC: imap://me@imap.example.org/Sent
            X-Identity-Key: id1
            X-Account-Key: account1
            X-KMail-Transport: 17
            From: Me <me@example.org>
            To: "A, B" <a@far.example>, b@far.example
            Cc: A <a@far.example>
            Bcc: hidden@far.example,
             more@far.example
            Date: Mon, 21 Sep 2026 10:00:00 +0200
            Message-ID: <own@example.org>
            X-Custom: kept
            Subject: Hello

            Good day
            .

            """.replacing("\n", with: "\r\n"))
        #expect(
            text(mail.sent)
                == """
                From: Me <me@example.org>
                To: "A, B" <a@far.example>, b@far.example
                Cc: A <a@far.example>
                Date: Mon, 21 Sep 2026 10:00:00 +0200
                Message-ID: <own@example.org>
                X-Custom: kept
                Subject: Hello

                Good day
                .

                """.replacing("\n", with: "\r\n"))
        #expect(
            text(mail.filed)
                == text(mail.sent).replacing(
                    "Date:", with: "Bcc: hidden@far.example,\r\n more@far.example\r\nDate:"))
        #expect(
            mail.recipients.map(\.text) == ["a@far.example", "b@far.example", "hidden@far.example", "more@far.example"])
        #expect(mail.sender.text == "me@example.org" && mail.messageID == "own@example.org")
        #expect(!mail.isEightBit && !mail.isUTF8)
    }

    @Test func addsWhatIsMissing() throws {
        let mail = try mail("From: other+x@example.net\nMessage-ID:\nTo: a@far.example\n\nText\n")
        #expect(
            text(mail.sent)
                == "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\nMessage-ID: <new@example.org>\r\n"
                + "From: other+x@example.net\r\nTo: a@far.example\r\n\r\nText\r\n")
        #expect(mail.messageID == "new@example.org" && mail.sender.text == "other+x@example.net")
        #expect(
            OutboxMail.newMessageID(for: Array("From: x@Example.COM\r\n\r\n".utf8), random: "1f") == "1f@example.com")
    }

    @Test(arguments: ["a\nb\r\nc\r", "a\rb\nc\n", "a\r\nb\r\nc\r\n"])
    func endsLinesAsSMTPDoes(_ body: String) throws {
        let mail = try mail("From: me@example.org\nTo: a@far.example\n\n" + body)
        #expect(text(mail.sent).hasSuffix("To: a@far.example\r\n\r\na\r\nb\r\nc\r\n"))
    }

    @Test(arguments: [
        ("To: a@far.example\nSubject: x\n\nä", true, false), ("To: a@far.example\nSubject: ä\n\nx", true, true),
        ("To: ä@far.example\n\nx", true, true), ("To: a@far.example\n\nx", false, false),
    ])
    func saysWhatTheProviderHasToBear(_ rest: String, isEightBit: Bool, isUTF8: Bool) throws {
        let mail = try mail("From: me@example.org\n" + rest)
        #expect(mail.isEightBit == isEightBit && mail.isUTF8 == isUTF8)
    }

    static let refusals: [(String, OutboxRefusal)] = [
        ("From: me@example.org\nSubject: x\n\nx", .noRecipient),
        ("From: me@example.org\nTo: undisclosed-recipients:;\n\nx", .noRecipient),
        ("From: me@example.org\nTo: Ann\n\nx", .badRecipient("Ann")),
        ("From: me@example.org\nTo: a@far.example, b@\n\nx", .badRecipient("b@")),
        ("To: a@far.example\n\nx", .noSender),
        ("From: me@example.org, other@example.net\nTo: a@far.example\n\nx", .severalSenders),
        ("From: you@example.org\nTo: a@far.example\n\nx", .foreignSender("you@example.org")),
        ("From: me@example.org\nFrom: me@example.org\nTo: a@far.example\n\nx", .malformedHeader),
        ("From: me@example.org\nno field\nTo: a@far.example\n\nx", .malformedHeader),
        ("Received: from a by b\nFrom: me@example.org\nTo: a@far.example\n\nx", .received),
        ("From: me@example.org\nResent-To: b@far.example\nTo: a@far.example\n\nx", .resent),
        ("From: me@example.org\nTo: a@far.example\n\n\0", .nul),
        (
            "From: me@example.org\nTo: \((0...500).map { "a\($0)@far.example" }.joined(separator: ",\n "))\n\nx",
            .tooManyRecipients
        ),
    ]

    @Test(arguments: refusals)
    func refusesWhatCannotBeSent(_ draft: String, _ refusal: OutboxRefusal) {
        #expect(throws: refusal) { try mail(draft) }
        #expect(!refusal.explanation.isEmpty && !refusal.explanation.contains("\n"))
    }

    /// A draft cut anywhere is sent or refused, and never crashes.
    @Test func bearsADraftThatEndsAnywhere() {
        let draft =
            "From: \"Me (x\" <me@example.org>\nTo: g: a@far.example, <b@far.example>;\nBcc: c@[1.2.3.4]\n\nText\r\n"
        for end in draft.indices { _ = try? mail(String(draft[..<end])) }
    }

    @Test func aNoticeSaysWhatHappenedAndWhatToDo() throws {
        let notice = OutboxNotice.message(
            .refused, reason: "the provider refused it: 550 no",
            draft: Array("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n".utf8),
            folder: "Tracked Outbox/Refused", outbox: "Tracked Outbox", to: Self.own[0], messageID: "n@x",
            date: Self.date)
        let header = HeaderFields(parsing: notice)
        #expect(header.subject == "Not sent: “Grüße”" && header.messageID == "n@x" && header.date == Self.date)
        #expect(header.isWellFormed && header.value("auto-submitted").map(text) == "auto-generated")
        let body = try #require(LeafText(notice, body: header.bodyStart..<notice.count, encoding: .base64))
        #expect(text(body.content).contains("NOT sent: the provider refused it: 550 no."))
        #expect(text(body.content).contains("“Tracked Outbox/Refused”"))
        #expect(notice.allSatisfy { $0 < 128 })
    }
}
