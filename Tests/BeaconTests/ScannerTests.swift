import MIME
import Secrets
import Testing
import Tokens

@testable import Beacon

let genuine = "kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"
let pixel = "<img src=\"https://px.example.org/i/\(genuine).gif\">"

/// A generator whose tests can be repeated (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

private func count(_ html: String, patterns: [TokenPattern] = []) -> Int {
    BeaconScanner(patterns: patterns).findings(inHTML: html.utf8).count
}

struct ScannerTests {
    /// Markup that hides nothing, however wrong, in any order.
    private static let harmless = [
        "<div>", "</div>", "<p>", "</p>", "</html>", "</body>", "<body>", "<html>", "<head>", "</head>", "<table>",
        "<tr>",
        "<td>", "</td>", "</table>", "<b", ">", "</", " text ", "&amp", "&#0;", "<br/>", "<!DOCTYPE html>",
        "<!-- x -->",
        "<!---->", "<?php x ?>", "<![if !mso]>", "<![endif]>", "<o:p>", "</o:p>", "<a href='x'>", "</a>", "<font\n>",
        "<script>x</script>", "<style>p{}</style>", "\u{0}", "é", "<select>", "<option>", "<form>", "<center>",
        "</b></i>",
        "<svg>", "<frameset>", "<ul><li>", "<1>", "< ", "<meta charset=utf-16>", "<base href=x>", "]]>",
        "<![CDATA[x]]>",
    ]

    @Test func strayMarkupHidesNoPixel() {
        var random = Seeded(state: 1)
        for _ in 0..<3_000 {
            let before = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Self.harmless.randomElement(using: &random) ?? ""
            }.joined()
            // The blank and the bracket close a tag that was begun.
            #expect(count(before + " >" + pixel) == 1, "\(before)")
        }
    }

    /// Where the scan before the parser says that nothing comes any more, nothing does.
    @Test func readingAsFarAsTheLastCandidateFindsAll() {
        let scanner = BeaconScanner()
        let quotes = ["<blockquote>", "</blockquote>", "<div class=gmail_quote>", "<div id=divRplyFwdMsg>"]
        let pieces =
            Self.harmless + quotes + quotes + [
                pixel, pixel.uppercased(), genuine, "\(genuine).gif", "<!--[if mso]>\(pixel)<![endif]-->",
                "<p style='\\69'>",
                "<a href='/i/\(genuine).gif'>x</a>", "<p style='background:url(/i/\(genuine).gif)'>",
                "Dear &#97;ll, 50%41",
            ]
        var random = Seeded(state: 3)
        for _ in 0..<5_000 {
            let html = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            var (all, some) = (FindingList(), FindingList())
            _ = scanner.examine(Array(html.utf8)[...], quoted: false, into: &all)
            scanner.examine(last: Array(html.utf8), quoted: false, into: &some)
            #expect(all.findings == some.findings, "\(html)")
        }
    }

    /// The scan before the parser may not miss what the parser finds, however the URL is written.
    @Test func preScanNeverMissesWhatTheParserFinds() throws {
        let pattern = try TokenPattern("https://t.other.example/o/{token}.png")
        let scanner = BeaconScanner(patterns: [pattern])
        var random = Seeded(state: 2)
        var found = 0
        for round in 0..<6_000 {
            let url =
                round % 2 == 0 ? "https://px.example.org/i/\(genuine).gif" : "https://t.other.example/o/AbC-12_3.png"
            let inStyle = round % 3 == 0
            let rate = Double.random(in: 0...0.4, using: &random)
            let written = url.utf8.map { byte in
                Double.random(in: 0..<1, using: &random) < rate
                    ? Self.disguised(byte, inStyle: inStyle, using: &random) : String(UnicodeScalar(byte))
            }.joined()
            let html = inStyle ? "<p style=\"background:url(\(written))\">" : "<img src=\"\(written)\">"
            var list = FindingList()
            let bytes = [UInt8](html.utf8)
            let seen = bytes.withUnsafeBufferPointer { bytes in
                _ = HTMLReader.read(
                    bytes, search: scanner.search, preScan: scanner.preScan, quoted: false, into: &list)
                return scanner.preScan.lastCandidate(in: bytes) != nil
            }
            found += list.findings.count
            #expect(seen || list.findings.isEmpty, "\(html)")
        }
        // Nearly all of the spellings are understood, or the test would say nothing.
        #expect(found > 5_000)
    }

    private static func disguised(_ byte: UInt8, inStyle: Bool, using random: inout Seeded) -> String {
        let hex = String(byte, radix: 16)
        let character = String(UnicodeScalar(byte))
        let isPlain = byte.isLetterOrDigit
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return "&#\(byte);"
        case 1: return "&#x0\(hex.uppercased());"
        case 2: return isPlain ? "%" + hex : character
        case 3: return isPlain ? "%25" + hex : character
        case 4: return character + (["\n", "\t", "\r\n", "&Tab;", "&#10;"].randomElement(using: &random) ?? "")
        case 5: return inStyle ? "\\\(hex) " : character.uppercased()
        default: return byte == UInt8(ascii: "/") ? "&sol;" : byte == UInt8(ascii: ".") ? "&period;" : character
        }
    }

    @Test func ordinaryMailNeedsNoParser() {
        let html = """
            <table width="100%" style="width:50%;font-family:'Segoe UI'"><tr><td>&nbsp;&#8217;&#39;&amp;
            <a href="https://www.example.com/a%2Fb?c=d%20e&amp;f=g">x</a>
            <img src="https://cdn.example/LOGO/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz/x.png"></td></tr>
            </table>
            """
        let bytes = [UInt8](html.utf8)
        #expect(bytes.withUnsafeBufferPointer(PreScan(patterns: []).lastCandidate) == nil)
    }

    @Test func namesNoMoreThanItsLimit() throws {
        let stream = try #require(StreamID(1))
        let server = try #require(ServerSecret(Secret((0..<32).map { $0 })))
        let key = try #require(server.streamKey(stream, epoch: 0))
        let tokens = (0..<200).compactMap {
            Token.mint(stream: stream, epoch: 0, key: key, message: $0, level: .minimal)
        }
        let html = tokens.map { PixelURL.element(for: $0, base: "https://px.example.org") }.joined()
        let findings = BeaconScanner().findings(inHTML: html.utf8)
        #expect(findings == tokens.prefix(FindingList.limit).map { Finding(kind: .own($0), quoted: false) })
    }

    /// What a stranger may send. By number: a test's output names its arguments.
    private static let floods = [
        String(repeating: "<b>", count: 1_000_000), String(repeating: "<blockquote>", count: 100_000),
        String(repeating: "</p>", count: 300_000), String(repeating: "<!--[if mso]><![endif]-->", count: 30_000),
        "<p " + String(repeating: "a ", count: 500_000) + ">", String(repeating: "<", count: 500_000) + " >",
        "<p " + (0..<100_000).map { "a\($0)" }.joined(separator: " ") + ">", String(repeating: "\u{0}", count: 500_000),
        String(repeating: "<table><tr><td>", count: 50_000), String(repeating: "&", count: 1_000_000),
        String(repeating: "<b>", count: 250) + String(repeating: "</i>", count: 300_000),
        "<img src=\"data:image/png;base64," + String(repeating: "QUJD", count: 500_000) + "\">",
    ]

    /// Each ends, in time that grows with its length, and hides nothing after it.
    @Test(arguments: floods.indices)
    func survives(_ flood: Int) {
        #expect(count(Self.floods[flood] + pixel) == 1)
    }

    @Test(arguments: [
        "<!--", "<script>", "<style>", "<textarea>", "<title>", "<plaintext>", "<!-- <!--", "<xmp>", "<iframe>",
        "<p title=\"", "<p title='", "<![CDATA[",
    ])
    func whatIsNeverClosedDoesNotCrash(_ before: String) {
        #expect(count(before + pixel) <= 1)
        #expect(count(pixel + before) == 1)
        #expect(count(pixel + String(repeating: before, count: 10_000)) == 1)
    }

    @Test func readsBeyondTheFirstMegabytesInBlocks() {
        let filler = String(
            repeating: "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>\r\n", count: 135_000)
        #expect(filler.utf8.count > 8 << 20)
        for html in [pixel + filler, filler + pixel, filler + pixel + filler.prefix(600_000)] {
            #expect(count(html) == 1)
        }
        let other = pixel.replacing(genuine.prefix(9), with: "iaaaaaaaa")
        let quoted = BeaconScanner().findings(inHTML: (other + "<blockquote>" + filler + pixel).utf8)
        #expect(quoted.map(\.quoted) == [false, true])
    }
}

struct TokenPatternTests {
    @Test(arguments: [
        ("https://t.example.org/o.gif", TokenPatternError.noToken), ("", .noToken),
        ("https://t.example.org/{token}/{token}.gif", .severalTokens), ("ftp://t.example.org/{token}", .notHTTP),
        ("t.example.org/{token}", .notHTTP), ("https://t.example.org/{token}x", .notDelimited),
        ("https://t.example.org/{token}%41", .notDelimited), ("https://t.co/{token}.gif", .tooGeneral),
        ("https://t.example.org/ö/{token}", .character("ö")), ("https://t.example.org/ /{token}", .character(" ")),
        ("https://t.example.org/{id}/{token}", .character("{")), ("https://t.example.org/{token}}", .character("}")),
    ])
    func refuses(_ text: String, _ expected: TokenPatternError) {
        do {
            Issue.record("accepted as \(try TokenPattern(text))")
        } catch {
            #expect(error == expected)
        }
        #expect(!expected.description.isEmpty)
    }

    @Test(arguments: [
        ("https://t.example.org/{token}", "https://t.example.org/abcdef", "abcdef"),
        ("https://t.example.org/{token}", "https://t.example.org/abcdef?x", "abcdef"),
        ("https://t.example.org/{token}", "https://t.example.org/abc%64ef", "abcdef"),
        ("https://t.example.org/{token}/p", "http://T.EXAMPLE.ORG/AbCdEf/P", "AbCdEf"),
        ("http://{token}.pixels.example/p", "https://abcdef.pixels.example/p", "abcdef"),
        ("https://t.example.org/a%20b/{token}.gif", "https://t.example.org/a%20b/abcdef.gif", "abcdef"),
        ("https://t.example.org/?t={token}&v=1", "https://t.example.org/?t=abcdef&amp;v=1", "abcdef"),
    ])
    func matches(_ pattern: String, _ url: String, _ token: String) throws {
        let scanner = BeaconScanner(patterns: [try TokenPattern(pattern)])
        #expect(
            scanner.findings(inHTML: "<img src=\"\(url)\">".utf8) == [Finding(kind: .foreign(token), quoted: false)])
    }

    /// Words that share beginnings and ends, so that a search for one falls back into another.
    @Test func automatonFindsEveryWord() {
        let words = ["example", "amplexa", "plex", "mplified", "xamp"]
        var random = Seeded(state: 3)
        let letters = Array("exampli")
        for _ in 0..<5_000 {
            let some = words.filter { _ in Bool.random(using: &random) }
            let text = String((0..<24).compactMap { _ in letters.randomElement(using: &random) })
            let broken = [UInt8](text.map { Bool.random(using: &random) ? "\($0)\n" : $0.uppercased() }.joined().utf8)
            let automaton = AnchorAutomaton(some.map { Array($0.utf8) })
            let found = automaton.map { broken.withUnsafeBufferPointer($0.matches) } ?? false
            #expect(found == some.contains { text.contains($0) }, "\(some) in \(text)")
        }
    }
}
