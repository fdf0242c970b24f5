import MIME

/// HTML as libxml2 is given it: ASCII, and short where it means nothing.
///
/// Text between two tags is of no use here and most of what mail consists of: it becomes one byte. Whether `>` and `<`
/// are those of tags is not known, so text that could be of a URL or of a tag is kept: what has a quote, or one of the
/// signs without which no URL of a pixel can be written.
struct PlainMarkup {
    /// What stands for a byte that is not ASCII, NUL and other controls: it means nothing in HTML, URLs and tokens.
    static let substitute = UInt8(ascii: "*")
    /// Bytes in a row without a blank, quote or bracket; of more the rest is dropped. It is an image in a `data:` URL.
    private static let maximumRun = 4 << 10

    private(set) var bytes: [UInt8] = []
    /// Where the byte is that was to be kept in sight, or one behind it.
    private(set) var kept = 0

    init(_ html: UnsafeBufferPointer<UInt8>, keeping index: Int) {
        bytes = Array(unsafeUninitializedCapacity: html.count) { out, count in
            var writer = Writer(html: html, out: out)
            writer.write(upTo: min(index, html.count))
            kept = writer.count
            writer.write(upTo: html.count)
            count = writer.count
        }
        kept = max(0, min(kept, bytes.count - 1))
    }

    private enum Kind: UInt8 {
        case plain, blank, markup, closing
    }

    private static let kinds: [Kind] = (0...255).map { (byte: UInt8) -> Kind in
        switch byte {
        case 0x09, 0x0a, 0x0c, 0x0d, 0x20: .blank
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"): .markup
        case UInt8(ascii: ">"): .closing
        default: .plain
        }
    }

    /// What is written for each byte.
    private static let written: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case 0x09, 0x0a, 0x0d, 0x20..<0x7f: byte
        case 0x0c: 0x20
        default: substitute
        }
    }

    private struct Writer {
        let html: UnsafeBufferPointer<UInt8>
        let out: UnsafeMutableBufferPointer<UInt8>
        private(set) var count = 0
        private var read = 0
        private var run = 0

        init(html: UnsafeBufferPointer<UInt8>, out: UnsafeMutableBufferPointer<UInt8>) {
            self.html = html
            self.out = out
        }

        mutating func write(upTo end: Int) {
            // In registers: what is written could be these, as far as the compiler knows.
            var (read, count, run) = (read, count, run)
            kinds.withUnsafeBufferPointer { kinds in
                written.withUnsafeBufferPointer { written in
                    while read < end {
                        let byte = Int(html[read])
                        read += 1
                        let kind = kinds[byte]
                        run = kind == .plain ? run + 1 : 0
                        guard run <= maximumRun else { continue }
                        out[count] = written[byte]
                        count += 1
                        guard kind == .closing, let text = textEnd(from: read, kinds) else { continue }
                        out[count] = text.isBlank ? 0x20 : substitute
                        count += 1
                        read = text.end
                    }
                }
            }
            (self.read, self.count, self.run) = (read, count, run)
        }

        /// Behind `>`: where the next `<` is, if nothing but text of more than one byte is before it.
        private func textEnd(
            from start: Int, _ kinds: UnsafeBufferPointer<Kind>
        ) -> (end: Int, isBlank: Bool)? {
            let end = ByteSearch.firstOfMarkup(in: html, from: start)
            guard end > start + 1, end < html.count, html[end] == UInt8(ascii: "<") else { return nil }
            var place = start
            while place < end, kinds[Int(html[place])] == .blank { place += 1 }
            return (end, place == end)
        }
    }
}
