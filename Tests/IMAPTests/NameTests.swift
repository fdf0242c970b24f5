import Testing

@testable import IMAP

struct NameTests {
    @Test(arguments: [
        ("INBOX", "INBOX"), ("Entwürfe", "Entw&APw-rfe"), ("a&b", "a&-b"),
        ("[Gmail]/Gönderilmiş", "[Gmail]/G&APY-nderilmi&AV8-"),
        ("台北", "&U,BTFw-"), ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"), ("😀", "&2D3eAA-"),
        ("x😀é", "x&2D3eAADp-"),
        ("", ""), ("&", "&-"), ("\u{7F}", "&AH8-"), ("ÄÖ", "&AMQA1g-"), ("ÄÖÜ", "&AMQA1gDc-"),
    ])
    func modifiedUTF7(_ display: String, _ wire: String) {
        #expect(String(decoding: MailboxName(display).wire, as: UTF8.self) == wire)
        if display != "\u{7F}" { #expect(MailboxName(wire: wire.bytes).display == display) }
    }

    /// What is not modified UTF-7 is shown as it is and sent back as it came.
    @Test(arguments: ["a&b", "&", "&&", "&2D0-x", "&3gA-", "&A-", "&AP!-", "&APx", "a & b-c", "Entwürfe", "&AGE=-"])
    func toleratesWhatIsNot(_ wire: String) {
        let name = MailboxName(wire: wire.bytes)
        #expect(name.display == wire)
        #expect(name.wire == wire.bytes)
    }

    @Test func showsNoControlCharacters() {
        #expect(MailboxName(wire: "a\r\n\u{1B}[31mb".bytes).display == "a\u{FFFD}\u{FFFD}\u{FFFD}[31mb")
        #expect(MailboxName(wire: [0x61, 0xFF, 0x62]).display == "a\u{FFFD}b")
    }

    @Test func everyStringSurvivesTheWire() {
        var random = Seeded(7)
        for _ in 0..<2000 {
            let scalars = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(
                        in: [0x20...0x7E, 0xA0...0x2FF, 0x4E00...0x4E20, 0x1F600...0x1F640].randomElement(
                            using: &random) ?? 0x20...0x7E, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let name = MailboxName(text)
            #expect(name.display == text)
            #expect(name.wire.allSatisfy { (0x20...0x7E).contains($0) })
        }
    }

    @Test func comparesInboxInAnyCase() {
        #expect(MailboxName("inbox") == .inbox && MailboxName("inbox").hashValue == MailboxName.inbox.hashValue)
        #expect(MailboxName("Sent") != MailboxName("sent"))
        #expect(MailboxAttribute("\\SENT") == .sent)
    }

    @Test func comparesFlagsInAnyCase() {
        #expect(Flag(spelling: "OPENED") == Flag(spelling: "opened"))
        #expect(Set([Flag(spelling: "\\seen"), .seen]).count == 1)
        #expect(Flag(spelling: "Opened").spelling == "Opened")
    }

    @Test(arguments: ["opened", "opened-again", "$Delivered", "a_b.c", String(repeating: "x", count: 50)])
    func acceptsKeywords(_ name: String) { #expect(Flag(keyword: name)?.spelling == name) }

    @Test(arguments: [
        "", "\\Seen", "a b", "a]", "a[b", "a\r\nb", "a(b", "a*", "a%", "a{1}", "é", "a\"", "a/b", "a\0",
        String(repeating: "x", count: 51),
    ])
    func refusesKeywords(_ name: String) { #expect(Flag(keyword: name) == nil) }

    @Test func knowsWhatIsImplied() {
        #expect(Capabilities([.qresync]).contains(.condstore))
        #expect(Capabilities([.imap4rev2]).contains(.esearch))
        #expect(!Capabilities([.imap4rev1, .imap4rev2]).contains(.esearch))
        #expect(Capabilities(["APPENDLIMIT=35651584"]).number(of: "appendlimit") == 35_651_584)
        #expect(Capabilities(["APPENDLIMIT"]).number(of: "APPENDLIMIT") == nil)
    }

    @Test(arguments: [
        ("17-Jul-1996 02:44:25 -0700", 837_596_665, -420), (" 1-Jan-1970 00:00:00 +0000", 0, 0),
        ("01-jan-1970 01:00:00 +0100", 0, 60),
        ("29-Feb-2000 23:59:59 +0000", 951_868_799, 0), ("31-Dec-1969 23:59:59 +0000", -1, 0),
        ("23-Nov-2026 12:00:00 +0545", 1_795_414_500, 345),
        ("01-Mar-1900 00:00:00 +0000", -2_203_891_200, 0),
    ])
    func readsDates(_ text: String, _ seconds: Int64, _ zone: Int) throws {
        let date = try #require(InternalDate(wire: text.bytes))
        #expect(date == InternalDate(secondsSince1970: seconds, zoneMinutes: zone))
        let written = try #require(date.wireText)
        #expect(InternalDate(wire: written.bytes) == date && written.utf8.count == 26)
    }

    @Test(arguments: [
        "", "17-Jul-1996", "17-Foo-1996 02:44:25 -0700", "32-Jul-1996 02:44:25 -0700", "17-Jul-1996 25:44:25 -0700",
        "17-Jul-1996 02:44:25 0700", "17-Jul-19960 02:44:25 +0000", "17-Jul-1996 02:44:25 +0099",
    ])
    func refusesDates(_ text: String) { #expect(InternalDate(wire: text.bytes) == nil) }

    @Test func countsDays() {
        for day in stride(from: -800_000, through: 800_000, by: 17) {
            #expect(CalendarDay(daysSince1970: day).daysSince1970 == day)
        }
        #expect(CalendarDay(daysSince1970: 20_780) == CalendarDay(year: 2026, month: 11, day: 23))
    }
}
