extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { folded >= 0x61 && folded <= 0x7A }
    /// Upper-case ASCII letters as lower case, everything else as it is.
    var folded: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
    /// RFC 9051 ATOM-CHAR: printable ASCII without the specials.
    var isAtomCharacter: Bool {
        switch self {
        case 0x21...0x7E:
            switch self {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "*"),
                UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]"):
                false
            default: true
            }
        default: false
        }
    }
}

extension Collection<UInt8> {
    /// Equal but for the case of ASCII letters.
    func equalsIgnoringCase(_ other: String) -> Bool {
        count == other.utf8.count && elementsEqual(other.utf8, by: { $0.folded == $1.folded })
    }

    /// For people and logs: control characters and bytes that are not UTF-8 become U+FFFD.
    var text: String {
        let text = String(decoding: self, as: UTF8.self)
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.printable }))
    }

    var upperCased: String {
        contains { $0 >= 0x61 && $0 <= 0x7A }
            ? String(decoding: map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, as: UTF8.self)
            : String(decoding: self, as: UTF8.self)
    }

    var lowerCased: String {
        // Words are short, and mostly hold nothing to be changed.
        contains { $0 != $0.folded }
            ? String(decoding: map(\.folded), as: UTF8.self) : String(decoding: self, as: UTF8.self)
    }
}

extension Unicode.Scalar {
    fileprivate var printable: Unicode.Scalar {
        value < 0x20 && value != 0x09 || (0x7F...0x9F).contains(value) ? "\u{FFFD}" : self
    }
}
