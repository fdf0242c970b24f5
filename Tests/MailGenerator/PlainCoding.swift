/// Transfer encodings, written a second time and as simply as can be, so that a mistake of the first is seen.
package enum PlainCoding: String, Sendable, CaseIterable {
    case sevenBit = "7bit"
    case eightBit = "8bit"
    case quotedPrintable = "quoted-printable"
    case base64

    /// Lines of at most `width` characters.
    package func encode(_ content: [UInt8], width: Int, lineEnd: [UInt8]) -> [UInt8] {
        switch self {
        case .sevenBit, .eightBit: content
        case .quotedPrintable: Self.quotedPrintable(content, width, lineEnd)
        case .base64: Self.base64(content, width / 4 * 4, lineEnd)
        }
    }

    package func decode(_ text: some Collection<UInt8>) -> [UInt8] {
        switch self {
        case .sevenBit, .eightBit: Array(text)
        case .quotedPrintable: Self.decodeQuotedPrintable(Array(text))
        case .base64: Self.decodeBase64(Array(text))
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func quotedPrintable(_ content: [UInt8], _ width: Int, _ lineEnd: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var column = 0
        var index = 0
        while index < content.count {
            if content[index...].starts(with: lineEnd) {
                out += lineEnd
                column = 0
                index += lineEnd.count
                continue
            }
            let byte = content[index]
            let isLast = index + 1 == content.count || content[(index + 1)...].starts(with: lineEnd)
            let isPlain = byte > 0x20 && byte < 0x7f && byte != 0x3d || byte == 0x20 && !isLast
            let text = isPlain ? [byte] : Array("=".utf8) + hex(byte)
            if column + text.count + 1 > width, !(isLast && column + text.count <= width) {
                out += Array("=".utf8) + lineEnd
                column = 0
            }
            out += text
            column += text.count
            index += 1
        }
        return out
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let text = Array(String(byte, radix: 16, uppercase: true).utf8)
        return text.count == 1 ? [0x30] + text : text
    }

    private static func base64(_ content: [UInt8], _ width: Int, _ lineEnd: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: width / 4 * 3) {
            if start > 0 { out += lineEnd }
            let line = content[start..<min(start + width / 4 * 3, content.count)]
            for group in stride(from: line.startIndex, to: line.endIndex, by: 3) {
                let three = Array(line[group..<min(group + 3, line.endIndex)])
                let bits = three.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - three.count))
                for place in 0..<4 {
                    out.append(place > three.count ? 0x3d : alphabet[bits >> (18 - 6 * place) & 63])
                }
            }
        }
        return out
    }

    private static func decodeQuotedPrintable(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == 0x3d else {
                out.append(text[index])
                index += 1
                continue
            }
            if index + 1 == text.count { break }
            if text[index + 1] == 0x0a {
                index += 2
            } else if index + 2 < text.count, text[index + 1] == 0x0d, text[index + 2] == 0x0a {
                index += 3
            } else if index + 2 < text.count,
                let byte = UInt8(String(decoding: text[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                out.append(byte)
                index += 3
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }

    private static func decodeBase64(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        let values = text.filter { $0 > 0x20 }.map { alphabet.firstIndex(of: $0) }
        for group in stride(from: 0, to: values.count, by: 4) {
            let four = values[group..<min(group + 4, values.count)].prefix { $0 != nil }.compactMap(\.self)
            let bits = four.reduce(0) { $0 << 6 | $1 } << (6 * (4 - four.count))
            for place in 0..<max(0, four.count - 1) { out.append(UInt8(bits >> (16 - 8 * place) & 255)) }
        }
        return out
    }
}
