@testable import MIME

extension FuzzTarget {
    /// Transfer encodings and charsets in any cuts, and the words and parameters of header fields.
    static let mimeDecoding = FuzzTarget("mime-decoding", workPerByte: 2_000) { input in
        let encoding = TransferEncoding.all[input.choice(of: TransferEncoding.all.count)]
        let label = labels[input.choice(of: labels.count)]
        let cuts = input.cuts()
        let bytes = input.text

        let decoded = decode(encoding, [bytes])
        try require(
            decode(encoding, cuts.pieces(of: bytes)) == decoded, "\(encoding) depends on cuts of \(cuts.lengths)")
        try require(decoded.count <= bytes.count, "\(encoding) makes \(decoded.count) bytes of \(bytes.count)")
        for encoding in TransferEncoding.all {
            let pieces = cuts.pieces(of: encoding.encode(bytes))
            try require(decode(encoding, pieces) == bytes, "\(encoding) does not give back what was encoded")
        }

        let converted = convert(label, [decoded])
        try require(
            convert(label, cuts.pieces(of: decoded)) == converted, "\(label) depends on cuts of \(cuts.lengths)")
        try require(
            converted.count <= decoded.count / 2 * 3 + 3, "\(label): \(converted.count) out of \(decoded.count)")
        let text = Charset(label: label).decode(bytes)
        try require(text.utf8.count <= 3 * bytes.count, "\(label): \(text.utf8.count) bytes out of \(bytes.count)")

        let words = EncodedWords.decode(bytes)
        try require(!words.unicodeScalars.contains(where: \.steersTerminals), "control characters in \(words)")
        try require(words.utf8.count <= 3 * bytes.count, "\(words.utf8.count) bytes of words out of \(bytes.count)")
        let parameters = [ContentType(bytes)?.parameters, ContentDisposition(bytes)?.parameters].compactMap(\.self)
        for name in ["boundary", "charset", "filename"] {
            let length = parameters.map { $0.bytes(name)?.count ?? 0 }.max() ?? 0
            try require(length <= 3 * bytes.count, "\(name) has \(length) bytes out of \(bytes.count)")
        }
        _ = (DateTime.parse(bytes), TransferEncoding(String(decoding: bytes, as: UTF8.self)))
    }

    private static let labels = [
        "none", "utf-8", "utf-16", "utf-16le", "utf-16be", "iso-2022-jp", "windows-1252", "iso-8859-15",
    ]

    private static func decode(_ encoding: TransferEncoding, _ pieces: [[UInt8]]) -> [UInt8] {
        var decoder = TransferDecoder(encoding)
        var out: [UInt8] = []
        for piece in pieces { decoder.decode(piece, into: &out) }
        decoder.finish(into: &out)
        return out
    }

    private static func convert(_ label: String, _ pieces: [[UInt8]]) -> [UInt8] {
        var converter = CharsetConverter(Charset(label: label))
        var out: [UInt8] = []
        for piece in pieces { converter.convert(piece, into: &out) }
        converter.finish(into: &out)
        return out
    }
}

extension TransferEncoding {
    static let all: [TransferEncoding] = [.identity, .quotedPrintable, .base64]

    /// As a mail program writes it, in lines of 76.
    func encode(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .identity: bytes
        case .quotedPrintable: Self.quotedPrintable(bytes)
        case .base64: Self.base64(bytes)
        }
    }

    /// Every other byte is escaped even where it need not be; bytes that lines and blanks are made of always are.
    private static func quotedPrintable(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if index % 2 == 1, byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "=") {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "="), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
            if index % 24 == 23 { out += Array("=\r\n".utf8) }
        }
        return out
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                out.append(place <= group.count ? base64Digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
            if start % 57 == 54 { out += [0x0d, 0x0a] }
        }
        return out
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
    private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
