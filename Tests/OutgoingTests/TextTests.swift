import MIME
import MailGenerator
import Testing

@testable import Outgoing

/// Messages with text alone, and the disclosure.
struct TextTests {
    private let toHTML = injector { $0.htmlFromText = true }

    private func plain(_ text: String, _ fields: String = "") -> [UInt8] {
        message("From: me@example.org\n\(fields)\n\(text)")
    }

    private func leaves(_ message: String) -> [(type: String, content: String)] {
        let bytes = Array(message.utf8)
        return MessageParser.leaves(of: bytes).map { part in
            var decoder = TransferDecoder(part.encoding)
            var out: [UInt8] = []
            decoder.decode(bytes[part.body], into: &out)
            decoder.finish(into: &out)
            return (part.contentType.subtype, out.text.replacing("\r\n", with: "\n"))
        }
    }

    @Test(arguments: ["", "Content-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\nContent-Language: en\n"])
    func anAlternativeKeepsTheTextAsItIs(_ fields: String) throws {
        let result = try injected(
            toHTML, plain("Hello <Vera>,\n\n  two blanks\n\nOn Monday, Vera wrote:\n> old & grey\n", fields))
        let parts = leaves(result)
        #expect(parts.map(\.type) == ["plain", "html"])
        #expect(parts[0].content == "Hello <Vera>,\n\n  two blanks\n\nOn Monday, Vera wrote:\n> old & grey\n")
        #expect(
            parts[1].content.replacing(GeneratedMail.picture, with: "◊") == """
                <html><body>
                Hello &lt;Vera&gt;,<br>
                <br>
                &nbsp; two blanks<br>
                <br>
                On Monday, Vera wrote:<br>
                ◊<blockquote type="cite" style="margin:0;padding:0;border:0">&gt; old &amp; grey<br>
                </blockquote></body></html>

                """)
        #expect(result.components("MIME-Version: 1.0") == 1)
        #expect(result.components("Content-Language") == (fields.isEmpty ? 0 : 1))
        // It is not done twice.
        #expect(throws: Untouched.alreadyTracked) {
            try Injector(options: InjectionOptions()) { _ in true }.place(in: Array(result.utf8))
        }
    }

    /// RFC 3676: lines that flow, quotation by quotation; stuffed blanks and the signature's line.
    @Test func flowedTextIsPutTogether() throws {
        let text = "One \nparagraph.\n >not quoted\n> quoted \n> too\n-- \nMe\n"
        let parts = leaves(try injected(toHTML, plain(text, "Content-Type: text/plain; format=flowed\n")))
        let html = parts[1].content.replacing(GeneratedMail.picture, with: "")
        #expect(html.contains("One paragraph.<br>\n&gt;not quoted<br>\n<blockquote"))
        #expect(html.contains(">&gt; quoted too<br>\n</blockquote>-- <br>\nMe<br>\n"))
    }

    @Test func aTextBesideAttachmentsBecomesAnAlternativeInItsPlace() throws {
        let mail = message(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=koi8-r\n"
                + "Content-Transfer-Encoding: quoted-printable\n\n=F0=D2\n--b\nContent-Type: image/png\n\nx\n--b--\n")
        let result = try injected(toHTML, mail)
        #expect(MessageParser.leaves(of: Array(result.utf8)).map(\.section) == ["1.1", "1.2", "2"])
        #expect(MessageParser.leaves(of: Array(result.utf8)).map(\.charset) == ["koi8-r", "koi8-r", nil])
        #expect(result.contains("\r\n=F0=D2\r\n--=_sentmark_0\r\n"))
        #expect(result.contains("\r\n=F0=D2<br>"))
    }

    @Test func aBoundaryThatIsInTheTextIsNotTaken() throws {
        #expect(try injected(toHTML, plain("a =_sentmark_0 b\n")).contains("boundary=\"=_sentmark_1\""))
    }

    @Test(arguments: [
        ("a\n", "a¦\n"), ("a\n\n\n", "a¦\n\n\n"),
        ("a\n\nOn Monday, Vera wrote:\n> b\n", "a¦\n\nOn Monday, Vera wrote:\n> b\n"),
        ("a\n> b\nc\n", "a¦\n> b\nc\n"), ("> b\nc\n", "¦> b\nc\n"),
        ("a\n\n-----Original Message-----\nb", "a¦\n\n-----Original Message-----\nb"),
        (
            "a\nb:\nc\n\nd\n________________________________\nFrom: e\n",
            "a\nb:\nc\n\nd¦\n________________________________\nFrom: e\n"
        ),
    ])
    func disclosureStandsBehindTheNewText(_ text: String, _ expected: String) throws {
        let place = TextDisclosure.endOfNewText(Array(text.utf8))
        var marked = text
        marked.insert("¦", at: text.utf8.index(text.startIndex, offsetBy: place))
        #expect(marked == expected)
    }

    @Test(arguments: [
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nHi.\n",
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nHi.\n",
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nSGku\n",
    ])
    func disclosureStandsInBothVersions(_ text: String) throws {
        let line = "Öffnen wird gemeldet."
        let mail = message(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\(text)--b\nContent-Type: text/html\n\n<p>Hi.</p>\n--b--\n"
        )
        let parts = leaves(try injected(injector { $0.disclosure = line }, mail))
        #expect(parts[0].content == "Hi.\n\n" + line)
        #expect(parts[1].content.contains("<p>Hi.</p><div"))
        #expect(parts[1].content.contains("&#214;ffnen wird gemeldet.</div><img"))
    }

    @Test(arguments: [
        "Content-Type: text/plain\n", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n",
        "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n",
    ])
    func aDisclosureThatCannotBeWrittenIsNotLeftOut(_ fields: String) {
        let mail = message(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\(fields)\nHi.\n--b\nContent-Type: text/html\n\n<p>a</p>\n--b--\n"
        )
        #expect(throws: Untouched.disclosure) { try injected(injector { $0.disclosure = "読まれると知らせます" }, mail) }
    }
}

extension String {
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
