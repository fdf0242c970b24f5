import Testing

@testable import MIME

private func decoded(_ pieces: [ArraySlice<UInt8>], _ encoding: TransferEncoding) -> [UInt8] {
    var decoder = TransferDecoder(encoding)
    var out: [UInt8] = []
    for piece in pieces { decoder.decode(piece, into: &out) }
    decoder.finish(into: &out)
    return out
}

/// In one piece, cut at every byte, and byte by byte.
private func expectDecoded(_ text: String, _ encoding: TransferEncoding, _ expected: String) {
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
        let result = decoded([bytes[..<cut], bytes[cut...]], encoding)
        #expect(result == Array(expected.utf8), "cut at \(cut): \(String(decoding: result, as: UTF8.self))")
    }
    #expect(decoded(bytes.indices.map { bytes[$0...$0] }, encoding) == Array(expected.utf8))
}

struct TransferDecoderTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a=3Db", "a=b"), ("a=3db", "a=b"), ("=61=62\r\n", "ab\r\n"), ("a=\r\nb", "ab"),
        ("a=\nb", "ab"), ("a=\rb", "ab"), ("a= \t\r\nb", "ab"), ("a =\r\nb", "a b"), ("a \r\nb\t\n", "a\r\nb\n"),
        ("a=20 \r\nb", "a \r\nb"), ("a=", "a"), ("a=\r\n", "a"), ("a=  ", "a"), ("a=3", "a=3"),
        ("a=3\r\nb", "a=3\r\nb"),
        ("a=xyz", "a=xyz"), ("a=4xb", "a=4xb"), ("a==3D", "a=="), ("a===\r\nb", "a==b"), ("a= b", "a= b"),
        ("a=  =62", "a=  b"),
        ("a  b", "a  b"), (" a", " a"), ("a ", "a"), ("=\r\n=\r\n=\r\n", ""), ("\r\n \r\n", "\r\n\r\n"),
        ("a=3=44", "a=3D"),
        ("é=C3=A9", "éé"),
    ])
    func quotedPrintable(_ text: String, _ expected: String) { expectDecoded(text, .quotedPrintable, expected) }

    @Test func paddingIsDroppedWithinBounds() {
        expectDecoded("a" + String(repeating: " ", count: 255) + "\nb", .quotedPrintable, "a\nb")
        expectDecoded(
            "a" + String(repeating: " ", count: 300) + "b", .quotedPrintable,
            "a" + String(repeating: " ", count: 300) + "b")
        expectDecoded(
            "a" + String(repeating: " ", count: 300) + "\n", .quotedPrintable,
            "a" + String(repeating: " ", count: 44) + "\n")
        expectDecoded("a=" + String(repeating: " ", count: 255) + "\nb", .quotedPrintable, "ab")
    }

    @Test(arguments: [
        ("", ""), ("Zm9vYmFy", "foobar"), ("Zm9vYmE=", "fooba"), ("Zm9vYg==", "foob"), ("Zm9vYg", "foob"),
        ("Zm9vYmE", "fooba"), ("Zm9vY", "foo"), ("Zm9v\r\nYmFy\r\n", "foobar"), ("Z m\t9!v-Y*mF y", "foobar"),
        ("Zg==Zm8=Zm9v", "ffofoo"), ("====Zm9v", "foo"), ("Z=m9v", "foo"), ("Zm9vYg=\r\n=\r\n", "foob"), ("é", ""),
    ])
    func base64(_ text: String, _ expected: String) { expectDecoded(text, .base64, expected) }

    @Test func identityKeepsEverything() { expectDecoded("a=3D \r\n\u{0}\u{ff}", .identity, "a=3D \r\n\u{0}\u{ff}") }

    @Test func largeInputsOfOneKindEnd() {
        for unit in ["=", "= ", " ", "=\r\n", "A", "\r", "=4", "==="] {
            let bytes = Array(String(repeating: unit, count: 200_000).utf8)
            for encoding in [TransferEncoding.quotedPrintable, .base64] {
                #expect(decoded([bytes[...]], encoding).count <= bytes.count)
            }
        }
    }
}

struct CharsetConverterTests {
    static let text = "<p title=\"ü€\">𝄞</p>"

    private static func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { bigEndian ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
    }

    private static func converted(_ bytes: [UInt8], _ charset: Charset, cut: Int) -> String {
        var converter = CharsetConverter(charset)
        var out: [UInt8] = []
        converter.convert(bytes[..<cut], into: &out)
        converter.convert(bytes[cut...], into: &out)
        converter.finish(into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(
        arguments: [
            ([0xff, 0xfe] + utf16(text, bigEndian: false), nil),
            ([0xfe, 0xff] + utf16(text, bigEndian: true), "utf-8"),
            (utf16(text, bigEndian: false), "utf-16le"), (utf16(text, bigEndian: true), "UTF-16BE"),
            (utf16(text, bigEndian: false), "utf-16"), (utf16(text, bigEndian: true), nil),
            ([0xef, 0xbb, 0xbf] + Array(text.utf8), nil),
            (Array(text.utf8), "utf-16"), (Array(text.utf8), "koi8-r"),
        ] as [([UInt8], String?)])
    func makesMarkupReadable(_ bytes: [UInt8], _ label: String?) {
        for cut in 0...bytes.count {
            let result = Self.converted(bytes, Charset(label: label), cut: cut)
            #expect(result.hasPrefix("<p title=\"ü€\">") && result.hasSuffix("</p>"), "cut at \(cut): \(result)")
        }
    }

    @Test func blanksWhatOnlyLooksLikeMarkup() {
        let bytes = Array("<p>\u{1b}$B<a\"\u{1b}(B</p>\u{1b}(I<\u{1b}(J!".utf8)
        let blank = "\u{1a}"
        let expected =
            "<p>" + String(repeating: blank, count: 9) + "</p>" + String(repeating: blank, count: 7) + "!"
        for cut in 0...bytes.count {
            #expect(Self.converted(bytes, Charset(label: "ISO-2022-JP"), cut: cut) == expected)
        }
    }

    @Test(arguments: ["", "a", "ab", "abc"]) func keepsShortText(_ text: String) {
        #expect(Self.converted(Array(text.utf8), .unknown, cut: 0) == text)
    }
}
