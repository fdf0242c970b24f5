import Opens

@testable import PixelServer

extension FuzzTarget {
    /// What a client sends before its proxy has said who it is, or behind that.
    static let proxyHeader = FuzzTarget("proxy-header", workPerByte: 400) { input in
        let cuts = input.cuts()
        let bytes = input.text
        let whole = ProxyHeader(bytes)

        var arrived: [UInt8] = []
        var inPieces = ProxyHeader(arrived)
        for piece in cuts.pieces(of: bytes) where inPieces == .incomplete {
            arrived += piece
            inPieces = ProxyHeader(arrived)
        }
        try require(inPieces == whole, "whole \(whole), cut into \(cuts.lengths) \(inPieces)")
        try require(ProxyHeader(([1, 2, 3] + bytes).dropFirst(3)) == whole, "a slice is read otherwise")

        switch whole {
        case .malformed: break
        case .incomplete: try require(bytes.count < longest, "\(bytes.count) bytes are kept")
        case .complete(let count, let address):
            try require((1...longest).contains(count) && count <= bytes.count, "\(count) of \(bytes.count) bytes")
            try require(
                ProxyHeader(bytes.prefix(count - 1)) == .incomplete, "\(count) bytes, of which one is not needed")
            guard let address else { return }
            try check(headers(for: address), address, before: bytes)
        }
        for text in ["203.0.113.7", "2001:db8::7"] {
            guard let address = IPAddress(text) else { throw Violation(description: "\(text) is no address") }
            try check(headers(for: address), address, before: bytes)
        }
    }

    /// What a client writes into the header by which proxies say who it is.
    static let clientAddress = FuzzTarget("client-address", workPerByte: 1_200) { input in
        let isQuoted = input.choice(of: 2) == 1
        let lines = input.text.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
        let (client, proxy) = ("203.0.113.7", "10.1.2.3")

        let plain = ClientAddress.hops(forwardedFor: lines)
        let stated = ClientAddress.hops(forwarded: lines)
        let length = lines.reduce(0) { $0 + $1.utf8.count + 1 }
        for hops in [plain, stated] {
            let kept = hops.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
            try require(hops.count <= length + 1 && kept <= length, "\(hops.count) hops, \(kept) bytes, of \(length)")
            try require(try resolve("198.51.100.9", hops) == "198.51.100.9", "a stranger is believed")
        }

        // Proxies append to the line, or write another one. Nothing to the left of that counts.
        let node = isQuoted ? "\"\(client):4711\"" : client
        let ways: [([String], [String])] = [
            (lines + [client], lines + ["for=\(node)"]),
            (lines + [client, proxy], lines + ["for=\(node);proto=https", "for=\(proxy)"]),
            (
                lines.dropLast() + ["\(lines.last ?? ""), \(client)"],
                lines.dropLast() + ["\(lines.last ?? ""), proto=https;for=\(node), for=\(proxy)"]
            ),
        ]
        for (plain, stated) in ways {
            let found = [
                try resolve("127.0.0.1", ClientAddress.hops(forwardedFor: plain)),
                try resolve("127.0.0.1", ClientAddress.hops(forwarded: stated)),
            ]
            try require(found == [client, client], "\(plain) and \(stated) are of \(found)")
        }

        for line in lines {
            let escaped = line.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
            let hops = ClientAddress.hops(forwarded: ["by=x; For=\"|\(escaped)|\" ;for=y"])
            try require(hops == ["|\(line)|"], "\(line) in quotation marks is \(hops)")
        }
    }

    /// Of a header of version 2 with all that may be behind the addresses.
    private static let longest = 16 + 520

    private static func headers(for address: IPAddress) -> [[UInt8]] {
        let (family, other, code): (String, String, UInt8) =
            address.isIPv4 ? ("TCP4", "198.51.100.1", 0x11) : ("TCP6", "2001:db8::2", 0x21)
        let line = "PROXY \(family) \(address) \(other) 56324 443\r\n"
        let ends = address.bytes + [UInt8](repeating: 9, count: address.bytes.count) + [0xdc, 4, 1, 0xbb]
        let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
        return [Array(line.utf8), signature + [0x21, code, 0, UInt8(ends.count)] + ends]
    }

    /// Whatever comes behind it.
    private static func check(_ headers: [[UInt8]], _ address: IPAddress, before bytes: [UInt8]) throws {
        for header in headers {
            let read = ProxyHeader(header + bytes)
            try require(read == .complete(count: header.count, address: address), "\(address) is read as \(read)")
        }
    }

    private static func resolve(_ peer: String, _ hops: [String?]) throws -> String {
        let trusted = ["127.0.0.0/8", "10.0.0.0/8"].compactMap { IPPrefix($0) }
        guard let peer = IPAddress(peer) else { throw Violation(description: "\(peer) is no address") }
        return ClientAddress.resolve(peer: peer, hops: hops, trusted: trusted).description
    }
}
