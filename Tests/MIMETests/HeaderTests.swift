import Foundation
import Testing

@testable import MIME

extension HeaderFields {
    init(_ text: String, limits: HeaderLimits = .standard) { self.init(parsing: text.utf8, limits: limits) }
}

let unlimited = HeaderLimits(bytes: 1 << 30, fields: 1 << 30, valueBytes: 1 << 30, addresses: 1 << 30)

struct HeaderFieldsTests {
    @Test(arguments: [
        ("Subject: a\r\nX: b\r\n\r\n", "a"), ("subject: a\n\nSubject: body", "a"), ("SUBJECT:a", "a"),
        ("Subject : a\r\n", "a"), ("Subject:\r\n a\r\n\tb\r\n", "a b"), ("Subject: a\r\n\r\n b", "a"),
        ("no field\r\n folded\r\nSubject: a\r\n", "a"), (": x\r\nSubject: a\r\n", "a"),
        ("Subject: a\r\nb\r\n c\r\n", "a"),
        ("Subject: a\r\n \r\n b\r\n", "a  b"), ("Sub ject: b\r\nSubject: a\r\n", "a"),
        ("Subject: a\r\nSubject: b\r\n", "a"),
        (" folded nothing\r\nSubject: a\r\n", "a"), ("Subject: \u{fc} a\r\n", "\u{fc} a"), ("Subject:", ""),
    ])
    func readsTheFirstOfAName(_ block: String, _ expected: String) {
        #expect(HeaderFields(block).subject == expected)
    }

    @Test(arguments: ["", "\r\n", "\n", "\r\n\r\nSubject: a", "Subject", "Subject\r\n: a", "Sübject: a"])
    func findsNoField(_ block: String) { #expect(HeaderFields(block).subject == nil) }

    @Test(arguments: [("A: b\r\n\r\nbody", 8), ("A: b\n\nbody", 6), ("A: b", 4), ("\r\nbody", 2), ("", 0)])
    func knowsWhereTheBodyBegins(_ message: String, _ expected: Int) {
        #expect(HeaderFields(message).bodyStart == expected)
    }

    @Test func keepsWithinItsLimits() {
        let limits = HeaderLimits(bytes: 100, fields: 3, valueBytes: 5, addresses: 2)
        let fields = HeaderFields("A: 1234567\r\nB: 2\r\nTo: a@b,c@d,e@f\r\nC: 3\r\n\r\n", limits: limits)
        #expect(fields.count == 3)
        #expect(fields.isTruncated)
        #expect(fields.value("a") == Array("1234".utf8))
        #expect(fields.addresses("to").map(\.address) == ["a@b"])
        #expect(HeaderFields("A: " + String(repeating: "x", count: 200), limits: limits).isTruncated)
        #expect(!HeaderFields("A: 1\r\n\r\n", limits: limits).isTruncated)
    }

    /// What took a server minutes (CVE-2024-23184) takes a time in proportion to its length.
    @Test func survivesHeaderBombs() {
        let many = String(repeating: "X-A: b\r\n", count: 500_000) + "Message-ID: <x@y>\r\n\r\n"
        #expect(HeaderFields(many).isTruncated)
        #expect(HeaderFields(many, limits: unlimited).messageID == "x@y")
        let long = "Subject: " + String(repeating: "word ", count: 200_000) + "\r\nMessage-ID: <x@y>\r\n\r\n"
        #expect(HeaderFields(long).messageID == "x@y")
        #expect(HeaderFields(long).subject?.utf8.count == HeaderLimits.standard.valueBytes - 1)
        let folded = "Subject: a" + String(repeating: "\r\n b", count: 300_000) + "\r\n\r\n"
        #expect(HeaderFields(folded, limits: unlimited).subject?.utf8.count == 600_001)
        for piece in ["=?", "=?u?q?", "=?u?b?", "=?u?q?x ", "=?utf-8?q?=61?= ", "?="] {
            #expect(HeaderFields("Subject: " + String(repeating: piece, count: 100_000)).subject != nil)
        }
        for piece in ["(", ")", "\"", "<", ">", ":", "@:", ",", "\\", "(\"<", "a:;"] {
            let value = String(repeating: piece, count: 60_000)
            _ = HeaderFields("To: a@b\(value)", limits: unlimited).addresses("to")
            _ = HeaderFields("Content-Type: text/html\(value)", limits: unlimited).contentType
            _ = HeaderFields("Date: \(value)", limits: unlimited).date
            _ = HeaderFields("References: \(value)", limits: unlimited).repliesTo
        }
        let parameters = (0..<50_000).map { "; x*\($0)=a" }.joined()
        #expect(HeaderFields("Content-Type: text/html\(parameters)", limits: unlimited).contentType.isHTML)
    }

    @Test(arguments: [
        ("Message-ID: <a@b>", "a@b"), ("Message-Id:\r\n <a@b>\r\n", "a@b"), ("message-id: a@b", "a@b"),
        ("Message-ID: <a @\tb>", "a@b"), ("Message-ID: <a@b", "a@b"), ("Message-ID: x <a@b> (y)", "a@b"),
        ("Message-ID: <a@[1.2.3.4]>", "a@[1.2.3.4]"), ("Message-ID: <no-at>", "no-at"), ("Message-ID: <>", nil),
        ("Message-ID: none", nil), ("Message-ID:", nil), ("X: y", nil),
    ])
    func readsMessageID(_ block: String, _ expected: String?) { #expect(HeaderFields(block).messageID == expected) }

    @Test func readsWhatItRepliesTo() {
        let fields = HeaderFields("References: <a@b>\r\n <c@d><e@f>\r\nIn-Reply-To: <e@f> (of Monday)\r\n")
        #expect(fields.repliesTo == ["e@f", "a@b", "c@d"])
    }
}

struct DateTests {
    @Test(
        arguments: [
            ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706), ("21 Nov 97 09:55:06 GMT", 880_106_106),
            ("Thu, 1 Jan 1970 00:00:00 +0000", 0), ("1 Jan 1970 00:00 Z", 0), ("Wed, 31 Dec 1969 23:59:59 -0000", -1),
            (" Mon, 24 Nov 2025 12:00:00 +0530 (IST)", 1_763_965_800), ("24 Nov 2025 06:30:00", 1_763_965_800),
            ("Mon,24 Nov 2025 01:30:00 EST", 1_763_965_800), ("24 (a (b) c) Nov(d) 2025 06 : 30", nil),
            ("24 Nov 2025 06:30:00 XYZ", 1_763_965_800), ("Mon Nov 24 06:30:00 2025", 1_763_965_800),
            ("Mon, 24 November 2025 06:30:00.123 +00:00", 1_763_965_800), ("24 Nov 125 06:30:00 UT", 1_763_965_800),
            ("29 Feb 2024 00:00:00 +0000", 1_709_164_800), ("29 Feb 2023 00:00:00 +0000", nil),
            ("31 Dec 2016 23:59:60 +0000", 1_483_228_800), ("1 Jan 2050 00:00:00 +0000", 2_524_608_000),
            ("1 Jan 49 00:00:00 +0000", 2_493_072_000), ("1 Jan 50 00:00:00 +0000", -631_152_000),
            ("24 Nov 2025 06:30:00 +9999", 1_763_965_800), ("24 Nov 2025 25:00:00 +0000", nil), ("", nil),
            ("24 Nov 2025", nil), ("24 Foo 2025 00:00", nil), ("0 Nov 2025 00:00", nil),
            ("99999999999999999999 Nov 1 1:1", nil),
        ] as [(String, Int?)])
    func readsDates(_ text: String, _ seconds: Int?) {
        #expect(HeaderFields("Date: \(text)\r\n").date == seconds.map { Date(timeIntervalSince1970: Double($0)) })
    }
}

struct EncodedWordTests {
    @Test(arguments: [
        ("=?utf-8?Q?Gr=C3=BC=c3=9fe?=", "Grüße"), ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"), ("=?iso-8859-1?q?a?= b", "a b"),
        ("a =?iso-8859-1?q?b?=", "a b"),
        ("=?iso-8859-1?q?a_b?=\r\n =?iso-8859-1?q?_c?=", "a b c"), ("=?iso-8859-15?q?=A4=e4?=", "€ä"),
        ("=?windows-1252?Q?=80=93?=", "€\u{201c}"), ("=?us-ascii*en?q?a?=", "a"), ("=?us-ascii?q?=C3=BC?=", "ü"),
        ("=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße"), ("=?x-unknown?q?a=FF?=", "aÿ"),
        ("=?utf-8?q?=FF?=", "\u{fffd}"),
        ("=?utf-8?q?How are you??=", "How are you?"), ("=?utf-8?q?a=3?=", "a=3"), ("=?utf-8?q?a=?=", "a="),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="), ("=?utf-8?q?a", "=?utf-8?q?a"), ("=??q?a?=", "=??q?a?="), ("=?", "=?"),
        ("=?utf-8?q?a =?utf-8?q?b?=", "=?utf-8?q?a b"), ("=?utf-8?q?=1B[31m=0A=E2=80=AEx?=", " [31m  x"),
        ("=?utf-8?q??=", ""), ("a\u{1b}]0;x\u{7}", "a ]0;x "), ("=?utf-8?Q?=F0=9F=93=A7?= mail", "📧 mail"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQmE=?=", "\u{1a}\u{1a}\u{1a}\u{1a}\u{1a}\u{1a}\u{1a}\u{1a}\u{1a}\u{1a}a"),
    ])
    func decodes(_ text: String, _ expected: String) {
        let visible = expected.replacing("\u{1a}", with: " ").trimmingCharacters(in: .init(charactersIn: " "))
        let subject = HeaderFields("Subject: \(text)\r\n").subject
        #expect(subject?.trimmingCharacters(in: .init(charactersIn: " ")) == visible)
    }

    @Test func readsRawEightBitText() {
        #expect(HeaderFields(parsing: Array("Subject: gr".utf8) + [0xfc, 0xdf, 0x65]).subject == "grüße")
    }
}

struct AddressTests {
    @Test(arguments: [
        ("a@b", [Address(displayName: nil, address: "a@b")]),
        ("A B <a@b>", [Address(displayName: "A B", address: "a@b")]),
        (
            "\"B, A\" <a@b>, c@d",
            [Address(displayName: "B, A", address: "a@b"), Address(displayName: nil, address: "c@d")]
        ),
        ("a@b (A (x) B)", [Address(displayName: "A (x) B", address: "a@b")]),
        ("\"A \\\"B\\\"\" <a@b>", [Address(displayName: "A \"B\"", address: "a@b")]),
        ("=?utf-8?q?J=C3=BC?= <j@x>", [Address(displayName: "Jü", address: "j@x")]),
        (
            "Friends: a@b, C <c@d>;, e@f",
            [
                Address(displayName: nil, address: "a@b"), Address(displayName: "C", address: "c@d"),
                Address(displayName: nil, address: "e@f"),
            ]
        ),
        ("undisclosed-recipients:;", []), ("", []), (",,;", []), ("<>", []),
        ("<@x,@y:a@b>", [Address(displayName: nil, address: "a@b")]),
        ("\"a b\"@c", [Address(displayName: nil, address: "\"ab\"@c")]),
        ("A <a@b, C <c@d>", [Address(displayName: "A", address: "a@b"), Address(displayName: "C", address: "c@d")]),
        ("\"A <a@b>, c@d", [Address(displayName: "\"A", address: "a@b"), Address(displayName: nil, address: "c@d")]),
        ("(A <a@b>, c@d", [Address(displayName: "(A", address: "a@b"), Address(displayName: nil, address: "c@d")]),
        ("a@b; c@d", [Address(displayName: nil, address: "a@b"), Address(displayName: nil, address: "c@d")]),
        ("A <a@b> <c@d>", [Address(displayName: "A", address: "c@d")]),
        ("A\r\n <a@b>", [Address(displayName: "A", address: "a@b")]),
        ("me", [Address(displayName: nil, address: "me")]),
    ])
    func readsLists(_ value: String, _ expected: [Address]) {
        #expect(HeaderFields("To: \(value)\r\n").addresses("TO") == expected)
    }

    @Test func readsALongListInOneGo() {
        let list = (0..<100_000).map { "Name \($0) <a\($0)@example.org>" }.joined(separator: ", ")
        #expect(HeaderFields("To: \(list)\r\n", limits: unlimited).addresses("to").count == 100_000)
        #expect(HeaderFields("To: \(list)\r\n").addresses("to").count == HeaderLimits.standard.addresses)
    }

    @Test func joinsFieldsOfOneName() {
        #expect(HeaderFields("To: a@b\r\nCc: c@d\r\nTo: e@f\r\n").addresses("to").map(\.address) == ["a@b", "e@f"])
    }
}

struct ContentTypeTests {
    @Test(arguments: [
        ("text/html; charset=utf-8", "text", "html", "utf-8"), ("TEXT/HTML;CHARSET=\"UTF-8\"", "text", "html", "UTF-8"),
        ("text / html ; charset = utf-8", "text", "html", "utf-8"),
        ("text/html charset=utf-8", "text", "html", "utf-8"),
        ("(c) text(d)/(e)html;(f) charset=(g)utf-8(h)", "text", "html", "utf-8"), ("text", "text", "", nil),
        ("text/html;", "text", "html", nil), ("text/html; charset", "text", "html", nil), ("", "text", "plain", nil),
        ("text/html;; =x; charset=a; charset=b", "text", "html", "a"), (";charset=a", "text", "plain", nil),
        ("text/html; charset=\"utf", "text", "html", "utf"), ("text/html; charset=", "text", "html", ""),
        ("text/html; charset*=us-ascii'en'utf-8", "text", "html", "utf-8"),
        ("text/html; charset*1=8; charset*0=utf-", "text", "html", "utf-8"),
        ("text/html; charset*0*=''utf%2D; charset*1=8; charset*3=x", "text", "html", "utf-8"),
    ])
    func reads(_ value: String, _ type: String, _ subtype: String, _ charset: String?) {
        let content = HeaderFields("Content-Type: \(value)\r\n").contentType
        #expect(content.type == type)
        #expect(content.subtype == subtype)
        #expect(content.charset == charset)
    }

    @Test(arguments: [
        ("multipart/mixed; boundary=\"a b\\\"c\"", "a b\"c"),
        ("multipart/mixed; boundary=----=_Part_1.2:3", "----=_Part_1.2:3"),
        ("multipart/mixed; boundary=\"\"", nil), ("multipart/mixed", nil),
        ("multipart/mixed; boundary=" + String(repeating: "x", count: 257), nil),
    ])
    func readsBoundaries(_ value: String, _ expected: String?) {
        #expect(HeaderFields("Content-Type: \(value)\r\n").contentType.boundary == expected.map { Array($0.utf8) })
    }

    @Test(arguments: [
        ("", false), ("Content-Type: text/html", true), ("Content-Type: TEXT / Html; charset=\"x", true),
        ("Content-Type: multipart/mixed; boundary=x", true), ("Content-Type: text/plain; a=text/html", false),
        ("Content-Type: (text/plain) multipart", true), ("Content-Type: ;text/html", false),
        ("Content-Type: message/rfc822", false), ("Content-Type:\r\n text/html", true),
    ])
    func tellsWhatMayHoldHTML(_ header: String, _ expected: Bool) {
        let fields = HeaderFields(header + "\r\n", limits: .standard)
        #expect(fields.mayHoldHTML == expected)
        #expect(fields.contentType.mayHoldHTML == expected)
    }

    @Test func readsDispositions() throws {
        let fields = HeaderFields(
            "Content-Disposition: ATTACHMENT; filename*0*=utf-8''%e2%82%ac; filename*1=\" rates.txt\"")
        let disposition = try #require(fields.contentDisposition)
        #expect(disposition.isAttachment)
        #expect(disposition.filename == "€ rates.txt")
        #expect(HeaderFields("Content-Disposition: inline").contentDisposition?.isAttachment == false)
        #expect(HeaderFields("Content-Disposition: ;x=y").contentDisposition == nil)
    }

    @Test(arguments: [
        ("base64", TransferEncoding.base64), (" BASE64 ", .base64), ("Quoted-Printable (x)", .quotedPrintable),
        ("7bit", .identity), ("", .identity), ("x-uuencode", .identity), ("base64;", .base64),
    ])
    func readsTransferEncodings(_ value: String, _ expected: TransferEncoding) {
        #expect(HeaderFields("Content-Transfer-Encoding: \(value)\r\n").transferEncoding == expected)
    }
}
