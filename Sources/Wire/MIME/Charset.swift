/// The charsets that are decoded for display; all others keep their ASCII.
///
/// UTF-7 is not decoded: no mail program renders HTML in it any more (the HTML standard forbids it), so it loads no
/// pixel either. The double-byte sets of ISO-2022 are blanked, since their bytes look like markup.
package enum Charset: Sendable, Equatable {
    case utf8
    /// Also `iso-8859-1`, as every mail program reads it.
    case windows1252
    case latin9
    case utf16
    case utf16LittleEndian
    case utf16BigEndian
    case iso2022
    /// `us-ascii`, none, or one that is not known.
    case unknown

    /// The name as in a `charset` parameter or an encoded word, in any case.
    package init(label: String?) {
        switch label.map(\.utf8.lowercasedText) {
        case "utf-8", "utf8": self = .utf8
        case "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252": self = .windows1252
        case "iso-8859-15", "iso8859-15", "latin9": self = .latin9
        case "utf-16", "utf16", "ucs-2": self = .utf16
        case "utf-16le": self = .utf16LittleEndian
        case "utf-16be": self = .utf16BigEndian
        case let label?: self = label.hasPrefix("iso-2022-") ? .iso2022 : .unknown
        case nil: self = .unknown
        }
    }

    /// Never fails: what is no character becomes U+FFFD.
    package func decode(_ bytes: [UInt8]) -> String {
        switch self {
        case .utf8:
            return String(decoding: bytes, as: UTF8.self)
        case .windows1252:
            return Self.text(bytes) { $0 & 0xe0 == 0x80 ? Self.windows1252Table[Int($0 & 0x1f)] : UInt32($0) }
        case .latin9:
            return Self.text(bytes) { Self.latin9Table[$0] ?? UInt32($0) }
        case .utf16, .utf16LittleEndian, .utf16BigEndian, .iso2022:
            var converter = CharsetConverter(self)
            var out: [UInt8] = []
            converter.convert(bytes, into: &out)
            converter.finish(into: &out)
            return String(decoding: out, as: UTF8.self)
        case .unknown:
            // 8-bit bytes without a name are UTF-8 today and were mostly Windows' set before.
            return String(validating: bytes, as: UTF8.self) ?? Charset.windows1252.decode(bytes)
        }
    }

    private static func text(_ bytes: [UInt8], _ scalar: (UInt8) -> UInt32) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(Unicode.Scalar(scalar(byte)) ?? "\u{fffd}") }
        return String(text)
    }

    /// 0x80…0x9f.
    private static let windows1252Table: [UInt32] = [
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
        0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
        0x0153, 0xfffd, 0x017e, 0x0178,
    ]

    /// Where ISO 8859-15 differs from ISO 8859-1.
    private static let latin9Table: [UInt8: UInt32] = [
        0xa4: 0x20ac, 0xa6: 0x0160, 0xa8: 0x0161, 0xb4: 0x017d, 0xb8: 0x017e, 0xbc: 0x0152, 0xbd: 0x0153, 0xbe: 0x0178,
    ]
}
