/// Whether a structured field is written so that all readers read the same: RFC 2045 5.1 to the letter, without
/// comments. What is tolerated is a semicolon at the end, as some clients write it.
package enum StrictField {
    /// `type/subtype` with their parameters.
    package static func isContentType(_ value: [UInt8]) -> Bool {
        var reader = StrictReader(value)
        return reader.token() && reader.skip("/") && reader.token() && reader.parameters()
    }

    /// `type/subtype` before the first semicolon, whatever comes after it.
    package static func beginsWithType(_ value: [UInt8]) -> Bool {
        var reader = StrictReader(value)
        guard reader.token(), reader.skip("/"), reader.token() else { return false }
        reader.skipBlanks()
        return reader.isAtEnd || reader.skip(";")
    }

    /// A word with its parameters, as in `Content-Disposition`.
    package static func isWordWithParameters(_ value: [UInt8]) -> Bool {
        var reader = StrictReader(value)
        return reader.token() && reader.parameters()
    }
}

private struct StrictReader {
    private var rest: ArraySlice<UInt8>

    init(_ value: [UInt8]) { rest = value[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skipBlanks() { rest = rest.drop(while: \.isBlankOrLineEnd) }

    mutating func skip(_ character: Character) -> Bool {
        guard let first = rest.first, first == character.asciiValue else { return false }
        rest.removeFirst()
        return true
    }

    /// RFC 2045 5.1.
    mutating func token() -> Bool {
        let length = rest.prefix { $0 > 0x20 && $0 < 0x7f && !"()<>@,;:\\\"/[]?=".utf8.contains($0) }.count
        rest.removeFirst(length)
        return length > 0
    }

    mutating func parameters() -> Bool {
        while true {
            skipBlanks()
            if isAtEnd { return true }
            guard skip(";") else { return false }
            skipBlanks()
            if isAtEnd { return true }
            guard token(), skip("="), token() || quotedString() else { return false }
        }
    }

    private mutating func quotedString() -> Bool {
        guard skip("\"") else { return false }
        let content = rest.prefix { $0 != UInt8(ascii: "\"") }
        // A quoted pair is read in more than one way.
        guard !content.contains(UInt8(ascii: "\\")) else { return false }
        rest = rest[content.endIndex...]
        return skip("\"")
    }
}
