import Testing

@testable import Beacon

struct PlainMarkupTests {
    @Test(arguments: [
        ("<p>Dear all, thank you.</p>", "<p>*</p>"),
        ("<p> \r\n </p>", "<p> </p>"),
        ("<p>x</p>", "<p>x</p>"),
        ("Text before <b>bold</b> and after", "Text before <b>*</b> and after"),
        ("<p>Grüße\u{c}</p>", "<p>*</p>"),
        // What may be of a URL, or of an attribute whose quotes hold brackets.
        ("<p>either/or</p>", "<p>either/or</p>"),
        ("<p>50 % of it</p>", "<p>50 % of it</p>"),
        ("<p>a &amp; b</p>", "<p>a &amp; b</p>"),
        (#"<p title="a>b c<d" id="x">"#, #"<p title="a>*<d" id="x">"#),
        (#"<p title="a>b" id="c<d">"#, #"<p title="a>b" id="c<d">"#),
        // The ends of comments and of what looks like one.
        ("<!-- <b>one two --> three", "<!-- <b>one two --> three"),
        ("<!--[if mso]>one two<img src=x><![endif]-->", "<!--[if mso]>*<img src=x><![endif]-->"),
        ("a\u{0}b", "a*b"), ("", ""), (">", ">"), ("><", "><"),
    ])
    func saysInOneByteWhatMeansNothing(_ html: String, _ expected: String) {
        let plain = Array(html.utf8).withUnsafeBufferPointer { PlainMarkup($0, keeping: 0).bytes }
        #expect(String(decoding: plain, as: UTF8.self) == expected)
    }

    @Test func tellsWhereAByteHasGone() {
        let html = Array("<p>Dear all</p><img src='here'>".utf8)
        for (index, expected) in [(0, "<"), (15, "<"), (25, "h"), (html.count, ">")] {
            html.withUnsafeBufferPointer { bytes in
                let plain = PlainMarkup(bytes, keeping: index)
                #expect(UnicodeScalar(plain.bytes[plain.kept]) == expected.unicodeScalars.first, "\(index)")
            }
        }
    }

    @Test func aLongRunIsCutShort() {
        let html = Array("<img src=\"\(String(repeating: "a", count: 10_000))\" id=x>".utf8)
        let plain = html.withUnsafeBufferPointer { PlainMarkup($0, keeping: html.count).bytes }
        #expect(plain.count == (4 << 10) + "<img src=\"\" id=x>".utf8.count)
    }
}
