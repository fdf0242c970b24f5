/// RFC 4648 4, as RFC 2045 6.8 uses it.
enum Base64Alphabet {
    static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let isMember: [Bool] = (0...255).map { characters.contains(UInt8($0)) }

    /// How many `=` the text ends with; `nil` if it holds anything but the alphabet before them.
    static func padding(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        let equals = UInt8(ascii: "=")
        let padding = text.suffix(2).reversed().prefix { $0 == equals }.count
        return isMember.withUnsafeBufferPointer { isMember in
            for byte in text.dropLast(padding) where !isMember[Int(byte)] { return nil }
            return padding
        }
    }
}

/// Writes base64 into lines of which the first may have been begun.
struct Base64Encoder {
    /// Characters of a full line; `nil` for one line without an end.
    let width: Int?
    let lineEnd: [UInt8]
    /// Characters on the current line.
    private(set) var column: Int
    private(set) var text: [UInt8] = []

    init(width: Int?, lineEnd: [UInt8], column: Int) {
        self.width = width
        self.lineEnd = lineEnd
        self.column = column
    }

    mutating func encode(_ bytes: some Collection<UInt8>) {
        var index = bytes.startIndex
        while index != bytes.endIndex {
            var group = UInt32(0)
            var count = 0
            while count < 3, index != bytes.endIndex {
                group = group << 8 | UInt32(bytes[index])
                index = bytes.index(after: index)
                count += 1
            }
            group <<= UInt32(8 * (3 - count))
            breakLineIfFull()
            for place in 0..<4 {
                let isPadding = place > count
                text.append(
                    isPadding ? UInt8(ascii: "=") : Base64Alphabet.characters[Int(group >> UInt32(18 - 6 * place)) & 63]
                )
            }
            column += 4
        }
    }

    /// Where `more` characters would make the line longer than it may be, it is ended.
    mutating func breakLineIfFull(for more: Int = 4) {
        guard let width, column > 0, column + more > width else { return }
        text += lineEnd
        column = 0
    }
}
