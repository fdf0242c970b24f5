import FoundationEssentials

/// Reads JSON as hit logs write it, in a small part of the time that `JSONDecoder` takes. It gives up where something is out
/// of the ordinary (null, a name that is unknown or there twice, a number that is no plain integer, half of a surrogate
/// pair, bytes that are not UTF-8), and on all that is wrong: then `JSONDecoder` has the last word, and says what is wrong.
package struct PlainJSON {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether nothing but blanks is left.
    package var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return position == bytes.count
        }
    }

    /// Goes through the members of an object in any order: `read` has to take the value of the member whose place in `names`
    /// it is given. Which were there, as a set of bits; `nil` if it gives up.
    package mutating func members(
        of names: [[UInt8]], _ read: (_ place: Int, inout PlainJSON) -> Bool
    ) -> UInt64? {
        guard take(UInt8(ascii: "{")) else { return nil }
        if take(UInt8(ascii: "}")) { return 0 }
        var found: UInt64 = 0
        // Mostly they come in the order of the names.
        var expected = 0
        repeat {
            guard let name = plainString(), take(UInt8(ascii: ":")) else { return nil }
            guard let place = place(of: name, in: names, from: expected), found & 1 << place == 0 else { return nil }
            found |= 1 << place
            expected = place + 1
            guard read(place, &self) else { return nil }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? found : nil
    }

    /// Whether it is a list, of which `read` has taken each element.
    package mutating func elements(_ read: (inout PlainJSON) -> Bool) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        repeat {
            guard read(&self) else { return false }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]"))
    }

    package mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return String(validating: bytes[start..<position - 1], as: UTF8.self)
            case UInt8(ascii: "\\"): return stringWithEscapes(from: start)
            case 0..<0x20: return nil
            default: position += 1
            }
        }
        return nil
    }

    /// A text of ASCII without escapes.
    package mutating func plainString() -> ArraySlice<UInt8>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return bytes[start..<position - 1]
            case UInt8(ascii: "\\"), 0..<0x20, 0x80...: return nil
            default: position += 1
            }
        }
        return nil
    }

    /// Without a sign.
    package mutating func integer() -> Int64? {
        skipBlanks()
        let start = position
        var value: Int64 = 0
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            let (tens, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (next, isTooMuch) = tens.addingReportingOverflow(Int64(bytes[position] - UInt8(ascii: "0")))
            if isTooLong || isTooMuch { return nil }
            value = next
            position += 1
        }
        let count = position - start
        guard count == 1 || count > 1 && bytes[start] != UInt8(ascii: "0") else { return nil }
        // A fraction or an exponent.
        if position < bytes.count, [".", "e", "E"].contains(UnicodeScalar(bytes[position])) { return nil }
        return value
    }

    package mutating func boolean() -> Bool? {
        skipBlanks()
        for (word, value) in [(Self.yes, true), (Self.no, false)] where bytes[position...].starts(with: word) {
            position += word.count
            return value
        }
        return nil
    }
}

private extension PlainJSON {
    static let yes = Array("true".utf8)
    static let no = Array("false".utf8)

    mutating func skipBlanks() {
        while position < bytes.count, bytes[position] <= 0x20 {
            guard [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) else { return }
            position += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    func place(of name: ArraySlice<UInt8>, in names: [[UInt8]], from expected: Int) -> Int? {
        if expected < names.count, name.elementsEqual(names[expected]) { return expected }
        return names.firstIndex { name.elementsEqual($0) }
    }

    /// `position` is at the first backslash.
    mutating func stringWithEscapes(from start: Int) -> String? {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: text.append(byte)
            }
        }
        return nil
    }

    /// What an escape stands for, behind its backslash.
    mutating func escaped() -> Unicode.Scalar? {
        guard position < bytes.count else { return nil }
        position += 1
        switch bytes[position - 1] {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var value: UInt32 = 0
            guard position + 4 <= bytes.count else { return nil }
            for byte in bytes[position..<position + 4] {
                guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
                value = value << 4 | UInt32(digit)
            }
            position += 4
            return Unicode.Scalar(value)
        default: return nil
        }
    }
}
