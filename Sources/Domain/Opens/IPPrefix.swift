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
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let length = Int(parts[1])
        else { return nil }
        let isIPv4 = !parts[0].contains(":")
        guard length <= (isIPv4 ? 32 : 128) else { return nil }
        self.init(address: address, bits: isIPv4 ? 96 + length : length)
        guard first == address else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        let mask = IPPrefix.mask(bits)
        return address.high & mask.high == first.high && address.low & mask.low == first.low
    }

    package var description: String { "\(first)/\(first.isIPv4 && bits >= 96 ? bits - 96 : bits)" }

    private static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
        // Smart shifts: 64 or more gives zero.
        (~(UInt64.max >> min(bits, 64)), ~(UInt64.max >> max(bits - 64, 0)))
    }
}
