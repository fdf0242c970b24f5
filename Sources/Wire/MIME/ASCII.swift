extension UInt8 {
    var isBlank: Bool { self == 0x20 || self == 0x09 }
    var isBlankOrLineEnd: Bool { isBlank || self == 0x0d || self == 0x0a }
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isLetter: Bool { lowercased >= UInt8(ascii: "a") && lowercased <= UInt8(ascii: "z") }
    var lowercased: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self }

    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension RangeReplaceableCollection where Self: BidirectionalCollection, Element == UInt8 {
    /// Without blanks and line ends on either side.
    var trimmed: SubSequence {
        var rest = self[...]
        while let first = rest.first, first.isBlankOrLineEnd { rest = rest.dropFirst() }
        while let last = rest.last, last.isBlankOrLineEnd { rest = rest.dropLast() }
        return rest
    }
}

extension Sequence where Element == UInt8 {
    /// Compares ASCII letters without regard to case, as header field names and parameter names are (RFC 5322 1.2.2).
    func equalsIgnoringCase(_ other: some Sequence<UInt8>) -> Bool {
        elementsEqual(other) { $0.lowercased == $1.lowercased }
    }

    /// Lower-cased ASCII; other bytes as UTF-8 with U+FFFD for what is none.
    var lowercasedText: String { String(decoding: map(\.lowercased), as: UTF8.self) }
}
