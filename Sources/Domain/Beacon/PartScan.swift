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

    /// What surely holds the four bytes by which a charset is known.
    private static let beginningLength = 64

    private let scanner: BeaconScanner
    private let encoding: TransferEncoding
    private var isFresh = true
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
        self.encoding = encoding
        decoder = TransferDecoder(encoding)
        converter = CharsetConverter(Charset(label: charset))
    }

    package mutating func feed(_ chunk: some Collection<UInt8>) {
        var rest = chunk[...]
        while !rest.isEmpty {
            // Once it is known that nothing has to be converted, what is decoded is in its place.
            let piece = rest.prefix(isFresh ? Self.beginningLength : Self.pieceLength)
            isFresh = false
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

    /// As ``feed(_:)`` and ``finish()``, for the last piece. A part of which it is the first as well is often not decoded.
    package mutating func finish(with last: [UInt8]) -> [Finding] {
        if isFresh, encoding == .quotedPrintable,
            last.withUnsafeBufferPointer({ isASCII(from: $0) && !scanner.preScan.mayFind(inQuotedPrintable: $0) })
        {
            return []
        }
        feed(last)
        return finish()
    }

    /// Whether the part is of a charset in which ASCII means ASCII. Its name alone does not tell.
    private func isASCII(from text: UnsafeBufferPointer<UInt8>) -> Bool {
        var (decoder, converter) = (decoder, converter)
        var decoded: [UInt8] = []
        var converted: [UInt8] = []
        decoder.decode(text.prefix(Self.beginningLength), into: &decoded)
        converter.convert(decoded, into: &converted)
        return converter.isPassing
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
