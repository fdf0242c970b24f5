import Testing

@testable import Beacon

/// What is found without libxml2 is what is found with it.
struct SimpleMarkupTests {
    private static let other = pixel.replacing("px.example.org", with: "px.example.net")

    /// Tags and what may stand between them, plain and otherwise.
    private static let pieces: [String] = [
        "<html>", "<html lang=\"de\">", "<head>", "</head>", "<body>", "<body background=\"\(address)\">", "</body>",
        "</html>", "<meta charset=\"utf-8\">", "<table width=100% cellpadding=\"0\">", "<tr><td nowrap>", "</td></tr>",
        "</table>", "<p>", "</p>", "<div dir=\"ltr\" class=\"a b\">", "</div>", "<br>", "<br/>", "<br />", "<hr>",
        "<a href=\"https://example.com/?a=1&amp;b=%41\">", "</a>", "<b>", "</b>", "text", " ", "\r\n", "it's \"so\"",
        "1 < 2", "a > b", "é", "\u{0}", "&nbsp;", "&", pixel, pixel, pixel.uppercased(), other,
        "<td background=\"\(address)\">", "<div style=\"background:url(\(address))\">",
        "<div style=\"color:rgb(1,2,3)\">",
        "<div style=\"background:url('\(address)')\">", "<div style=\"background:\\75rl(\(address))\">",
        "<img src='\(address)'>", "<img src=\(address)>", "<img alt=\"\" src=\"\(address)\"/>",
        "<img src = \"\(address)\">",
        "<img src=\"x\" src=\"\(address)\">", "<img src src=\"\(address)\">", "<img src=\"\" src=\"\(address)\">",
        "<img src=\"\(address)\" src=\"x\">", "<img srcset=\"\(address) 2x\">", "<img src=\"x\" srcset=\"\(address)\">",
        "<img src=\"\(address.replacing("/i/", with: "&#47;i&#47;"))\">", "<img src=\"\(address)&amp;a=b\">",
        "<img src=\"\(address.replacing("/i/", with: "/\t\ni/"))\">", "<img alt=\"a>b\" src=\"\(address)\">",
        "<img alt=\"a<b\" src=\"\(address)\">", "<img alt=\"a\"src=\"\(address)\">", "<img/src=\"\(address)\">",
        "<input type=image src=\"\(address)\">", "<video src=\"\(address)\">", "<td src=\"\(address)\">",
        "<image src=\"\(address)\">", "<IMG SRC=\"\(address)\">", "<img data-src=\"\(address)\">",
        "<a href=\"\(address)\">", "<img src=\"\(address)", "<img src=\"\(address)\"", "<img", "<", "</", "</ p>",
        "< p>",
        "<!-- ", " -->", "<!--[if mso]>", "<![endif]-->", "<!doctype html>", "<?xml ?>", "<blockquote>",
        "</blockquote>",
        "<div class=\"gmail_quote\">", "<div id=appendonsend>", "<div id=\"divRplyFwdMsg\">",
        "<body class=\"gmail_quote\">",
        "<div class=\"gmail&#95;quote\">", "<div class=\"\" class=\"gmail_quote\">", "<title>", "</title>", "<style>",
        "</style>", "<script>", "</script>", "<textarea>", "</textarea>", "<noscript>", "<o:p>", "</o:p>", "<iframe>",
        "</sentmark-root>", "<p style=\"border:none;border-left:solid blue;padding:0cm\">",
    ]

    private static let address = "https://px.example.org/i/\(genuine).gif"

    private static func found(_ html: [UInt8], simple: inout Int) -> [Finding] {
        html.withUnsafeBufferPointer { bytes in
            guard let last = scanner.preScan.lastCandidate(in: bytes) else { return [] }
            simple += SimpleMarkup(bytes, through: last) == nil ? 0 : 1
            var found = FindingList()
            scanner.examine(last: html, quoted: false, into: &found)
            return found.findings
        }
    }

    private static func foundByLibxml2(_ html: [UInt8]) -> [Finding] {
        html.withUnsafeBufferPointer { bytes in
            var all = FindingList()
            HTMLReader.read(bytes, search: scanner.search, preScan: scanner.preScan, quoted: false, into: &all)
            return all.findings
        }
    }

    private static let scanner = BeaconScanner()

    /// Of the rare pieces there are none, one or several.
    @Test func nothingIsFoundOtherwise() {
        var random = Seeded(state: 21)
        let plain = Self.pieces.prefix { $0 != "1 < 2" }
        var (simple, quoted, both) = (0, 0, 0)
        for round in 0..<5_000 {
            let rare: Double = [0, 0.05, 0.3].randomElement(using: &random) ?? 0
            let text = (0..<Int.random(in: 1...16, using: &random)).map { _ in
                if Double.random(in: 0..<1, using: &random) < rare {
                    return Self.pieces.randomElement(using: &random) ?? ""
                }
                return Int.random(in: 0..<8, using: &random) == 0 ? pixel : plain.randomElement(using: &random) ?? ""
            }.joined()
            let expected = Self.foundByLibxml2(Array(text.utf8))
            let found = Self.found(Array(text.utf8), simple: &simple)
            if found != expected { Issue.record("round \(round): \(text)") }
            quoted += expected.contains(where: \.quoted) ? 1 : 0
            both += expected.isEmpty ? 0 : 1
        }
        // Or the test would say nothing.
        #expect(simple > 1_000 && quoted > 50 && both > 2_000)
    }

    @Test func eachPieceBesideAPixel() {
        var simple = 0
        for piece in Self.pieces {
            for text in [
                piece + pixel, pixel + piece, piece + pixel + piece + Self.other, "<div>" + piece + "</div>" + pixel,
            ] {
                let bytes = Array(text.utf8)
                let found = Self.found(bytes, simple: &simple)
                #expect(found == Self.foundByLibxml2(bytes), "\(text)")
            }
        }
    }

    @Test func whatMailProgramsWriteIsSimple() {
        let text = """
            <html><head><meta http-equiv="content-type" content="text/html; charset=UTF-8"></head>\r
            <body bgcolor="#ffffff" text=#000000><div dir="ltr" class="moz-text-html">Dear "reader", it's &nbsp; 5 > 4:<br/>\r
            <a href="https://example.com/a?b=1&amp;c=2" target=_blank style="color:rgb(1,2,3)">here</a> é</div>\r
            \(pixel)</body></html>
            """
        var simple = 0
        let found = Self.found(Array(text.utf8), simple: &simple)
        #expect(simple == 1 && found.count == 1 && found.first?.quoted == false)
    }
}
