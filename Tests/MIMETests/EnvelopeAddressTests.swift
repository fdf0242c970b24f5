import Testing

@testable import MIME

struct EnvelopeAddressTests {
    @Test(arguments: [
        "a@example.org", "a.b+c@EXAMPLE.org", "\"a b\"@example.org", "\"a\\\"b\"@example.org", "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]", "grüße@bücher.example", "a@localhost", "!#$%&'*+-/=?^_`{|}~@example.org",
    ])
    func reads(_ text: String) throws {
        let address = try #require(EnvelopeAddress(text))
        #expect(address.text.lowercased() == text.lowercased())
        #expect(EnvelopeAddress(address.text) == address)
    }

    @Test(arguments: [
        "", "a", "@b", "a@", "a@b@", "a b@c", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b-", "a@b..c", "a@b c",
        "a@b\r\nRCPT TO:<c@d>",
        "a\r\n@b", "a\u{0}@b", "<a@b>", "a@b>", "\"a@b", "\"a\\\"@b", "\"a\r\n\"@b", "a@[1\r]", "a@[]", "a@b\u{85}",
        "a,b@c", "a:b@c",
        "\u{7f}@b", String(repeating: "a", count: 65) + "@b", "a@" + String(repeating: "b", count: 64),
    ])
    func refuses(_ text: String) { #expect(EnvelopeAddress(text) == nil) }

    @Test func refusesWhatIsNoText() { #expect(EnvelopeAddress([0x61, 0xff, 0x40, 0x62]) == nil) }
}

struct SubjectPrefixTests {
    @Test(arguments: [
        ("[t] a", "a"), ("  [t]a", "  a"), ("[T]  a b", "a b"), ("[t]", ""), ("[t]\r\n a", "a"),
        ("[t] =?utf-8?Q?=C3=BC?=", "=?utf-8?Q?=C3=BC?="), ("=?utf-8?Q?[t]_=C3=BC?=", "=?utf-8?Q?=C3=BC?="),
        ("=?utf-8?q?=5Bt]a?= b", "=?utf-8?q?a?= b"), ("=?utf-8?B?W3RdIMO8?=", "=?utf-8?B?w7w=?="),
        ("=?utf-8?Q?[t]?= =?utf-8?Q?=C3=BC?=", "=?utf-8?Q?=C3=BC?="),
        ("=?utf-8?Q?[t?=\r\n =?utf-8?B?XcO8?=", "=?utf-8?B?w7w=?="),
        ("=?iso-8859-1?Q?[t]=FC?=", "=?iso-8859-1?Q?=FC?="),
    ])
    func takesOff(_ value: String, _ expected: String) throws {
        let bytes = Array("Subject:\(value)\r\n".utf8)
        let range = HeaderFields(parsing: bytes).valueRange(of: 0..<bytes.count)
        let edit = try #require(SubjectPrefix.removal(of: "[t]", from: range, in: bytes))
        #expect(String(decoding: MessageEdit.apply([edit], to: bytes), as: UTF8.self) == "Subject:\(expected)\r\n")
    }

    @Test(arguments: ["", "a", "[t", "Re: [t]", "=?utf-8?Q?[t?= ]", "=?utf-16?B?WwB0AF0A?=", "[ t]", "=?utf-8?Q?=5B?="])
    func leaves(_ value: String) {
        let bytes = Array(value.utf8)
        #expect(SubjectPrefix.removal(of: "[t]", from: 0..<bytes.count, in: bytes) == nil)
    }
}

struct StrictFieldTests {
    @Test(arguments: [
        ("text/html", true), ("text/html; charset=utf-8", true), ("text/html;charset=\"utf-8\";", true),
        ("text", false),
        ("text/", false), ("text / html", false), ("text/html charset=utf-8", false), ("text/html; charset=a b", false),
        ("text/html; charset = utf-8", false), ("text/html; charset=\"a", false),
        ("text/html; charset=\"a\\b\"", false),
        ("text/html (a)", false), ("text/html; =a", false), ("text/html; a", false), ("", false),
    ])
    func holdsContentTypes(_ value: String, _ isStrict: Bool) {
        #expect(StrictField.isContentType(Array(value.utf8)) == isStrict)
    }
}
