import Testing

@testable import sentmark

@Suite struct SendmailArgumentsTests {
    @Test func mutt() throws {
        let read = try SendmailArguments(["-oem", "-oi", "-f", "me@example.org", "--", "a@b.example", "c@d.example"])
        #expect(read.ignoresDots && !read.readsRecipients && read.sender == "me@example.org")
        #expect(read.recipients == ["a@b.example", "c@d.example"] && read.mode == .deliver)
    }

    @Test func gitSendEmail() throws {
        let read = try SendmailArguments(["-i", "a@b.example", "c@d.example", "-f", "me@example.org"])
        #expect(read.ignoresDots && read.recipients == ["a@b.example", "c@d.example"])
        #expect(read.sender == "me@example.org")
    }

    @Test func everythingInOneWord() throws {
        let read = try SendmailArguments([
            "-t", "-fme@example.org", "-FAnn B.", "-Nsuccess,delay", "-Rhdrs", "-VX1", "-B8BITMIME", "-bm", "-v",
        ])
        #expect(read.readsRecipients && read.sender == "me@example.org" && read.fullName == "Ann B.")
        #expect(read.notify == "success,delay" && read.returns == "hdrs" && read.envelopeID == "X1" && read.isEightBit)
    }

    @Test(arguments: [
        (["-bs"], SendmailArguments.Mode.smtp), (["-bp"], .other("-bp")), (["-q15m"], .other("-q15m")),
        (["-bi"], .other("-bi")), ([], .deliver),
    ])
    func modes(_ words: [String], _ mode: SendmailArguments.Mode) throws {
        #expect(try SendmailArguments(words).mode == mode)
    }

    @Test func theNullSender() throws {
        #expect(try SendmailArguments(["-f", "<>"]).sender == "")
        #expect(try SendmailArguments(["-f", ""]).sender == "")
    }

    @Test func listsAreTakenApart() throws {
        #expect(try SendmailArguments(["a@b, c@d", ",e@f"]).recipients == ["a@b", "c@d", "e@f"])
    }

    /// Whatever is behind "--" is an address, and an address that another program could take for an option is none.
    @Test(arguments: [["--", "-oQ/tmp"], ["--", "a@b", "-X/x"], ["a@b,-X"]])
    func anAddressIsNoOption(_ words: [String]) {
        #expect(throws: SendmailArguments.Problem.self) { try SendmailArguments(words) }
    }

    @Test(arguments: [(["-f"], "-f needs a value"), (["-z"], "-z is no option of sendmail")])
    func problems(_ words: [String], _ text: String) {
        #expect(throws: SendmailArguments.Problem(text: text)) { try SendmailArguments(words) }
    }
}

@Suite struct SendmailInputTests {
    /// In one piece, and cut at every place.
    private func read(_ text: String, ignoringDots: Bool) -> String {
        let bytes = Array(text.utf8)
        var results: Set<String> = []
        for cut in 0...bytes.count {
            var input = SendmailInput(ignoresDots: ignoringDots)
            var out: [UInt8] = []
            for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty { out += input.feed(Array(piece)) }
            out += input.feed([])
            #expect(input.hasEnded)
            results.insert(String(decoding: out, as: UTF8.self))
        }
        #expect(results.count == 1)
        return results.first ?? ""
    }

    @Test(arguments: [
        ("a\n.\nb\n", "a\n"), (".\nb\n", ""), ("a\n..\nb\n", "a\n..\nb\n"), ("a\n.\r\nb", "a\n"), ("a\n.", "a\n"),
        ("a.\n.b\n", "a.\n.b\n"), ("a", "a"), ("", ""), ("a\n.\r", "a\n"),
    ])
    func aDotAloneEndsIt(_ text: String, _ message: String) {
        #expect(read(text, ignoringDots: false) == message)
        #expect(read(text, ignoringDots: true) == text)
    }

    @Test(arguments: [
        ("a\nb\n", "a\r\nb\r\n", false), ("a\r\nb\r\n", "a\r\nb\r\n", false), ("a\r\nb\n", "a\r\nb\r\n", false),
        ("a", "a\r\n", false), ("", "", false), ("a\rb\n", "a\rb\r\n", true), ("a\r", "a\r\r\n", true),
        ("\n\n", "\r\n\r\n", false),
    ])
    func linesBecomeThoseOfTheWire(_ text: String, _ wire: String, _ hasLoneReturn: Bool) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var lines = NetworkLines()
            var out = lines.feed(Array(bytes[..<cut])) + lines.feed(Array(bytes[cut...]))
            out += lines.finish(after: out.last)
            #expect(String(decoding: out, as: UTF8.self) == wire)
            #expect(lines.hasLoneReturn == hasLoneReturn)
        }
    }
}
