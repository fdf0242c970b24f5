/// Which names have come, in memory that is fixed (a Bloom filter). It may be wrong about one that has not: of 10,000 with
/// 16,000 names in it about one, 40 with 60,000, and most with a million.
///
/// The hash is seeded in each process: nobody can aim at the places of another.
struct NameFilter {
    private static let bits: UInt64 = 1 << 20
    private var words = [UInt64](repeating: 0, count: Int(bits / 64))

    mutating func insert(_ name: some Hashable) {
        Self.forEachPlace(of: name) { word, mask in
            words[word] |= mask
            return true
        }
    }

    func mayContain(_ name: some Hashable) -> Bool {
        Self.forEachPlace(of: name) { word, mask in words[word] & mask != 0 }
    }

    /// Three bits of 20, all of one hash. Ends with `false` at the first for which `body` is.
    @discardableResult
    private static func forEachPlace(of name: some Hashable, _ body: (Int, UInt64) -> Bool) -> Bool {
        var hash = UInt64(truncatingIfNeeded: name.hashValue)
        for _ in 0..<3 {
            let bit = hash % bits
            guard body(Int(bit / 64), 1 << (bit % 64)) else { return false }
            hash /= bits
        }
        return true
    }
}
