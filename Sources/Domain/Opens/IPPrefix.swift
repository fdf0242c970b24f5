/// A block of addresses, `192.0.2.0/24` or `2001:db8::/32`.
package struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The first address: all bits behind the prefix are zero.
    package let first: IPAddress
    /// 0…128, counted in the IPv6 form; an IPv4 /24 has 120.
    let bits: Int

    /// Clears the bits behind the prefix. `bits` is taken into 0…128.
    init(address: IPAddress, bits: Int) {
        self.bits = min(max(bits, 0), 128)
        let mask = IPPrefix.mask(self.bits)
        first = IPAddress(high: address.high & mask.high, low: address.low & mask.low)
    }

    /// `nil` on a malformed address, a length out of range, or address bits set behind the prefix.
    package init?(_ text: String) { self.init(utf8: Array(text.utf8.prefix(68))[...]) }

    /// The same, from its bytes.
    init?(utf8 text: ArraySlice<UInt8>) {
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")), let address = IPAddress(utf8: text[..<slash]) else {
            return nil
        }
        let digits = text[(slash + 1)...]
        guard (1...3).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let length = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        let isIPv4 = !text[..<slash].contains(UInt8(ascii: ":"))
        guard length <= (isIPv4 ? 32 : 128) else { return nil }
        self.init(address: address, bits: isIPv4 ? 96 + length : length)
        guard first == address else { return nil }
    }

    /// Whether its addresses are of IPv4, all of them.
    var isIPv4: Bool { bits >= 96 && first.isIPv4 }

    /// As ``description`` writes it: of IPv4 at most 32.
    package var length: Int { isIPv4 ? bits - 96 : bits }

    /// By the first address; of two that begin alike, what encloses the other comes first.
    func precedes(_ other: IPPrefix) -> Bool {
        (first.high, first.low, bits) < (other.first.high, other.first.low, other.bits)
    }

    func overlaps(_ other: IPPrefix) -> Bool { contains(other.first) || other.contains(first) }

    package func contains(_ address: IPAddress) -> Bool {
        let mask = IPPrefix.mask(bits)
        return address.high & mask.high == first.high && address.low & mask.low == first.low
    }

    package var description: String { "\(first)/\(length)" }

    private static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
        // Smart shifts: 64 or more gives zero.
        (~(UInt64.max >> min(bits, 64)), ~(UInt64.max >> max(bits - 64, 0)))
    }
}

extension IPPrefix {
    /// The fewest prefixes with the same addresses, ascending.
    package static func merged(_ prefixes: some Sequence<IPPrefix>) -> [IPPrefix] {
        var merged: [IPPrefix] = []
        for prefix in prefixes.sorted(by: { $0.precedes($1) }) {
            if let last = merged.last, last.contains(prefix.first) { continue }
            var whole = prefix
            while let last = merged.last, let both = last.joined(with: whole) {
                merged.removeLast()
                whole = both
            }
            merged.append(whole)
        }
        return merged
    }

    /// The block that the two are the halves of, this one the first.
    private func joined(with other: IPPrefix) -> IPPrefix? {
        guard bits == other.bits, bits > 0, isIPv4 == other.isIPv4, !isIPv4 || bits > 96 else { return nil }
        let block = IPPrefix(address: first, bits: bits - 1)
        return block.first == first && first != other.first && block.contains(other.first) ? block : nil
    }
}
