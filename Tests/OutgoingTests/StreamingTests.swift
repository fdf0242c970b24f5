import MIME
import MailGenerator
import Testing

@testable import Outgoing

struct StreamingTests {
    /// A long message is decided about by its beginning; what comes after it need not be there.
    @Test func theBeginningIsEnough() throws {
        let part = "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
        let head = message(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n"
                + "--c\n\na\n--c\nContent-Type: text/html\n\n<p>a</p>\n--c--\n\(part)AAAA\n")
        let whole = head + message("AAAA\n--b--\n")
        let place = try injector().place(in: whole).edits(picture: GeneratedMail.picture)
        #expect(try injector().place(in: head, isComplete: false).edits(picture: GeneratedMail.picture) == place)
        // Complete, and its end missing, is another thing.
        #expect(throws: Untouched.malformedStructure) { try injector().place(in: head) }
    }

    @Test(arguments: [
        "Content-Type: text/html\n\n<p>a</p>\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>a</p>\n",
        "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>a</p>\n--b\nContent-Type: image/png\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx",
    ])
    func lessIsNot(_ head: String) {
        #expect(throws: Untouched.tooLong) { try injector().place(in: message(head), isComplete: false) }
    }

    @Test func editsAreTheSameHoweverTheMessageIsCut() throws {
        let bytes = Array("0123456789".utf8)
        let edits = [
            MessageEdit(offset: 8, removed: 2, inserted: Array("xy".utf8)),
            MessageEdit(offset: 0, removed: 0, inserted: [0x2d]),
            MessageEdit(offset: 3, removed: 4, inserted: []), MessageEdit(offset: 10, removed: 0, inserted: [0x21]),
        ]
        for first in 0...10 {
            for second in first...10 {
                var stream = EditedStream(edits)
                #expect(stream.growth == -2)
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map { stream.feed($0) }
                #expect((pieces.joined() + stream.finish()).elementsEqual("-0127xy!".utf8))
            }
        }
    }

    @Test func oneMessageTakesManyPictures() throws {
        let placement = try injector().place(in: html("<p>a</p>"))
        let other = GeneratedMail.picture.replacing("kaaa", with: "laaa")
        #expect(placement.edits(picture: GeneratedMail.picture) != placement.edits(picture: other))
    }
}
