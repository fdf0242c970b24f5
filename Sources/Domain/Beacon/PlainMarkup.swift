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
        case plain, foreign, blank, ofURLs, quote, opening, closing
    }

    private static let kinds: [Kind] = (0...255).map { (byte: UInt8) -> Kind in
        switch byte {
        case 0x09, 0x0a, 0x0c, 0x0d, 0x20: .blank
        case UInt8(ascii: "\""), UInt8(ascii: "'"): .quote
        case UInt8(ascii: "<"): .opening
        case UInt8(ascii: ">"): .closing
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "%"), UInt8(ascii: "&"): .ofURLs
        case 0x21..<0x7f: .plain
        default: .foreign
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
            kinds.withUnsafeBufferPointer { kinds in
                while read < end {
                    let byte = html[read]
                    read += 1
                    switch kinds[Int(byte)] {
                    case .plain, .ofURLs: run(on: byte)
                    case .foreign: run(on: substitute)
                    case .blank: put(byte == 0x0c ? 0x20 : byte)
                    case .quote, .opening: put(byte)
                    case .closing:
                        put(byte)
                        skipText(kinds)
                    }
                }
            }
        }

        /// Behind `>`: if nothing but text is before the next `<`, one byte is written for it.
        private mutating func skipText(_ kinds: UnsafeBufferPointer<Kind>) {
            var end = read
            var isBlank = true
            while end < html.count {
                switch kinds[Int(html[end])] {
                case .plain, .foreign: isBlank = false
                case .blank: break
                case .ofURLs, .quote, .closing: return
                case .opening:
                    if end > read + 1 {
                        put(isBlank ? 0x20 : substitute)
                        read = end
                    }
                    return
                }
                end += 1
            }
        }

        private mutating func run(on byte: UInt8) {
            run += 1
            guard run <= maximumRun else { return }
            out[count] = byte
            count += 1
        }

        private mutating func put(_ byte: UInt8) {
            run = 0
            out[count] = byte
            count += 1
        }
    }
}
