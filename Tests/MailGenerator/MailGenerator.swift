import Outgoing

/// Makes mails of all kinds: as clients write them, of the kinds that are never touched, and damaged ones.
package enum MailGenerator {
    /// The same mail for the same seed.
    package static func mail(seed: UInt64) -> GeneratedMail {
        var dice = Dice(seed: seed)
        let lineEnd: [UInt8] = dice.once(in: 4) ? [0x0a] : [0x0d, 0x0a]
        let draft = MailDraft(&dice, lineEnd: lineEnd)
        switch dice.number(1...10) {
        case 1...5: return draft.mail()
        case 6...8: return Forbidden.mail(draft, &dice)
        default: return Damage.mail(draft.mail(), &dice)
        }
    }
}

/// A good mail, until something is done to it.
struct MailDraft {
    let lineEnd: [UInt8]
    let letter: Letter
    let coding: PlainCoding
    var header: [String]
    var part: MailWriter.Part
    let preamble: String
    let epilogue: String

    init(_ dice: inout Dice, lineEnd: [UInt8]) {
        self.lineEnd = lineEnd
        let charset = dice.pick([
            "utf-8", "utf-8", "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "iso-8859-2", "koi8-r", "iso-2022-jp",
            "shift_jis", "gbk",
        ])
        letter = Letter(&dice, lineEnd: lineEnd, charset: charset)
        let isASCII = letter.content.allSatisfy { $0 < 0x80 }
        coding = dice.pick(isASCII ? PlainCoding.allCases : [.eightBit, .quotedPrintable, .base64])
        preamble = dice.once(in: 3) ? "This is a multi-part message in MIME format." : ""
        epilogue = dice.once(in: 5) ? "-- \nfooter" : ""
        header = Self.header(&dice)
        part = Self.leaf(letter, coding, &dice, lineEnd)
        for _ in 0..<dice.number(0...3) { part = Self.wrapped(part, &dice, lineEnd) }
    }

    func mail(_ description: String = "", fate: GeneratedMail.Fate = .touched) -> GeneratedMail {
        var writer = MailWriter(lineEnd: lineEnd)
        writer.write(header: header, part, preamble: preamble, epilogue: epilogue)
        let html = writer.letter.map {
            GeneratedMail.HTML(
                range: $0, coding: coding, content: letter.content, place: letter.place, ownImage: letter.ownImage)
        }
        // Where ISO 2022 has no tag behind the place, it is not safe.
        let isUnsafe = fate == .touched && letter.content.contains(0x1b) && !isTag(letter.place)
        return GeneratedMail(
            description: "\(letter.form.name), \(letter.charset), \(coding.rawValue) \(description)",
            bytes: writer.bytes,
            fate: isUnsafe ? .untouched([.noPlace]) : fate, html: html)
    }

    private func isTag(_ place: Int) -> Bool { place < letter.content.count && letter.content[place] == 0x3c }

    private static func header(_ dice: inout Dice) -> [String] {
        var fields = [
            "From: Me <me@example.org>", "To: Vera <vera@example.net>",
            "Subject: " + dice.pick(["Offer", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "a long one\n that is folded"]),
            "Date: Mon, 23 Nov 2026 10:00:00 +0100", "Message-ID: <\(dice.number(1...1_000_000))@example.org>",
            "MIME-Version: 1.0", "X-Mailer: Some Client 1.0",
        ]
        if dice.once(in: 5) { fields.insert("Received: from a by b; Mon, 23 Nov 2026 10:00:00 +0100", at: 0) }
        fields.shuffle(using: &dice)
        return fields
    }

    private static func leaf(
        _ letter: Letter, _ coding: PlainCoding, _ dice: inout Dice, _ lineEnd: [UInt8]
    ) -> MailWriter.Part {
        let width = coding == .base64 ? dice.pick([76, 76, 72, 64, 60]) : dice.pick([76, 76, 70, 40])
        var fields = ["Content-Type: text/html; charset=\(letter.charset)"]
        if coding != .sevenBit || !dice.once(in: 2) { fields.append("Content-Transfer-Encoding: \(coding.rawValue)") }
        if dice.once(in: 4) { fields[0] = "content-TYPE: Text/HTML;\n\tCharset=\"\(letter.charset.uppercased())\"" }
        if dice.once(in: 6) { fields.append("Content-Disposition: inline") }
        fields.shuffle(using: &dice)
        return .leaf(
            header: fields, body: coding.encode(letter.content, width: width, lineEnd: lineEnd), isLetter: true)
    }

    static func boundary(_ dice: inout Dice) -> String {
        let number = String(dice.next(), radix: 36)
        return dice.pick([
            "----=_Part_\(number)", "Apple-Mail=_\(number)", "_000_\(number)_", "=-=\(number)=-=", "\(number)",
            "b'\(number)(),./:?",
        ])
    }

    private static func wrapped(_ part: MailWriter.Part, _ dice: inout Dice, _ lineEnd: [UInt8]) -> MailWriter.Part {
        let boundary = boundary(&dice)
        func multipart(_ subtype: String, _ parts: [MailWriter.Part], _ parameters: String = "") -> MailWriter.Part {
            .multipart(subtype: subtype, boundary: boundary, parameters: parameters, parts: parts)
        }
        let attachment = attachment(&dice, lineEnd)
        switch dice.number(1...4) {
        case 1:
            let text = Array("Thank you for the call.".utf8) + lineEnd + Array("> quoted".utf8) + lineEnd
            let plain = MailWriter.Part.leaf(
                header: ["Content-Type: text/plain; charset=utf-8"], body: text, isLetter: false)
            return multipart("alternative", [plain, part])
        case 2: return multipart("related", [part, attachment], dice.pick(["", "; type=\"text/html\""]))
        case 3: return multipart("mixed", [part, attachment])
        default: return multipart("mixed", [part])
        }
    }

    static func attachment(_ dice: inout Dice, _ lineEnd: [UInt8]) -> MailWriter.Part {
        let content = (0..<dice.number(0...400)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
        return .leaf(
            header: [
                "Content-Type: "
                    + dice.pick(["image/png", "application/pdf; name=\"a.pdf\"", "text/html; name=page.html"]),
                "Content-Transfer-Encoding: base64", "Content-Disposition: attachment; filename=\"a\"",
            ], body: PlainCoding.base64.encode(content, width: 76, lineEnd: lineEnd), isLetter: false)
    }
}
