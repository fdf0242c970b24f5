import MIME

/// The disclosure in a message's text version.
enum TextDisclosure {
    /// In the part's charset; `nil` if that has not all of its characters, or the part says that it has ASCII alone.
    static func bytes(of text: String, for entity: MessageEntity) -> [UInt8]? {
        guard Charsets.kind(of: entity.contentType.charset) == .plain else { return nil }
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        if isASCII { return Array(text.utf8) }
        // Without a field it is 7bit (RFC 2045 6.1).
        let encoding = entity.fields.value("content-transfer-encoding") ?? Array("7bit".utf8)
        if String(decoding: encoding, as: UTF8.self).lowercased() == "7bit" { return nil }
        switch Charset(label: entity.contentType.charset) {
        case .utf8: return Array(text.utf8)
        case .windows1252: return text.unicodeScalars.reduce(into: [UInt8]?.some([])) { $0 = append($1, to: $0) }
        case .latin9, .utf16, .utf16LittleEndian, .utf16BigEndian, .iso2022, .unknown: return nil
        }
    }

    /// ASCII and the upper half of ISO 8859-1.
    private static func append(_ scalar: Unicode.Scalar, to bytes: [UInt8]?) -> [UInt8]? {
        guard let byte = UInt8(exactly: scalar.value), !(0x80..<0xa0).contains(byte) else { return nil }
        return bytes.map { $0 + [byte] }
    }

    /// A paragraph of its own behind the new text, and its place in the content.
    static func insertion(_ text: [UInt8], in leaf: LeafText, lineEnd: [UInt8]) -> (bytes: [UInt8], place: Int) {
        let content = leaf.content
        // In base64 line ends are part of the content.
        let end = leaf.encoding == .base64 ? lineEndInside(content) : lineEnd
        let lines = text.split(separator: 0x0a).map { Array($0) }
        let paragraph = Array(lines.joined(separator: end))
        let place = endOfNewText(content)
        return (place == 0 ? paragraph + end + end : end + end + paragraph, place)
    }

    private static func lineEndInside(_ content: [UInt8]) -> [UInt8] {
        guard let feed = content.firstIndex(of: 0x0a) else { return [0x0d, 0x0a] }
        return feed > 0 && content[feed - 1] == 0x0d ? [0x0d, 0x0a] : [0x0a]
    }

    /// Behind the last line that is neither quoted nor the line that announces the quotation.
    static func endOfNewText(_ content: [UInt8]) -> Int {
        let lines = TextLines.ranges(of: content)
        var end = lines.firstIndex { TextLines.beginsQuotation(content[$0]) } ?? lines.count
        if end < lines.count {
            var first = end
            while first > 0, TextLines.isBlank(content[lines[first - 1]]) { first -= 1 }
            // "On Monday, Vera wrote:", on at most three lines.
            if first > 0, content[lines[first - 1]].last(where: { !$0.isHTMLSpace }) == UInt8(ascii: ":") {
                let paragraph = lines[..<first].reversed().prefix { !TextLines.isBlank(content[$0]) }.count
                if paragraph <= 3 { end = first - paragraph }
            }
        }
        while end > 0, TextLines.isBlank(content[lines[end - 1]]) { end -= 1 }
        return end > 0 ? content[lines[end - 1]].lastIndex { !$0.isHTMLSpace }.map { $0 + 1 } ?? 0 : 0
    }
}

/// Plain text as lines.
enum TextLines {
    /// Each without its line end.
    static func ranges(of content: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        content.withUnsafeBufferPointer { bytes in
            while start < bytes.count {
                let feed = ByteSearch.first(of: 0x0a, in: bytes, from: start)
                let end = feed > start && feed < bytes.count && bytes[feed - 1] == 0x0d ? feed - 1 : feed
                lines.append(start..<end)
                start = feed + 1
            }
        }
        return lines
    }

    static func isBlank(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy(\.isHTMLSpace) }

    /// A quoted line, or what Outlook and its like put before a whole quoted message.
    static func beginsQuotation(_ line: ArraySlice<UInt8>) -> Bool {
        if line.first == UInt8(ascii: ">") { return true }
        let text = line.filter { !$0.isHTMLSpace }
        if text.count >= 30, text.allSatisfy({ $0 == UInt8(ascii: "_") }) { return true }
        return text.starts(with: "-----".utf8) && text.reversed().starts(with: "-----".utf8)
            && text.contains(where: \.isLetter)
    }
}
