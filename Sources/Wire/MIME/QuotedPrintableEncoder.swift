/// Writes quoted-printable (RFC 2045 6.7) into lines of which the first may have been begun, at most 76 characters each.
package struct QuotedPrintableEncoder {
    static let maximumLine = 76

    let lineEnd: [UInt8]
    /// Characters on the current line.
    private(set) var column: Int
    package private(set) var text: [UInt8] = []

    package init(lineEnd: [UInt8], column: Int = 0) {
        self.lineEnd = lineEnd
        self.column = column
    }

    /// CRLF and LF are hard line breaks. Lines are broken behind blanks and quotes where that is possible, so that a URL
    /// stays whole if a line can hold it.
    package mutating func encode(_ bytes: [UInt8]) {
        var word: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0d, index + 1 < bytes.count, bytes[index + 1] == 0x0a { continue }
            if byte == 0x0a {
                append(word: Self.protectingEnd(word))
                word = []
                text += lineEnd
                column = 0
                continue
            }
            word += Self.escaped(byte)
            if byte == 0x20 || byte == UInt8(ascii: "\"") {
                append(word: word)
                word = []
            }
        }
        append(word: word)
    }

    /// A soft break, unless the line is empty or `more` characters, and a soft break after them, still have room on it.
    mutating func breakLine(unlessRoomFor more: Int) {
        guard column > 0, column + more > Self.maximumLine else { return }
        softBreak()
    }

    private mutating func softBreak() {
        text += [UInt8(ascii: "=")] + lineEnd
        column = 0
    }

    private mutating func append(word: [UInt8]) {
        guard !word.isEmpty else { return }
        breakLine(unlessRoomFor: word.count + 1)
        var index = 0
        while index < word.count {
            let length = word[index] == UInt8(ascii: "=") ? 3 : 1
            if column + length + 1 > Self.maximumLine { softBreak() }
            // A line that begins with a dot is one that careless transports spoil.
            let isDot = column == 0 && word[index] == UInt8(ascii: ".")
            text += isDot ? Self.hex(word[index]) : Array(word[index..<(index + length)])
            column += isDot ? 3 : length
            index += length
        }
    }

    /// A blank before a line end would be dropped by transports.
    private static func protectingEnd(_ word: [UInt8]) -> [UInt8] {
        guard let last = word.last, last == 0x20 else { return word }
        return word.dropLast() + hex(last)
    }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "=") ? [byte] : hex(byte)
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
