import Opens

/// Who a request is from.
enum ClientAddress {
    /// The peer of the socket, or, when that is a trusted proxy, the right-most address of X-Forwarded-For that is not.
    /// Everything to the left of it could have been written by the client. What cannot be read ends the search at the
    /// last address that was believed.
    static func resolve(peer: IPAddress, forwardedFor: [String], trusted: [IPPrefix]) -> IPAddress {
        func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }
        guard isTrusted(peer) else { return peer }
        var believed = peer
        let entries = forwardedFor.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false)
        for entry in entries.reversed() {
            guard let address = parse(entry) else { return believed }
            believed = address
            guard isTrusted(address) else { return address }
        }
        return believed
    }

    static func isLoopback(_ address: IPAddress) -> Bool {
        ["127.0.0.0/8", "::1/128"].contains { IPPrefix($0)?.contains(address) ?? false }
    }

    /// As proxies write it: an address, `address:port` (IPv4) or `[address]:port` (IPv6).
    private static func parse(_ entry: Substring) -> IPAddress? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return IPAddress(parts.count == 2 ? parts[0] : text)
    }
}
