/// Writes a database in MaxMind's format (MaxMind DB File Format Specification 2.0): a search tree of 24-bit records for
/// IPv6, IPv4 at ::/96 in it, and a map for each network.
package struct DatabaseFile: Sendable {
    package enum Value: Sendable {
        case short(UInt16)
        case number(UInt32)
        case long(UInt64)
        case text(String)
        case map([(String, Value)])
        case list([Value])
    }

    package var type = "GeoLite2-ASN"
    package var built: UInt32 = 1_795_000_000
    /// Address of 16 bytes, prefix length, what is known.
    package var networks: [(address: [UInt8], length: Int, Value)]

    package init(networks: [(address: [UInt8], length: Int, Value)]) { self.networks = networks }

    package static func asn(_ number: UInt32) -> Value {
        .map([("autonomous_system_number", .number(number)), ("autonomous_system_organization", .text("Example"))])
    }

    /// An IPv4 address, as it stands in the tree.
    package static func ipv4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> [UInt8] {
        [UInt8](repeating: 0, count: 12) + [a, b, c, d]
    }

    package func bytes() -> [UInt8] {
        enum Record { case empty, node(Int), data(Int) }
        var nodes: [(Record, Record)] = [(.empty, .empty)]
        var data: [UInt8] = []
        for (address, length, value) in networks {
            let offset = data.count
            data += Self.encode(value)
            var node = 0
            for bit in 0..<length {
                let isOne = address[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1
                let record: Record
                if bit == length - 1 {
                    record = .data(offset)
                } else if case .node(let next) = isOne ? nodes[node].1 : nodes[node].0 {
                    node = next
                    continue
                } else {
                    nodes.append((.empty, .empty))
                    record = .node(nodes.count - 1)
                }
                if isOne { nodes[node].1 = record } else { nodes[node].0 = record }
                node = nodes.count - 1
            }
        }
        func record(_ record: Record) -> [UInt8] {
            let number =
                switch record {
                case .empty: nodes.count
                case .node(let node): node
                case .data(let offset): nodes.count + 16 + offset
                }
            return [UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
        }
        let tree = nodes.flatMap { record($0.0) + record($0.1) }
        let metadata = Value.map([
            ("node_count", .number(UInt32(nodes.count))), ("record_size", .short(24)), ("ip_version", .short(6)),
            ("database_type", .text(type)), ("languages", .list([.text("en")])),
            ("binary_format_major_version", .short(2)), ("binary_format_minor_version", .short(0)),
            ("build_epoch", .long(UInt64(built))), ("description", .map([("en", .text("made up"))])),
        ])
        let marker: [UInt8] = [0xab, 0xcd, 0xef] + Array("MaxMind.com".utf8)
        let separator = [UInt8](repeating: 0, count: 16)
        return [tree, separator, data, marker, Self.encode(metadata)].flatMap { $0 }
    }

    private static func encode(_ value: Value) -> [UInt8] {
        switch value {
        case .short(let number): [5 << 5 | 2] + big(UInt64(number), 2)
        case .number(let number): [6 << 5 | 4] + big(UInt64(number), 4)
        case .long(let number): [8, 9 - 7] + big(number, 8)
        case .text(let text) where text.utf8.count < 29: [UInt8(2 << 5 | text.utf8.count)] + Array(text.utf8)
        case .text(let text): [UInt8(2 << 5 | 29), UInt8(text.utf8.count - 29)] + Array(text.utf8)
        case .map(let pairs): [UInt8(7 << 5 | pairs.count)] + pairs.flatMap { encode(.text($0.0)) + encode($0.1) }
        case .list(let values): [UInt8(values.count), 11 - 7] + values.flatMap(encode)
        }
    }

    private static func big(_ number: UInt64, _ count: Int) -> [UInt8] {
        (1...count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - $0))) }
    }
}
