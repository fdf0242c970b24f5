/// Encoded words in header text (RFC 2047).
enum EncodedWords {
    /// What people see: encoded words decoded, blanks between two of them dropped, raw 8-bit bytes read as UTF-8 or
    /// else windows-1252, and nothing left that would steer a terminal. A word that is damaged stays as it is written.
    static func decode(_ bytes: [UInt8]) -> String {
        var text = ""
        var pending: (charset: Charset, bytes: [UInt8])?
        var plainStart = 0
        var index = 0
        while index + 1 < bytes.count {
            guard bytes[index] == UInt8(ascii: "="), bytes[index + 1] == UInt8(ascii: "?"),
                let word = EncodedWord(bytes, at: index)
            else {
                index += 1
                continue
            }
            let between = bytes[plainStart..<index]
            if pending == nil || !between.allSatisfy(\.isBlankOrLineEnd) {
                text += take(&pending) + Charset.unknown.decode(Array(between))
            }
            // Careless writers split a character over two words: words of one charset are decoded as one.
            if pending?.charset == word.charset {
                pending?.bytes += word.content
            } else {
                text += take(&pending)
                pending = (word.charset, word.content)
            }
            index = word.end
            plainStart = word.end
        }
        text += take(&pending) + Charset.unknown.decode(Array(bytes[plainStart...]))
        return harmless(text)
    }

    private static func take(_ pending: inout (charset: Charset, bytes: [UInt8])?) -> String {
        defer { pending = nil }
        return pending.map { $0.charset.decode($0.bytes) } ?? ""
    }

    /// Control characters and those that turn the direction of text would let a stranger write on the user's screen.
    private static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { out.append(isControl(scalar) ? " " : scalar) }
        return String(out)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}

/// `=?charset?encoding?text?=`; longer than the RFC's 75 characters is accepted, since writers fail to split.
struct EncodedWord {
    static let maximumLength = 2_000

    let charset: Charset
    let isBase64: Bool
    let start: Int
    /// Where the encoded text lies.
    let text: Range<Int>
    let content: [UInt8]
    /// After the final `?=`.
    let end: Int

    init?(_ bytes: [UInt8], at start: Int) {
        let limit = min(bytes.count, start + Self.maximumLength)
        let question = UInt8(ascii: "?")
        guard
            let charsetEnd = bytes[(start + 2)..<min(limit, start + 66)].firstIndex(where: {
                $0 == question || $0 <= 0x20
            }),
            bytes[charsetEnd] == question, charsetEnd > start + 2, charsetEnd + 2 < limit,
            bytes[charsetEnd + 2] == question
        else { return nil }
        // RFC 2231 5: a language may follow the charset.
        let label = bytes[(start + 2)..<charsetEnd].prefix { $0 != UInt8(ascii: "*") }
        isBase64 = bytes[charsetEnd + 1].lowercased == UInt8(ascii: "b")
        guard isBase64 || bytes[charsetEnd + 1].lowercased == UInt8(ascii: "q"),
            let textEnd = Self.textEnd(bytes, from: charsetEnd + 3, limit, isBase64)
        else { return nil }
        self.start = start
        text = charsetEnd + 3..<textEnd
        charset = Charset(label: label.lowercasedText)
        end = textEnd + 2
        content = isBase64 ? Base64Decoder.decode(bytes[text]) : Self.decodeQ(bytes[text])
    }

    /// A question mark inside is an error that Q survives; the beginning of another word is not.
    private static func textEnd(_ bytes: [UInt8], from start: Int, _ limit: Int, _ isBase64: Bool) -> Int? {
        var index = start
        while index + 1 < limit {
            let isMark = bytes[index] == UInt8(ascii: "?")
            if isMark, bytes[index + 1] == UInt8(ascii: "=") { return index }
            if isMark, isBase64 { return nil }
            if bytes[index] == UInt8(ascii: "="), bytes[index + 1] == UInt8(ascii: "?"),
                index + 2 >= limit || bytes[index + 2] != UInt8(ascii: "=")
            {
                return nil
            }
            index += 1
        }
        return nil
    }

    /// RFC 2047 4.2: like quoted-printable, with `_` for a blank.
    private static func decodeQ(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "="), index + 2 < text.endIndex, let high = text[index + 1].hexValue,
                let low = text[index + 2].hexValue
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(byte == UInt8(ascii: "_") ? 0x20 : byte)
                index += 1
            }
        }
        return out
    }
}
