import Beacon
import MIME
import MailGenerator
import Testing

@testable import Outgoing

struct EncodingTests {
    private static let header = "MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: "

    private func lines(_ result: String) -> [Substring] {
        result.split(separator: "\r\n", omittingEmptySubsequences: false)
    }

    @Test func softBreaksComeWithTheInsertionAlone() throws {
        let before = "<p>Gr=C3=BC=C3=9Fe, and a line that is as long as a line can be, which is=\r\n 76</p>"
        let after = "<blockquote>a line that goes on, and on, and on, and on, and on</blockquote>"
        let mail = Array((Self.header + "quoted-printable\r\n\r\n" + before + after + "\r\n").utf8)
        let result = try injected(injector(), mail)
        #expect(result.hasPrefix(Self.header + "quoted-printable\r\n\r\n" + before))
        #expect(result.hasSuffix("=\r\n" + after + "\r\n"))
        #expect(lines(result).allSatisfy { $0.utf8.count <= 76 })
        // The URL is on one line.
        #expect(lines(result).contains { $0.contains("/i/\(GeneratedMail.token).gif") })
    }

    /// A full line has no room for a soft break.
    @Test func endsAFullLineAtTheEnd() throws {
        let full = "<p>" + String(repeating: "a", count: 69) + "</p>"
        let result = try injected(injector(), Array((Self.header + "quoted-printable\r\n\r\n" + full + "\r\n").utf8))
        #expect(full.utf8.count == 76)
        #expect(lines(result).contains(Substring(full)))
        #expect(lines(result).allSatisfy { $0.utf8.count <= 76 })
    }

    @Test func keepsTheLinesOfBase64() throws {
        let content = String(repeating: "<p>Lorem ipsum dolor sit amet.</p>\r\n", count: 40)
        for start in 0..<6 {
            let html = String(repeating: "x", count: start) + content + "</body>" + content
            let text = PlainCoding.base64.encoded(Array(html.utf8))
            let mail = Array((Self.header + "base64\r\n\r\n").utf8) + text + [0x0d, 0x0a]
            let edits = try injector().place(in: mail).edits(picture: GeneratedMail.picture)
            let edit = try #require(edits.first)
            #expect(edits.count == 1 && edit.removed == ((start + content.utf8.count) % 3 == 0 ? 0 : 4))
            let result = MessageEdit.apply(edits, to: mail).text
            let body = lines(result).drop { !$0.isEmpty }.dropFirst().dropLast(2)
            #expect(body.allSatisfy { $0.utf8.count == 76 })
        }
    }

    /// RFC 5322 2.1.1: 998 characters.
    @Test func breaksLongLinesInsideItsOwnTag() throws {
        let long = "<p>" + String(repeating: "a", count: 950) + "</p>"
        let result = try injected(injector(), html(long + "</body>"))
        #expect(result.contains("</p><img\r\nsrc="))
        #expect(lines(result).allSatisfy { $0.utf8.count <= 998 })
    }

    @Test func knowsWhatISO2022MeansByABracket() throws {
        let japanese = "<p>\u{1b}$B<b></body>\u{1b}(B</p></body>"
        let mail = html(japanese, "Content-Type: text/html; charset=ISO-2022-JP\n")
        #expect(try injected(injector(), mail).hasSuffix("\u{1b}(B</p>\(GeneratedMail.picture)</body>"))
    }

    /// Own pictures in quoted text: taken out where lines allow it, blanked where all would shift.
    @Test(arguments: PlainCoding.allCases) func stripsInEveryEncoding(_ coding: PlainCoding) throws {
        let own = "<img src=\"https://px.example.org/i/\(GeneratedMail.quotedToken).gif\" alt=\"\">"
        for length in 0..<80 {
            let text = "<p>\(String(repeating: "a", count: length))</p><blockquote>b\(own)c</blockquote>"
            let mail =
                Array("\(Self.header)\(coding.rawValue)\r\n\r\n".utf8) + coding.encoded(Array(text.utf8)) + [
                    0x0d, 0x0a,
                ]
            let edits = try injector().place(in: mail).edits(picture: GeneratedMail.picture)
            let result = MessageEdit.apply(edits, to: mail)
            let body = result.text.split(separator: "\r\n\r\n", maxSplits: 1)[1]
            let decoded = coding.decode(Array(body.utf8)).text
            #expect(!decoded.contains(GeneratedMail.quotedToken))
            let blanks = String(repeating: " ", count: coding == .base64 ? own.utf8.count : 0)
            #expect(decoded.trimmed.hasSuffix("<blockquote>b\(blanks)c</blockquote>"))
            if coding == .quotedPrintable || coding == .base64 {
                #expect(lines(result.text).allSatisfy { $0.utf8.count <= 76 })
            }
        }
    }
}

extension PlainCoding {
    func encoded(_ content: [UInt8]) -> [UInt8] { encode(content, width: 76, lineEnd: [0x0d, 0x0a]) }
}

extension String {
    fileprivate var trimmed: Substring { self[...].replacing(/\r\n$/, with: "") }
}
