/// What is put into a leaf's content.
package struct LeafInsertion: Sendable {
    package let bytes: [UInt8]
    /// Places of blanks that may as well be line ends, as between the attributes of HTML tags; the last of them may also be
    /// any number of blanks. If there are any, the bytes end with a tag.
    package let breaks: [Int]

    package init(_ bytes: [UInt8], breaks: [Int] = []) {
        self.bytes = bytes
        self.breaks = breaks
    }

    /// With so many blanks more.
    func padded(by count: Int) -> [UInt8] {
        guard let last = breaks.last else { return bytes }
        return bytes[..<last] + [UInt8](repeating: 0x20, count: count) + bytes[last...]
    }

    /// With line ends wherever they may be, before the last tag's bracket too.
    func broken(by lineEnd: [UInt8]) -> [UInt8] {
        guard !breaks.isEmpty else { return bytes }
        var out: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if breaks.contains(index) {
                out += lineEnd
            } else {
                if index == bytes.count - 1 { out += lineEnd }
                out.append(byte)
            }
        }
        return out
    }
}

extension LeafText {
    /// RFC 5322 2.1.1.
    private static let maximumLine = 998

    /// Puts something before the byte `offset` of the content; of the encoded text as little as can be is replaced.
    ///
    /// In quoted-printable lines stay within 76 characters, and soft breaks come only with what is inserted. In base64 a
    /// group of four that is cut in two is replaced; the lines keep their length if the insertion can be padded, and
    /// otherwise all that follows is encoded anew. `message` is what this was read from.
    package func inserting(
        _ insertion: LeafInsertion, at offset: Int, in message: [UInt8], lineEnd: [UInt8]
    ) -> MessageEdit {
        switch encoding {
        case .identity: insertingPlainly(insertion, at: offset, in: message, lineEnd)
        case .quotedPrintable: insertingQuotedPrintable(insertion, at: offset, in: message, lineEnd)
        case .base64: insertingBase64(insertion, at: offset, in: message, lineEnd)
        }
    }

    private func insertingPlainly(
        _ insertion: LeafInsertion, at offset: Int, in message: [UInt8], _ lineEnd: [UInt8]
    ) -> MessageEdit {
        let raw = body.lowerBound + offset
        let before = message[body.lowerBound..<raw].reversed().prefix { $0 != 0x0a }.count
        let after = rest(of: message, from: raw)
        let lines = insertion.bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map(\.count)
        let longest = lines.count == 1 ? before + lines[0] + after : max(before + lines[0], (lines.last ?? 0) + after)
        let inserted = longest > Self.maximumLine ? insertion.broken(by: lineEnd) : insertion.bytes
        return MessageEdit(offset: raw, removed: 0, inserted: inserted)
    }

    private func insertingQuotedPrintable(
        _ insertion: LeafInsertion, at offset: Int, in message: [UInt8], _ lineEnd: [UInt8]
    ) -> MessageEdit {
        let line = line(at: offset)
        let raw = rawOffset(of: offset, on: line, in: message)
        let after = rest(of: message, from: raw)
        var column = raw - line.raw
        var inserted: [UInt8] = []
        if column >= QuotedPrintableEncoder.maximumLine, after == 0 {
            // No room for a soft break at the end of a full line.
            inserted = lineEnd
            column = 0
        }
        var encoder = QuotedPrintableEncoder(lineEnd: lineEnd, column: column)
        encoder.encode(insertion.bytes)
        encoder.breakLine(unlessRoomFor: after)
        return MessageEdit(offset: raw, removed: 0, inserted: inserted + encoder.text)
    }

    private func insertingBase64(
        _ insertion: LeafInsertion, at offset: Int, in message: [UInt8], _ lineEnd: [UInt8]
    ) -> MessageEdit {
        let line = line(at: offset)
        let cut = (offset - line.content) % 3
        let raw = line.raw + (offset - line.content) / 3 * 4
        let width = lineWidth(in: message)
        var encoder = Base64Encoder(width: width, lineEnd: lineEnd, column: raw - line.raw)
        if !insertion.breaks.isEmpty {
            let unit = (width ?? 4) / 4 * 3
            let blanks = (unit - insertion.bytes.count % unit) % unit
            let padded = insertion.padded(by: blanks)
            let group = content[(offset - cut)..<(cut == 0 ? offset : min(offset - cut + 3, content.count))]
            encoder.encode(group.prefix(cut) + padded + group.dropFirst(cut))
            let removed = cut == 0 ? 0 : 4
            encoder.breakLineIfFull(for: rest(of: message, from: raw + removed))
            return MessageEdit(offset: raw, removed: removed, inserted: encoder.text)
        }
        encoder.encode(content[(offset - cut)..<offset] + insertion.bytes + content[offset...])
        let end = message[body].lastIndex { !$0.isBlankOrLineEnd } ?? raw - 1
        return MessageEdit(offset: raw, removed: max(0, end + 1 - raw), inserted: encoder.text)
    }

    /// Takes a range of the content out. In base64, where all that follows would be shifted, blanks replace it.
    package func removing(_ range: Range<Int>, in message: [UInt8], lineEnd: [UInt8]) -> MessageEdit {
        guard let last = range.last else { return MessageEdit(offset: body.lowerBound, removed: 0, inserted: []) }
        switch encoding {
        case .identity:
            return MessageEdit(offset: body.lowerBound + range.lowerBound, removed: range.count, inserted: [])
        case .quotedPrintable:
            let line = line(at: range.lowerBound)
            let raw = rawOffset(of: range.lowerBound, on: line, in: message)
            let lastRaw = rawOffset(of: last, on: self.line(at: last), in: message)
            let end = lastRaw + Self.width(of: message[lastRaw])
            var encoder = QuotedPrintableEncoder(lineEnd: lineEnd, column: raw - line.raw)
            encoder.breakLine(unlessRoomFor: rest(of: message, from: end))
            return MessageEdit(offset: raw, removed: end - raw, inserted: encoder.text)
        case .base64:
            return blanking(range, last: last, in: message)
        }
    }

    private func blanking(_ range: Range<Int>, last: Int, in message: [UInt8]) -> MessageEdit {
        let (first, final) = (line(at: range.lowerBound), line(at: last))
        let start = range.lowerBound - (range.lowerBound - first.content) % 3
        let end = min(last - (last - final.content) % 3 + 3, content.count)
        var encoder = Base64Encoder(width: nil, lineEnd: [], column: 0)
        encoder.encode(content[start..<end].indices.map { range.contains($0) ? 0x20 : content[$0] })
        let raw = first.raw + (start - first.content) / 3 * 4
        let rawEnd = final.raw + (last - final.content) / 3 * 4 + 4
        var text = encoder.text[...]
        let inserted = message[raw..<rawEnd].map { $0.isBlankOrLineEnd ? $0 : text.popFirst() ?? $0 }
        return MessageEdit(offset: raw, removed: rawEnd - raw, inserted: inserted)
    }

    /// Bytes from there to the end of the line.
    private func rest(of message: [UInt8], from raw: Int) -> Int {
        message.withUnsafeBufferPointer { bytes in
            var end = min(ByteSearch.first(of: 0x0a, in: bytes, from: raw), body.upperBound)
            if end > raw, bytes[end - 1] == 0x0d { end -= 1 }
            return end - raw
        }
    }

    private func rawOffset(of offset: Int, on line: Line, in message: [UInt8]) -> Int {
        var raw = line.raw
        for _ in line.content..<max(line.content, offset) { raw += Self.width(of: message[raw]) }
        return raw
    }

    private static func width(of first: UInt8) -> Int { first == UInt8(ascii: "=") ? 3 : 1 }

    /// Characters of a full line of base64; `nil` if all is on one line that is longer than lines of mail are.
    private func lineWidth(in message: [UInt8]) -> Int? {
        let first = lines.first.map { rest(of: message, from: $0.raw) } ?? 0
        if lines.count > 1 { return first }
        return first > QuotedPrintableEncoder.maximumLine ? nil : QuotedPrintableEncoder.maximumLine
    }
}
