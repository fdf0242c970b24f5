import MIME
import MailGenerator
import Testing

@testable import Outgoing

/// Messages that go out as they are, each with its reason.
struct UntouchedTests {
    private static let part = "--b\nContent-Type: text/html\n\n<p>a</p>\n"

    private static func multipart(_ subtype: String, _ rest: String) -> String {
        "MIME-Version: 1.0\nContent-Type: multipart/\(subtype); boundary=b\n\n\(part)\(rest)"
    }

    private static func mixed(_ header: String) -> String { multipart("mixed", "--b\n\(header)\n\nx\n--b--\n") }

    static let messages: [(Untouched, String)] = [
        (.signed, multipart("signed", "--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n")),
        (.signed, mixed("Content-Type: application/pkcs7-signature")),
        (.signed, "Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nMIIB\n"),
        (.encrypted, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB\n"),
        (.encrypted, mixed("Content-Type: application/octet-stream; name=smime.p7m")),
        (.encrypted, multipart("encrypted", "--b--\n")),
        (.inlinePGP, "Content-Type: text/html\n\n<p>-----BEGIN PGP MESSAGE-----</p>\n"),
        (.inlinePGP, "Content-Type: text/html\n\n<p>-- -------BEGIN PGP MESSAGE-----</p>\n"),
        (
            .inlinePGP,
            "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>---=\n--BEGIN=20PGP MESSAGE-----\n"
        ),
        (.inlinePGP, mixed("Content-Type: text/plain\n\n-----BEGIN PGP SIGNED MESSAGE-----")),
        (.dkim, "DKIM-Signature: v=1\n" + multipart("mixed", "--b--\n")),
        (.dkim, "arc-message-signature: i=1\n" + multipart("mixed", "--b--\n")),
        (.checksum, "Content-MD5: x\nContent-Type: text/html\n\n<p>a</p>\n"),
        (.calendar, mixed("Content-Type: text/calendar; method=REQUEST")),
        (.calendar, mixed("Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=a.ics")),
        (.report, multipart("report", "--b\nContent-Type: message/delivery-status\n\nx\n--b--\n")),
        (.report, mixed("Content-Type: message/disposition-notification")),
        (.attachedMessage, mixed("Content-Type: message/rfc822\n\nSubject: a")),
        (.fragment, mixed("Content-Type: message/external-body; access-type=URL")),
        (.winmail, mixed("Content-Type: application/ms-tnef")),
        (.winmail, mixed("Content-Type: application/octet-stream; name=\"Winmail.dat\"")),
        (.amp, multipart("alternative", "--b\nContent-Type: text/x-amp-html\n\nx\n--b--\n")),
        (.textOnly, "From: me\n\nJust text.\n"),
        (.textOnly, "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nText.\n\(part)--b--\n"),
        (.noText, "Content-Type: text/html\nContent-Disposition: attachment\n\n<p>a</p>\n"),
        (.noText, "Content-Type: text/html; name=page.html\n\n<p>a</p>\n"),
        (.noText, "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n"),
        (.severalBodies, multipart("alternative", "\(part)--b--\n")),
        (
            .severalBodies,
            "Content-Type: multipart/related; start=\"<x>\"; boundary=b\n\n\(part)--b\n\nx\n--b--\n"
        ),
        (.malformedHeader, "Content-Type: text/html\nContent-Type: text/plain\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: text/html\nthis is no field\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type : text/html\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: text/html\n \t\nSubject: a\n\n<p>a</p>\n"),
        (.malformedHeader, " From: a\nContent-Type: text/html\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: text/html; charset=utf-8 x\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: text/html (a comment)\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: text/html; charset=\"utf-8\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: html\n\n<p>a</p>\n"),
        (.malformedHeader, "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n\(part)--b--\n"),
        (.malformedHeader, "Content-Type: multipart/mixed; boundary*0=b\n\n\(part)--b--\n"),
        (
            .malformedHeader,
            "Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=b\n\n\(part)--b--\n"
        ),
        (.malformedHeader, multipart("mixed", "--b\nContent-Type: image/png\n--b--\n")),
        (.malformedStructure, multipart("mixed", "")),
        (.malformedStructure, multipart("mixed", "--b-\n--bc\n--b--\n")),
        (.malformedStructure, multipart("mixed", "--b--\n--b\n\nx\n")),
        (.malformedStructure, multipart("mixed", "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n--b--\n")),
        (
            .malformedStructure,
            multipart("mixed", "--b\nContent-Type: multipart/mixed; boundary=bc\n\n--bc\n\n--bc--\n--b--\n")
        ),
        (.malformedStructure, "Content-Type: multipart/mixed\n\n<p>a</p>\n"),
        (.lineEnds, "Content-Type: text/html\n\n<p>\ra</p>\n"),
        (.nul, "Content-Type: text/html\n\n<p>\u{0}a</p>\n"),
        (.transferEncoding, "Content-Type: text/html\nContent-Transfer-Encoding: x-uuencode\n\n<p>a</p>\n"),
        (.transferEncoding, "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable; x\n\n<p>a</p>\n"),
        (.transferEncoding, "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>a=b</p>\n"),
        (.transferEncoding, "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+\nYQ==\nPC9w\n"),
        (.charset, "Content-Type: text/html; charset=utf-7\n\n<p>a</p>\n"),
        (.charset, "Content-Type: text/html; charset=utf-16\n\n<p>a</p>\n"),
        (.charset, "Content-Type: text/html; charset=utf-8\n\n<p>\u{1b}$B</p>\n"),
        (.charset, "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n//48AHAAPgBhAA==\n"),
        (.noPlace, "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n--b--\n"),
        (.noPlace, "Content-Type: text/html; charset=iso-2022-jp\n\n\u{1b}$B<>\u{1b}(B\n"),
    ]

    @Test(arguments: messages) func passes(_ reason: Untouched, _ text: String) {
        for lineEnd in ["\n", "\r\n"] {
            #expect(throws: reason) { try injector().place(in: message(text, lineEnd: lineEnd)) }
        }
    }

    @Test func mixedLineEndsAreNobodysGuess() {
        #expect(throws: Untouched.lineEnds) {
            try injector().place(in: Array("Content-Type: text/html\r\n\r\n<p>\na</p>\r\n".utf8))
        }
    }

    /// None of these would do for the tests above if the message around it were not a good one.
    @Test func whatIsAroundIsGood() throws {
        for text in [
            Self.mixed("Content-Type: image/png"), Self.multipart("mixed", "--b--\n"),
            Self.multipart("alternative", "--b--\n"),
        ] {
            _ = try injector().place(in: message(text))
        }
    }

    @Test func manyPartsAndFieldsAreTooMany() {
        let parts = String(repeating: "--b\n\nx\n", count: 2_000)
        #expect(throws: Untouched.tooManyParts) {
            try injector().place(in: message(Self.multipart("mixed", "\(parts)--b--\n")))
        }
        let multiparts = (0..<5_000).map { "--b\nContent-Type: multipart/mixed; boundary=c\($0)\n\n" }.joined()
        #expect(throws: (any Error).self) { try injector().place(in: message(Self.multipart("mixed", multiparts))) }
        let fields = String(repeating: "X-A: b\n", count: 500_000)
        #expect(throws: Untouched.malformedHeader) {
            try injector().place(in: message(fields + "Content-Type: text/html\n\n<p>a</p>\n"))
        }
    }

    @Test func everyReasonSaysItInWords() {
        #expect(Set(Untouched.allCases.map(\.explanation)).count == Untouched.allCases.count)
        for reason in Untouched.allCases {
            #expect(reason.explanation.first?.isLowercase == true && reason.explanation.last != ".", "\(reason)")
        }
    }

    /// A line of 10 MB and others. By number: a test's output names its arguments.
    private static let floods = [
        String(repeating: "a", count: 10_000_000), "<p title=\"" + String(repeating: "a ", count: 500_000),
        String(repeating: "<b>", count: 100_000), String(repeating: "<", count: 300_000),
        String(repeating: "<!", count: 150_000), String(repeating: "--x\n", count: 100_000),
        String(repeating: "-----BEGIN PG", count: 50_000),
    ]

    /// Each ends in the time of a few passes. The benchmarks say how long that is.
    @Test(arguments: floods.indices)
    func endsWhateverItIsGiven(_ flood: Int) {
        let content = Self.floods[flood]
        let reasons: [Untouched] = [.noPlace, .malformedStructure]
        for mail in [html(content), message(Self.multipart("mixed", content))] {
            do {
                _ = try injector().place(in: mail)
                Issue.record("there is no place in \(content.prefix(20))")
            } catch {
                #expect(reasons.contains(error))
            }
        }
    }
}
