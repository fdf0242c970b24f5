/// A leaf's content with the way back to the bytes that it was encoded in, for who changes a little of it.
///
/// It is strict where ``TransferDecoder`` is tolerant: what other decoders might read in another way is no text here.
package struct LeafText: Sendable {
    /// The content, its line ends as they are in the message.
    package let content: [UInt8]
    package let encoding: TransferEncoding
    /// Where the body lies in the message.
    package let body: Range<Int>
    /// For every line of the encoded text, where it begins in the content and in the message.
    let lines: [Line]

    struct Line: Sendable {
        let content: Int
        let raw: Int
    }

    /// `nil` on damage: in quoted-printable an `=` that begins no escape or has blanks behind it; in base64 a line with
    /// other characters than the alphabet's, of a length that is no multiple of 4, or with padding before the end.
    package init?(_ message: [UInt8], body: Range<Int>, encoding: TransferEncoding) {
        self.body = body
        self.encoding = encoding
        var lines: [Line] = []
        let content: [UInt8]? = message.withUnsafeBufferPointer { bytes in
            switch encoding {
            case .identity: Array(bytes[body])
            case .quotedPrintable: Self.quotedPrintable(bytes, body, &lines)
            case .base64: Self.base64(bytes, body, &lines)
            }
        }
        guard let content else { return nil }
        self.content = content
        self.lines = lines
    }

    /// The line of the encoded text that holds that byte of the content; of two that meet there the later one.
    func line(at offset: Int) -> Line {
        var (low, high) = (0, lines.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle].content <= offset { low = middle } else { high = middle }
        }
        return low < lines.count ? lines[low] : Line(content: 0, raw: body.lowerBound)
    }

    private static func quotedPrintable(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: Range<Int>, _ lines: inout [Line]
    ) -> [UInt8]? {
        lines.reserveCapacity(body.count / 64 + 1)
        var isSound = true
        let content = [UInt8](unsafeUninitializedCapacity: body.count) { out, count in
            var index = body.lowerBound
            lines.append(Line(content: 0, raw: index))
            while index < body.upperBound {
                var end = ByteSearch.first(of: UInt8(ascii: "="), 0x0a, 0x0a, in: bytes, from: index)
                end = min(end, body.upperBound)
                let isFeed = end < body.upperBound && bytes[end] == 0x0a
                let copied = end - index + (isFeed ? 1 : 0)
                if copied > 0, let target = out.baseAddress, let source = bytes.baseAddress {
                    (target + count).initialize(from: source + index, count: copied)
                    count += copied
                }
                index = end + 1
                if isFeed {
                    if index < body.upperBound { lines.append(Line(content: count, raw: index)) }
                } else if end < body.upperBound {
                    if end + 2 < body.upperBound, let high = bytes[end + 1].hexValue, let low = bytes[end + 2].hexValue
                    {
                        out.initializeElement(at: count, to: high << 4 | low)
                        count += 1
                        index = end + 3
                    } else if let next = softBreak(bytes, end + 1, body.upperBound) {
                        index = next
                        if index < body.upperBound { lines.append(Line(content: count, raw: index)) }
                    } else {
                        isSound = false
                        return
                    }
                }
            }
        }
        return isSound ? content : nil
    }

    /// Where the line after a soft break begins. At the very end the line end is the delimiter's.
    private static func softBreak(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        if start == end { return end }
        if bytes[start] == 0x0a { return start + 1 }
        return bytes[start] == 0x0d && start + 1 < end && bytes[start + 1] == 0x0a ? start + 2 : nil
    }

    private static func base64(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: Range<Int>, _ lines: inout [Line]
    ) -> [UInt8]? {
        var content: [UInt8] = []
        content.reserveCapacity(body.count / 4 * 3)
        var decoder = Base64Decoder()
        var index = body.lowerBound
        var isPadded = false
        while index < body.upperBound {
            let feed = min(ByteSearch.first(of: 0x0a, in: bytes, from: index), body.upperBound)
            var end = feed
            if end > index, bytes[end - 1] == 0x0d { end -= 1 }
            if end > index {
                let line = UnsafeBufferPointer(rebasing: bytes[index..<end])
                guard !isPadded, line.count % 4 == 0, let padding = Base64Alphabet.padding(of: line) else { return nil }
                isPadded = padding > 0
                lines.append(Line(content: content.count, raw: index))
                decoder.decode(line, into: &content)
            }
            index = feed + 1
        }
        return content
    }
}
