/// Reads a structured field value (RFC 5322 3.2) from left to right; comments count as blanks wherever they are.
struct HeaderCursor {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    /// No comment that begins at or after this place is closed: the parenthesis is an ordinary character there.
    private var openComment = Int.max

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    mutating func advance() { position = min(position + 1, bytes.endIndex) }

    /// Whether that byte was next; it is then read.
    mutating func skip(_ character: Character) -> Bool {
        guard let value = character.asciiValue, next == value else { return false }
        position += 1
        return true
    }

    mutating func skipBlanksAndComments() {
        while let byte = next {
            if byte.isBlankOrLineEnd {
                position += 1
            } else if byte != UInt8(ascii: "(") || !skipComment() {
                return
            }
        }
    }

    /// The bytes up to the next that `isEnd`, a comment or the end, after blanks and comments; `nil` at the end.
    mutating func word(until isEnd: (UInt8) -> Bool) -> ArraySlice<UInt8>? {
        skipBlanksAndComments()
        guard next != nil else { return nil }
        let start = position
        while let byte = next, !isEnd(byte) {
            if byte == UInt8(ascii: "("), position < openComment, position > start { break }
            position += 1
        }
        return bytes[start..<position]
    }

    /// The content of the quoted string that begins here, its quoted pairs resolved; the rest if it is not closed.
    mutating func quotedString() -> [UInt8] {
        guard skip("\"") else { return [] }
        var content: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\"), let quoted = next {
                content.append(quoted)
                position += 1
            } else {
                content.append(byte)
            }
        }
        return content
    }

    /// Comments nest (RFC 5322 3.2.2): counted, not recursed.
    private mutating func skipComment() -> Bool {
        guard position < openComment else { return false }
        var depth = 0
        var index = position
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\\"): index += 1
            default: break
            }
            index += 1
            if depth == 0 {
                position = min(index, bytes.endIndex)
                return true
            }
        }
        openComment = position
        return false
    }
}
