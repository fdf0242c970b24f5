/// An Internet address. IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so an IPv4-mapped address,
/// as a dual-stack socket reports its peers, is equal to the IPv4 address itself.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 4 or 16 bytes in network order; `nil` on any other count.
    package init?(bytes: some Collection<UInt8>) {
        func word(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(high: 0, low: 0xffff << 32 | word(bytes))
        case 16: self.init(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8)))
        default: return nil
        }
    }

    /// Dotted quad without leading zeros, or RFC 4291 section 2.2 text; a zone (`%eth0`) is dropped.
    package init?(_ text: some StringProtocol) { self.init(utf8: Array(text.utf8.prefix(64))[...]) }

    /// The same, from its bytes.
    init?(utf8 bytes: ArraySlice<UInt8>) {
        if bytes.contains(UInt8(ascii: ":")) {
            let address = bytes.prefix { $0 != UInt8(ascii: "%") }
            guard let groups = IPAddress.groups(address) else { return nil }
            let high = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
            self.init(high: high, low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let quad = IPAddress.quad(bytes) else { return nil }
            self.init(high: 0, low: 0xffff << 32 | UInt64(quad))
        }
    }

    /// Four or sixteen, in network order.
    package var bytes: [UInt8] {
        let words = isIPv4 ? [low << 32] : [high, low]
        return words.flatMap { word in
            stride(from: 56, through: isIPv4 ? 32 : 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// What one subscriber's line is told apart by: the /24 of IPv4, the /48 of IPv6.
    package var network: IPPrefix { IPPrefix(address: self, bits: isIPv4 ? 96 + 24 : 48) }

    /// Dotted quad, or RFC 5952 text.
    package var description: String {
        if isIPv4 { return (0..<4).map { String(low >> UInt64(24 - 8 * $0) & 255) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 % 4))) }
        guard let gap = IPAddress.longestZeros(groups) else { return IPAddress.hex(groups[...]) }
        return IPAddress.hex(groups[..<gap.lowerBound]) + "::" + IPAddress.hex(groups[gap.upperBound...])
    }
}

private extension IPAddress {
    static func hex(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first of the longest runs of at least two zero groups (RFC 5952 section 4.2).
    static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start: Int?
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 {
                start = start ?? index
            } else if let from = start {
                if index - from >= 2, index - from > best?.count ?? 0 { best = from..<index }
                start = nil
            }
        }
        return best
    }

    static func quad(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
                part.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            let octet = part.reduce(0) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
            guard octet <= 255 else { return nil }
            value = value << 8 | octet
        }
        return value
    }

    /// Eight groups, `::` filled up.
    static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        let double = text.indices.dropLast().filter { text[$0] == colon && text[$0 + 1] == colon }
        guard let gap = double.first else {
            guard let all = list(text, mayEndInQuad: true), all.count == 8 else { return nil }
            return all
        }
        // One `::` only; ":::" shows as two overlapping ones.
        guard double.count == 1, let head = list(text[..<gap], mayEndInQuad: false),
            let tail = list(text[(gap + 2)...], mayEndInQuad: true), head.count + tail.count < 8
        else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    static func list(_ text: ArraySlice<UInt8>, mayEndInQuad: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var out: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndInQuad, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let quad = quad(part) else { return nil }
                out += [UInt16(quad >> 16), UInt16(quad & 0xffff)]
            } else {
                guard (1...4).contains(part.count), part.first != UInt8(ascii: "+"),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                out.append(group)
            }
        }
        return out
    }
}
