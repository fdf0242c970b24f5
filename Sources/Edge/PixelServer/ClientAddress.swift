import Opens

/// Who a request is from.
enum ClientAddress {
    /// The peer of the socket, or, when that is a trusted proxy, the right-most address of the header that the proxy
    /// writes and that is no trusted proxy's. Everything to the left of it could have been written by the client. What
    /// cannot be read ends the search at the last address that was believed.
    static func resolve(
        peer: IPAddress, _ headers: Fields, by origin: PixelServer.ClientOrigin, trusted: [IPPrefix]
    ) -> IPAddress {
        func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }
        guard isTrusted(peer) else { return peer }
        let entries: [String?] =
            switch origin {
            case .forwardedFor:
                headers["x-forwarded-for"].joined(separator: ",").split(
                    separator: ",", omittingEmptySubsequences: false
                )
                .map(String.init)
            case .forwarded: headers["forwarded"].flatMap(Self.hops)
            case .proxyProtocol: []
            }
        var believed = peer
        for entry in entries.reversed() {
            guard let address = entry.flatMap(parse) else { return believed }
            believed = address
            guard isTrusted(address) else { return address }
        }
        return believed
    }

    static func isLoopback(_ address: IPAddress) -> Bool {
        ["127.0.0.0/8", "::1/128"].contains { IPPrefix($0)?.contains(address) ?? false }
    }

    /// RFC 7239 section 4: of each hop the `for`, nil where it says none. A quoted text may hold any of the separators.
    static func hops(_ field: String) -> [String?] {
        var hops: [String?] = []
        var node: String?
        var name = ""
        var value = ""
        var isValue = false
        var isQuoted = false
        var isEscaped = false
        func take() {
            if trimmed(name).lowercased() == "for", node == nil { node = trimmed(value) }
            (name, value, isValue) = ("", "", false)
        }
        for character in field.unicodeScalars {
            switch character {
            case _ where isEscaped:
                value.unicodeScalars.append(character)
                isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "=" where !isQuoted && !isValue: isValue = true
            case ";" where !isQuoted: take()
            case "," where !isQuoted:
                take()
                hops.append(node)
                node = nil
            case _ where isValue: value.unicodeScalars.append(character)
            default: name.unicodeScalars.append(character)
            }
        }
        take()
        // An open quotation leaves no doubt that the last hop cannot be read.
        hops.append(isQuoted ? nil : node)
        return hops
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text).drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// As proxies write it: an address, `address:port` (IPv4) or `[address]:port` (IPv6).
    private static func parse(_ entry: String) -> IPAddress? {
        let text = trimmed(entry)
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return IPAddress(parts.count == 2 ? parts[0] : Substring(text))
    }
}
