import Opens

/// The PROXY protocol's header, by which a proxy says before the first byte of a connection who it is from
/// (haproxy.org, "The PROXY protocol", versions 1 and 2, 2020-03-05). Pure; fed with all that has arrived.
enum ProxyHeader: Equatable {
    /// Not all of it is there yet.
    case incomplete
    case malformed
    /// So many bytes are the header's. `address` is nil where the proxy speaks for itself (LOCAL, UNKNOWN), such as in
    /// its health checks.
    case complete(count: Int, address: IPAddress?)

    /// Section 2.1: the longest line of version 1, its CRLF included.
    private static let longestLine = 107
    /// Section 2.2: what follows the first 16 bytes; addresses take 36 at most, the rest is what proxies add.
    private static let longestRest = 520
    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

    init<Bytes: RandomAccessCollection>(_ bytes: Bytes) where Bytes.Element == UInt8 {
        if bytes.starts(with: Self.signature) {
            self = Self.binary(bytes)
        } else if Self.signature.starts(with: bytes) {
            self = .incomplete
        } else {
            self = Self.line(bytes)
        }
    }

    /// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n`
    private static func line<Bytes: RandomAccessCollection>(_ bytes: Bytes) -> ProxyHeader
    where Bytes.Element == UInt8 {
        let start = Array("PROXY ".utf8)
        guard bytes.starts(with: start) || start.starts(with: bytes) else { return .malformed }
        let window = bytes.prefix(longestLine)
        guard let end = window.firstIndex(of: 0x0a) else {
            return window.count < longestLine ? .incomplete : .malformed
        }
        let text = window[..<end]
        guard text.last == 0x0d, text.allSatisfy({ $0 == 0x0d || (0x20...0x7e).contains($0) }) else {
            return .malformed
        }
        let words = String(decoding: text.dropLast(), as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        let count = text.count + 1
        guard words.count >= 2, words[0] == "PROXY" else { return .malformed }
        // Section 2.1: whatever follows UNKNOWN is to be ignored.
        if words[1] == "UNKNOWN" { return .complete(count: count, address: nil) }
        guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6", let source = IPAddress(words[2]),
            let destination = IPAddress(words[3]), words[2].contains(":") == (words[1] == "TCP6"),
            words[3].contains(":") == (words[1] == "TCP6"), destination.isIPv4 == source.isIPv4,
            UInt16(words[4]) != nil, UInt16(words[5]) != nil
        else { return .malformed }
        return .complete(count: count, address: source)
    }

    private static func binary<Bytes: RandomAccessCollection>(_ bytes: Bytes) -> ProxyHeader
    where Bytes.Element == UInt8 {
        let head = Array(bytes.prefix(16))
        guard head.count == 16 else { return .incomplete }
        let length = Int(head[14]) << 8 | Int(head[15])
        guard head[12] >> 4 == 2, length <= longestRest else { return .malformed }
        guard bytes.count >= 16 + length else { return .incomplete }
        let rest = Array(bytes.dropFirst(16).prefix(length))
        switch head[12] & 0x0f {
        case 0: return .complete(count: 16 + length, address: nil)  // LOCAL
        case 1: break
        default: return .malformed
        }
        switch head[13] {
        case 0x11:  // TCP over IPv4: source, destination, ports
            guard rest.count >= 12 else { return .malformed }
            return .complete(count: 16 + length, address: IPAddress(bytes: Array(rest[..<4])))
        case 0x21:  // TCP over IPv6
            guard rest.count >= 36 else { return .malformed }
            return .complete(count: 16 + length, address: IPAddress(bytes: Array(rest[..<16])))
        case 0x00: return .complete(count: 16 + length, address: nil)  // UNSPEC
        default: return .malformed
        }
    }
}
