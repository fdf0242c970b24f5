@testable import Mailbox

extension FuzzTarget {
    /// A server's compressed bytes, behind COMPRESS. A bomb is read to its end, some thousand bytes for each of its own.
    static let inflate = FuzzTarget("inflate", workPerByte: 8_000) { input in
        let times = input.choice(of: 64) + 1
        let cuts = input.cuts()
        let bytes = input.text
        let whole = try read([bytes])
        let cut = try read(cuts.pieces(of: bytes))
        try require(whole == cut, "\(whole) as it is, \(cut) cut into \(cuts.lengths)")
        try require(whole.isInPieces, "a piece is longer than \(Compression.pieceLength)")
        // RFC 1951: 258 bytes take two bits at least.
        try require(whole.count <= 1_032 * (bytes.count + 1), "\(whole.count) bytes out of \(bytes.count)")
        // Up to two pieces' worth.
        let text = repeatElement(bytes, count: times).flatMap { $0 }
        let back = try read([try compression().deflated(text)])
        try require(back == Outcome(text), "\(text.count) bytes come back as \(back)")
    }

    private static func compression() throws(Violation) -> Compression {
        guard let compression = Compression() else { throw Violation(description: "no memory") }
        return compression
    }

    private static func read(_ pieces: [[UInt8]]) throws(Violation) -> Outcome {
        let compression = try compression()
        var outcome = Outcome()
        for piece in pieces {
            compression.feed(piece)
            do throws(CompressionError) {
                while let text = try compression.next() { outcome.add(text) }
            } catch {
                outcome.error = error
            }
        }
        return outcome
    }
}

/// What came out. A bomb is not kept to be compared.
private struct Outcome: Equatable {
    var count = 0
    var isInPieces = true
    var digest: UInt64 = 0
    var error: CompressionError?

    init(_ text: [UInt8] = []) {
        add(text)
        isInPieces = true
    }

    mutating func add(_ text: [UInt8]) {
        count += text.count
        isInPieces = isInPieces && text.count <= Compression.pieceLength
        for byte in text { digest = digest &* 0x100_0000_01b3 ^ UInt64(byte) }
    }
}
