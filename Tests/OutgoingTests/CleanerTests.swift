import MIME
import MailGenerator
import Testing

@testable import Outgoing

/// A copy that was filed as it was sent becomes what was written.
struct CleanerTests {
    private static let cleaner = Cleaner { $0.text == GeneratedMail.token }
    private static let other = GeneratedMail.picture.replacing(GeneratedMail.token, with: GeneratedMail.quotedToken)

    private func cleaned(_ message: [UInt8]) throws(Untouched) -> [UInt8]? {
        try Self.cleaner.cleaning(of: message).map { MessageEdit.apply($0.edits, to: message) }
    }

    /// Whatever mail a picture is put into, it comes out again, and nothing else.
    @Test func undoesWhatIsPutIn() throws {
        var (exact, blanked) = (0, 0)
        for seed in 0..<UInt64(900) {
            let mail = MailGenerator.mail(seed: seed)
            var options = InjectionOptions()
            options.short = seed.isMultiple(of: 2) ? .pad : .inject
            options.stripQuoted = false
            let injector = Injector(options: options) { $0.text == GeneratedMail.quotedToken }
            guard let placement = try? injector.place(in: mail.bytes) else { continue }
            let sent = MessageEdit.apply(placement.edits(picture: GeneratedMail.picture), to: mail.bytes)
            let copy = try #require(try cleaned(sent), "seed \(seed)")
            #expect(try cleaned(copy) == nil, "seed \(seed): a token is left")
            if mail.html?.coding == .base64 {
                blanked += 1
                expectSameText(copy, mail.bytes, seed)
            } else if mail.html != nil {
                exact += 1
                let isExact = copy == mail.bytes
                #expect(isExact, "seed \(seed): \(mail.description)")
            }
        }
        #expect(exact > 100 && blanked > 30)
    }

    /// Parts and fields as they were; the HTML but for blanks.
    private func expectSameText(_ copy: [UInt8], _ original: [UInt8], _ seed: UInt64) {
        let (after, before) = (MessageParser.leaves(of: copy), MessageParser.leaves(of: original))
        #expect(after.count == before.count, "seed \(seed)")
        for (new, old) in zip(after, before) {
            let texts = [(new, copy), (old, original)].map { leaf, message in
                LeafText(message, body: leaf.body, encoding: leaf.encoding)?.content.filter { $0 != 0x20 }
            }
            #expect(texts[0] == texts[1], "seed \(seed)")
        }
    }

    @Test func takesOutItsOwnPictureAndNoOther() throws {
        let picture = GeneratedMail.picture
        let text = "<p>a</p>\(picture)<blockquote>b\(Self.other)</blockquote>"
        #expect(try cleaned(html(text)) == html(text.replacing(picture, with: "")))
        #expect(try cleaned(html("<p>a</p>\(Self.other)")) == nil)
        #expect(try cleaned(html("<p>a</p><blockquote>\(picture)</blockquote>")) == nil)
        // A comment of the user's stays.
        let comment = "<p>a</p><!-- mine -->"
        #expect(try cleaned(html(comment + picture)) == html(comment))
        #expect(try cleaned(html("<p>a</p>\(picture)<p>b</p>\(picture)")) == html("<p>a</p><p>b</p>"))
    }

    @Test func namesItsTokensInTheHeader() throws {
        let message = html("<p>a</p>\(GeneratedMail.picture)")
        let cleaning = try #require(try Self.cleaner.cleaning(of: message))
        let field = Array("X-Sentmark-Token: \(GeneratedMail.token)\r\n".utf8)
        #expect(cleaning.copy(of: message) == field + html("<p>a</p>"))
    }

    @Test(arguments: [
        (Untouched.dkim, html("<p>a</p>\(GeneratedMail.picture)", "DKIM-Signature: v=1\nContent-Type: text/html\n")),
        (.noPlace, html("<p style=\"background:url(https://px.example.org/i/\(GeneratedMail.token).gif)\">a</p>")),
        (.noPlace, html("<p é=x>a</p>\(GeneratedMail.picture)")),
        (.textOnly, html("text", "Content-Type: text/plain\n")),
        (.lineEnds, html("<p>a</p>\r\(GeneratedMail.picture)")),
        (.signed, html("--b\n\(GeneratedMail.picture)--b--\n", "Content-Type: multipart/signed; boundary=b\n")),
    ])
    func leavesAloneWhatIsDoubtful(_ reason: Untouched, _ message: [UInt8]) {
        #expect(throws: reason) { try cleaned(message) }
    }
}
