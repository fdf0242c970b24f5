import MIME

/// Looks for tokens in an HTML part that arrives in pieces, as it is transferred. The findings do not depend on where
/// the pieces are cut.
///
/// The first 8 MB of decoded HTML are examined as a whole. Beyond them, where no mail program shows anything any more,
/// overlapping blocks are examined each for itself: comments, scripts and quotations that began earlier are not seen
/// there, but whether the beginning ended in quoted text is kept. It holds 8 MB at most.
package struct PartScan: Sendable {
    private static let prefixLength = 8 << 20
    private static let blockLength = 256 << 10
    private static let overlap = 16 << 10
    private static let pieceLength = 64 << 10

    private let scanner: BeaconScanner
    private var decoder: TransferDecoder
    private var converter: CharsetConverter
    private var decoded: [UInt8] = []
    private var html: [UInt8] = []
    private var examinedPrefix = false
    private var quoted = false
    private var found = FindingList()

    /// `charset` is the name that the part gives itself.
    package init(scanner: BeaconScanner, encoding: TransferEncoding, charset: String? = nil) {
        self.scanner = scanner
        decoder = TransferDecoder(encoding)
        converter = CharsetConverter(Charset(label: charset))
    }

    package mutating func feed(_ chunk: some Collection<UInt8>) {
        var rest = chunk[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.pieceLength)
            rest = rest[piece.endIndex...]
            if converter.isPassing {
                decoder.decode(piece, into: &html)
            } else {
                decoder.decode(piece, into: &decoded)
                convert()
            }
            examineBeginning()
        }
    }

    /// The part is complete, or no more of it is to be had.
    package mutating func finish() -> [Finding] {
        decoder.finish(into: &decoded)
        convert()
        converter.finish(into: &html)
        examineBeginning()
        scanner.examine(last: html, quoted: quoted, into: &found)
        html = []
        return found.findings
    }

    private mutating func convert() {
        converter.convert(decoded, into: &html)
        decoded.removeAll(keepingCapacity: true)
    }

    private mutating func examineBeginning() {
        while html.count >= limit {
            quoted = scanner.examine(html[..<limit], quoted: quoted, into: &found)
            html.removeFirst(limit - Self.overlap)
            examinedPrefix = true
        }
    }

    private var limit: Int { examinedPrefix ? Self.blockLength : Self.prefixLength }
}
