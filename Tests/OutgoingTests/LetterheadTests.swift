import Foundation
import MIME
import Testing

@testable import Outgoing

@Suite struct LetterheadTests {
    private static let crlf: [UInt8] = [0x0d, 0x0a]

    private func completed(_ text: String, name: String? = nil) throws -> String {
        let facts = Letterhead.Facts(
            sender: try #require(EnvelopeAddress("me@example.org")), fullName: name,
            now: Date(timeIntervalSince1970: 1_795_666_751), random: 36 * 36)
        let mail = Array(text.utf8)
        let edits = Letterhead.edits(for: HeaderFields(parsing: mail), facts, lineEnd: Self.crlf)
        return String(decoding: MessageEdit.apply(edits, to: mail), as: UTF8.self)
    }

    @Test func completesWhatAMailMustHave() throws {
        #expect(
            try completed("To: a@b\r\n\r\nHello\r\n") == """
                From: me@example.org\r
                Date: Thu, 26 Nov 2026 04:19:11 +0000\r
                Message-ID: <1795666751.100@example.org>\r
                To: a@b\r
                \r
                Hello\r

                """)
    }

    @Test func leavesWhatIsThere() throws {
        let mail = "from: x@y\r\nDATE: today\r\nMessage-Id: <1>\r\n\r\nHello\r\n"
        #expect(try completed(mail) == mail)
    }

    @Test func takesBccOut() throws {
        let rest = "From: x@y\r\nDate: d\r\nMessage-ID: <1>\r\nTo: a@b\r\n"
        #expect(
            try completed("Bcc: c@d,\r\n e@f\r\n\(rest)Bcc: g@h\r\n\r\nBcc: in the text\r\n")
                == "\(rest)\r\nBcc: in the text\r\n")
    }

    @Test(arguments: [
        ("Ann", "From: \"Ann\" <me@example.org>\r\n"),
        ("A \"B\" \\C", "From: \"A \\\"B\\\" \\\\C\" <me@example.org>\r\n"),
        ("Jürgen", "From: =?UTF-8?B?SsO8cmdlbg==?= <me@example.org>\r\n"),
        ("é\r\nBcc: x@y", "From: =?UTF-8?B?w6lCY2M6IHhAeQ==?= <me@example.org>\r\n"),
        ("", "From: me@example.org\r\n"),
    ])
    func writesTheSender(_ name: String, _ field: String) throws {
        #expect(try completed("To: a@b\r\n\r\n", name: name).hasPrefix(field))
    }

    @Test func aNameCannotBringAnotherField() throws {
        let mail = try completed("To: a@b\r\n\r\n", name: "A\r\nBcc: x@y")
        #expect(HeaderFields(parsing: Array(mail.utf8)).ranges("bcc").isEmpty)
    }

    @Test func namesEveryRecipientOnce() {
        let header = HeaderFields(
            parsing: Array("To: A <a@b>, c@d\r\nCc: team: e@f, A@B;\r\nBcc: g@h\r\nReply-To: z@z\r\n\r\n".utf8))
        #expect(Letterhead.recipients(in: header) == ["a@b", "c@d", "e@f", "g@h"])
    }
}

@Suite struct ProviderIDTests {
    @Test(
        arguments: [
            (
                "2.0.0 OK <AM0PR01MB1.eurprd01.prod.exchangelabs.com@x.prod.outlook.com> [Hostname=AM0PR01MB1]",
                "smtp.office365.com", "AM0PR01MB1.eurprd01.prod.exchangelabs.com@x.prod.outlook.com"
            ),
            ("Ok 0102019a-000000", "email-smtp.eu-west-1.amazonaws.com", "0102019a-000000@eu-west-1.amazonses.com"),
            ("Ok 0100019a-000000", "email-smtp.us-east-1.amazonaws.com", "0100019a-000000@email.amazonses.com"),
            (
                "2.0.0 Ok: 927E56D4-dc66-4070-bbf0-1db76c2ae14b", "smtp.postmarkapp.com",
                "927e56d4-dc66-4070-bbf0-1db76c2ae14b@mtasv.net"
            ),
            ("2.0.0 Ok: queued as 927e56d4dc664070bbf01db76c2ae14b", "smtp.postmarkapp.com", nil),
            ("2.0.0 OK  1732600000 abc - gsmtp", "smtp.gmail.com", nil),
            ("2.0.0 Ok: queued as 4F1", "smtp.example.org", nil),
            ("Ok 1", "evilamazonaws.com", nil),
            ("2.0.0 OK <no-at-sign>", "smtp.office365.com", nil),
            ("2.0.0 OK <a b@c>", "smtp.office365.com", nil),
        ] as [(String, String, String?)])
    func isReadWhereAProviderTellsIt(_ reply: String, _ host: String, _ id: String?) {
        #expect(ProviderID.find(in: reply, from: host) == id)
    }
}
