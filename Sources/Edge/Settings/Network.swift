#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A range of addresses in CIDR form.
package struct Network: Sendable, Equatable, CustomStringConvertible {
    /// 4 or 16 bytes; those behind the prefix are zero.
    package let address: [UInt8]
    /// Bits, from 1.
    package let prefixLength: Int
    package let description: String
}

extension Network {
    init(parsing text: String) throws(Rejection) {
        let form = "ADDRESS/BITS, such as 127.0.0.1/32 or fd00::/8"
        func refused(_ what: String) -> Rejection { Rejection(what: "\(quoted(text)) \(what)", expected: form) }

        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.bytes(of: String(first)) else {
            throw refused("is not a range of addresses")
        }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(parts[1]), number <= bits
            else { throw refused("is not a range of addresses") }
            bits = number
        }
        guard bits > 0 else { throw refused("is every address there is") }
        let masked = bytes.enumerated().map { index, byte in
            byte & ~UInt8(truncatingIfNeeded: 0xFF >> min(8, max(0, bits - index * 8)))
        }
        guard masked == bytes else { throw refused("has bits set behind the first \(bits)") }
        address = bytes
        prefixLength = bits
        description = "\(first)/\(bits)"
    }

    /// The 4 or 16 bytes of an address in its usual form; `nil` for a name, or for a form such as `127.1`.
    static func bytes(of address: String) -> [UInt8]? {
        guard !address.utf8.contains(0) else { return nil }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, address, &bytes) == 1 { return bytes }
        }
        return nil
    }

    static func isLoopback(host: String) -> Bool {
        if host == "localhost" { return true }
        guard let bytes = bytes(of: host) else { return false }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}

/// Where a server listens.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ListenAddress {
    init(parsing text: String) throws(Rejection) {
        guard let authority = Authority(text[...]), let port = authority.port else {
            throw Rejection(
                what: "\(quoted(text)) is not an address to listen on",
                expected: "HOST:PORT, such as \(Defaults.listen) or [::1]:8025, with a port from 1 to 65535")
        }
        host = authority.host
        self.port = port
    }
}
