/// Text for a message of our own.
package enum HeaderText {
    /// Unstructured text (RFC 5322 2.2.1): as it is if it is short printable ASCII, else in encoded words (RFC 2047), a line
    /// for each.
    package static func unstructured(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) } && text.utf8.count <= 60
        if isPlain, !text.contains("=?"), text == text.trimmingBlanks { return text }
        var words: [[UInt8]] = [[]]
        // Of 75 characters, 45 octets make 60 and the rest is around them; no character is cut in two (RFC 2047 5).
        for character in text.unicodeScalars.map({ Array(String($0).utf8) }) {
            if words[words.count - 1].count + character.count > 45 { words.append([]) }
            words[words.count - 1] += character
        }
        return words.map { "=?utf-8?B?\(String(decoding: base64($0, width: nil), as: UTF8.self))?=" }
            .joined(separator: "\r\n ")
    }

    /// A body in base64 (RFC 2045 6.8), its lines ended by CRLF.
    package static func base64Body(_ bytes: [UInt8]) -> [UInt8] { base64(bytes, width: 76) + [0x0d, 0x0a] }

    private static func base64(_ bytes: [UInt8], width: Int?) -> [UInt8] {
        var encoder = Base64Encoder(width: width, lineEnd: [0x0d, 0x0a], column: 0)
        encoder.encode(bytes)
        return encoder.text
    }
}

extension String {
    fileprivate var trimmingBlanks: String { String(decoding: Array(utf8).trimmed, as: UTF8.self) }
}
