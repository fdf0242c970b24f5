import MIME
import Tokens

@testable import Beacon

extension FuzzTarget {
    /// HTML of a stranger's, in which tokens are looked for.
    static let beacon = FuzzTarget("beacon", workPerByte: 4_500) { input in
        let scanner = scanners[input.choice(of: scanners.count)]
        let encoding = TransferEncoding.all[input.choice(of: TransferEncoding.all.count)]
        let charset = charsets[input.choice(of: charsets.count)]
        let cuts = input.cuts()
        let bytes = input.text

        let found = scanner.findings(inPart: bytes, encoding: encoding, charset: charset)
        try require(found.count <= FindingList.limit, "\(found.count) findings")
        var scan = PartScan(scanner: scanner, encoding: encoding, charset: charset)
        for piece in cuts.pieces(of: bytes) { scan.feed(piece) }
        let foundInCuts = scan.finish()
        try require(foundInCuts == found, "whole \(found), cut into \(cuts.lengths) \(foundInCuts)")

        let plain = scanner.findings(inHTML: bytes, charset: charset)
        for encoding in TransferEncoding.all {
            let same = scanner.findings(inPart: encoding.encode(bytes), encoding: encoding, charset: charset)
            try require(same == plain, "\(plain) as it is, \(same) in \(encoding)")
        }

        try bytes.withUnsafeBufferPointer { html in
            var all = FindingList()
            _ = HTMLReader.read(html, search: scanner.search, preScan: scanner.preScan, quoted: false, into: &all)
            let isLookedAt = all.findings.isEmpty || scanner.preScan.lastCandidate(in: html) != nil
            try require(isLookedAt, "the fast search misses \(all.findings)")
            var some = FindingList()
            scanner.examine(last: bytes, quoted: false, into: &some)
            try require(
                some.findings == all.findings, "to the last candidate \(some.findings), to the end \(all.findings)")
        }

        // What comes behind a pixel hides it from nobody.
        let expected = Finding(kind: .own(planted), quoted: false)
        let withPixel = scanner.findings(inHTML: pixel + bytes, charset: charset)
        try require(withPixel.contains(expected), "the pixel before it is lost, with \(withPixel)")
    }

    private static let charsets: [String?] = [nil, "utf-16", "utf-16le", "iso-2022-jp", "utf-8"]

    private static let scanners: [BeaconScanner] = {
        let patterns = ["https://t.other.example/o/{token}.png", "https://open.tracker.example/e?u=7&t={token}&x=1"]
        return [BeaconScanner(), BeaconScanner(patterns: patterns.compactMap { try? TokenPattern($0) })]
    }()

    private static let planted: Token = {
        let text = Base32.encode([0x50] + [UInt8](repeating: 7, count: 24))
        guard let token = Token(text) else { fatalError("\(text) is no token") }
        return token
    }()

    private static let pixel = Array(PixelURL.element(for: planted, base: "https://px.example.org").utf8)
}
