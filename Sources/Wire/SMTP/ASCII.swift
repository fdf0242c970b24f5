extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x41...0x5a).contains(uppercased) }
    var uppercased: UInt8 { (0x61...0x7a).contains(self) ? self & 0xdf : self }
    var isControl: Bool { self < 0x20 || self == 0x7f }
    var isPrintable: Bool { (0x21...0x7e).contains(self) }
    /// Printable, or a blank.
    var isPlain: Bool { (0x20...0x7e).contains(self) }
}

extension Collection<UInt8> {
    /// Equal but for the case of ASCII letters.
    func equalsIgnoringCase(_ other: String) -> Bool {
        count == other.utf8.count && elementsEqual(other.utf8, by: { $0.uppercased == $1.uppercased })
    }

    /// ASCII letters in upper case; what is not UTF-8 as U+FFFD.
    var upperCased: String { String(decoding: map(\.uppercased), as: UTF8.self) }
}

extension String {
    var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }
}

extension Unicode.Scalar {
    var isControl: Bool { value < 0x20 || (0x7f..<0xa0).contains(value) }

    /// Controls, and what turns the direction of text.
    var steersTerminals: Bool {
        isControl || (0x202a...0x202e).contains(value) || (0x2066...0x2069).contains(value)
    }
}
