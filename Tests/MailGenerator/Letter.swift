/// HTML as some client would write it, in some charset.
struct Letter {
    let form: ClientForm
    let charset: String
    let content: [UInt8]
    let place: Int
    let ownImage: Range<Int>?

    init(_ dice: inout Dice, lineEnd: [UInt8], charset: String) {
        form = dice.pick(ClientForm.all)
        self.charset = charset
        let isLong = dice.once(in: 3)
        let text = Letter.text(&dice, charset: charset, sentences: isLong ? 60 : dice.number(1...6), lineEnd: lineEnd)
        let quoted = Letter.text(&dice, charset: charset, sentences: dice.number(1...8), lineEnd: lineEnd)
        let image: [UInt8] =
            dice.once(in: 3) ? Letter.image(&dice, token: GeneratedMail.quotedToken) : []
        let other: [UInt8] = dice.once(in: 4) ? Array("<img src=\"https://t.other.example/o/1.gif\">".utf8) : []
        func lines(_ text: String) -> [UInt8] { Letter.fold(Array(text.utf8), lineEnd) }
        func fill(_ template: String, _ mark: String, _ text: [UInt8]) -> [UInt8] {
            guard let range = template.range(of: mark) else { return lines(template) }
            return lines(String(template[..<range.lowerBound])) + text + lines(String(template[range.upperBound...]))
        }
        let before = fill(form.before, "%T", text)
        var after = lines(form.after)
        var imageRange: Range<Int>?
        if let mark = form.after.range(of: "%Q") {
            let start = lines(String(form.after[..<mark.lowerBound])) + quoted + other
            if !image.isEmpty { imageRange = start.count..<start.count + image.count }
            after = start + image + fill(String(form.after[mark.upperBound...]), "%T", text)
        }
        let isEmpty = after.allSatisfy { $0 == 0x0d || $0 == 0x0a }
        place = isEmpty ? (before.lastIndex { $0 > 0x20 } ?? -1) + 1 : before.count
        content = before + after
        ownImage = imageRange.map { $0.lowerBound + before.count..<$0.upperBound + before.count }
    }

    private static func fold(_ text: [UInt8], _ lineEnd: [UInt8]) -> [UInt8] {
        text.flatMap { $0 == 0x0a ? lineEnd : [$0] }
    }

    private static func image(_ dice: inout Dice, token: String) -> [UInt8] {
        let url = "https://px.example.org/i/\(token).gif"
        return Array(
            dice.pick([
                "<img src=\"\(url)\" alt=\"\" width=\"1\" height=\"1\">", "<IMG alt='' SRC='\(url.uppercased())'>",
                "<img width=1 src=\(url) height=1>", "<img\nsrc = \"https://ci3.proxy.example/x#\(url)\" />",
            ]).replacing("\n", with: " ").utf8)
    }

    /// Sentences of the charset's letters, without a blank at either end.
    static func text(_ dice: inout Dice, charset: String, sentences: Int, lineEnd: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for number in 0..<sentences {
            if number > 0 { out += dice.once(in: 3) ? Array("<br>".utf8) + lineEnd : [0x20] }
            out += Array(dice.pick(ascii).utf8)
            if let other = special[charset], dice.once(in: 2) { out += dice.pick(other) }
            out += Array(dice.pick(["", "&nbsp;x", "&#8217;s", " a=b=3D", " <b>bold</b>", " 100%", " ."]).utf8)
        }
        return out + Array("end".utf8)
    }

    private static let ascii = [
        "Thank you for the call.", "I attach the offer as we discussed it", "=?utf-8?Q?no_word?=", "From here on",
        "--", ".", "a very-long-word-" + String(repeating: "x", count: 90), "See https://example.org/a?b=c&d=e",
        "-----Original Message-----", "On Monday you wrote:",
    ]

    /// In ISO 2022 the bytes between the shifts look like markup, and in Shift_JIS second bytes like ASCII.
    private static let special: [String: [[UInt8]]] = [
        "utf-8": ["Grüße", "日本語", "🙂", "a\u{300}"].map { Array($0.utf8) },
        "iso-8859-1": [[0x47, 0x72, 0xfc, 0xdf, 0x65], [0xe9]], "windows-1252": [[0x80, 0x93, 0x94]],
        "iso-8859-2": [[0xb1, 0xe6]], "koi8-r": [[0xf0, 0xd2, 0xc9]],
        "iso-2022-jp": [
            [0x1b, 0x24, 0x42, 0x3c, 0x2f, 0x62, 0x6f, 0x3e, 0x21, 0x1b, 0x28, 0x42],
            [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x4a],
        ],
        "shift_jis": [[0x83, 0x5c, 0x95, 0x5c], [0x82, 0xa0]], "gbk": [[0x81, 0x5c, 0xc4, 0xe3]],
    ]
}

extension String {
    /// The first place of `text`.
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
