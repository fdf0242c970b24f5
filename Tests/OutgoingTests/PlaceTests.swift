import MIME
import MailGenerator
import Testing

@testable import Outgoing

func message(_ lines: String, lineEnd: String = "\r\n") -> [UInt8] {
    Array(lines.replacing("\n", with: lineEnd).utf8)
}

func html(_ content: String, _ fields: String = "Content-Type: text/html; charset=utf-8\n") -> [UInt8] {
    message("From: me@example.org\nMIME-Version: 1.0\n\(fields)\n\(content)")
}

func injector(_ change: (inout InjectionOptions) -> Void = { _ in }) -> Injector {
    var options = InjectionOptions()
    options.short = .inject
    change(&options)
    return Injector(options: options) { $0.text == GeneratedMail.quotedToken }
}

func injected(_ injector: Injector, _ message: [UInt8]) throws(Untouched) -> String {
    let edits = try injector.place(in: message).edits(picture: GeneratedMail.picture)
    return String(decoding: MessageEdit.apply(edits, to: message), as: UTF8.self)
}

/// As it stands in the outcome, short.
private func marked(_ text: String) -> String {
    text.replacing("<img\r\nsrc", with: "<img src").replacing("\r\n>", with: ">").replacing(
        GeneratedMail.picture, with: "◊")
}

struct PlaceTests {
    @Test(arguments: ClientForm.all.map { ($0.name, $0.before, $0.after) })
    func standsBehindTheNewTextAndBeforeTheQuotation(_ name: String, before: String, after: String) throws {
        let text = before.replacing("%T", with: "New text.")
        let rest = after.replacing("%T", with: "New text.").replacing("%Q", with: "<p>Old text.</p>")
        let result = marked(try injected(injector(), html(text + rest)))
        // In a fragment the last line end stays behind the picture.
        #expect(result.hasSuffix(message(text + "◊" + rest).text))
    }

    @Test(arguments: [
        ("<p>a</p>", "<p>a</p>◊"), ("<p>a</p>\n\n", "<p>a</p>◊\r\n\r\n"), ("a</body></html>b", "a◊</body></html>b"),
        ("a</body ></html>", "a◊</body ></html>"), ("<blockquote>a</blockquote>b", "◊<blockquote>a</blockquote>b"),
        ("<template><p>a</template>b", "<template><p>a</template>b◊"), ("<p>1 < 2</p>", "<p>1 < 2</p>◊"),
        ("<title>< b</title>a", "<title>< b</title>a◊"), ("<!-- </body> -->a", "<!-- </body> -->a◊"),
        ("<a b='</body>'>a</a>", "<a b='</body>'>a</a>◊"), ("<p class=gmail_quote>a", "◊<p class=gmail_quote>a"),
        ("<p class=gmail_quotes>a", "<p class=gmail_quotes>a◊"),
        ("<div id=x_appendonsend>", "◊<div id=x_appendonsend>"),
    ])
    func finds(_ before: String, _ after: String) throws {
        #expect(marked(try injected(injector(), html(before))).hasSuffix("\r\n\r\n" + after))
    }

    /// Where readers differ about what is markup.
    @Test(arguments: [
        "<!-- a", "<p", "<p title='a", "<script>a", "<plaintext>a", "<style>a", "<script><!-- </script>a", "a<",
        "<!--> a -->", "<!-- a --!> b -->", "<!D <p>>a", "<template>a", "<select><option>a", "<svg>a", "<title/>a",
        "<![if !mso]>a", "<frameset>", "", "<title></body></title>a", "<script></b></script>a", "<p<b>a", "<p é=x>a",
        "<p a=<b>c", "</p x>a",
        "<svg></template></svg>a", "<p \"a\">b",
    ])
    func leavesAloneWhatIsDoubtful(_ content: String) {
        #expect(throws: Untouched.noPlace) { try injected(injector(), html(content)) }
    }

    @Test func staysWithinWhatGmailShows() throws {
        let long = String(repeating: "<p>Lorem ipsum dolor sit amet.</p>\n", count: 5_000)
        let result = marked(try injected(injector(), html(long)))
        let place = try #require(result.firstRange(of: "◊")).lowerBound
        let before = result[..<place].utf8.count
        #expect(before > 90_000 && before < 100_000)
        #expect(result[place...].hasPrefix("◊<p>Lorem"))
        #expect(throws: Untouched.noPlace) {
            try injected(injector(), html(String(repeating: "text without a tag, ", count: 10_000)))
        }
    }

    /// What a client may make of a picture that was pasted: one tag that is longer than all that is shown.
    @Test func standsBeforeATagThatIsTooLong() throws {
        let picture = "<img src=\"data:image/png;base64,\(String(repeating: "QUJD", count: 40_000))\">"
        let result = marked(try injected(injector(), html("<p>a</p><div>\(picture)</div>")))
        #expect(result.contains("<p>a</p>◊<div><img"))
    }

    @Test func takesOwnTokensOutOfQuotedText() throws {
        let own = "<img src=\"https://px.example.org/i/\(GeneratedMail.quotedToken).gif\">"
        let other = own.replacing(GeneratedMail.quotedToken.prefix(4), with: "iaab")
        let mail = html("<p>a</p><blockquote>b\(own)c\(other)</blockquote>")
        #expect(marked(try injected(injector(), mail)).hasSuffix("<p>a</p>◊<blockquote>bc\(other)</blockquote>"))
        let kept = marked(try injected(injector { $0.stripQuoted = false }, mail))
        #expect(kept.hasSuffix("<p>a</p>◊<blockquote>b\(own)c\(other)</blockquote>"))
        #expect(throws: Untouched.alreadyTracked) { try injected(injector(), html("<p>\(own)</p>")) }
    }

    @Test func asksWhetherThereIsLittleHTML() throws {
        let short = html("<p>a</p></body>")
        #expect(throws: Untouched.short) { try injected(injector { $0.short = .skip }, short) }
        #expect(
            try injected(injector { $0.short = .inject }, short).hasSuffix("<p>a</p>\(GeneratedMail.picture)</body>"))
        let padded = try injected(injector { $0.short = .pad }, short)
        let body = try #require(padded.firstRange(of: "\r\n\r\n")).upperBound
        #expect(padded[body...].utf8.count > InjectionOptions.shortLimit)
        #expect(padded[body...].utf8.count < InjectionOptions.shortLimit + 100)
        #expect(padded[body...].hasPrefix("<p>a</p><!--"))
        #expect(padded.hasSuffix("-->\(GeneratedMail.picture)</body>"))
        let long = html(String(repeating: "<p>a</p>\n", count: 1_000))
        #expect(try !injected(injector { $0.short = .pad }, long).contains("<!--"))
        #expect(try injected(injector { $0.short = .skip }, long).contains(GeneratedMail.picture))
    }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}
