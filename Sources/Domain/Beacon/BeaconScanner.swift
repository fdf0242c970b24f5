import MIME

/// Finds the tokens of tracking pixels in a message's HTML: our own at any host, since proxies rewrite hosts, and
/// those of other trackers by pattern.
package struct BeaconScanner: Sendable {
    let search: TokenSearch
    let preScan: PreScan

    package init(patterns: [TokenPattern] = []) {
        search = TokenSearch(patterns: patterns)
        preScan = PreScan(patterns: patterns)
    }

    /// The findings of a part as it is transferred. `charset` is the name that the part gives itself.
    package func findings(
        inPart encoded: some Collection<UInt8>, encoding: TransferEncoding, charset: String? = nil
    ) -> [Finding] {
        var scan = PartScan(scanner: self, encoding: encoding, charset: charset)
        scan.feed(encoded)
        return scan.finish()
    }

    /// The findings of HTML whose transfer encoding is undone.
    package func findings(inHTML html: some Collection<UInt8>, charset: String? = nil) -> [Finding] {
        findings(inPart: html, encoding: .identity, charset: charset)
    }

    /// Whether there may be findings in HTML in which ASCII means ASCII. It never misses one, and is quick.
    package func mayFind(inHTML html: UnsafeBufferPointer<UInt8>) -> Bool {
        preScan.lastCandidate(in: html) != nil
    }

    /// Adds the findings; returns whether the HTML ends in quoted text, as far as it was looked at.
    func examine(_ html: ArraySlice<UInt8>, quoted: Bool, into findings: inout FindingList) -> Bool {
        html.withUnsafeBufferPointer { bytes in
            guard mayFind(inHTML: bytes) else { return quoted }
            return HTMLReader.read(bytes, search: search, preScan: preScan, quoted: quoted, into: &findings)
        }
    }

    /// Adds the findings of HTML behind which nothing comes.
    func examine(last html: [UInt8], quoted: Bool, into findings: inout FindingList) {
        html.withUnsafeBufferPointer { bytes in
            guard let last = preScan.lastCandidate(in: bytes) else { return }
            if !quoted, let simple = SimpleMarkup(bytes, through: last) {
                for url in simple.urls {
                    for kind in search.tokens(inAttribute: url) { findings.add(kind, quoted: false) }
                }
                return
            }
            HTMLReader.read(bytes, through: last, search: search, preScan: preScan, quoted: quoted, into: &findings)
        }
    }
}
