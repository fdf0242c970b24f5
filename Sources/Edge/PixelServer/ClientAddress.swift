import Opens

/// Who a request is from.
enum ClientAddress {
    /// The peer of the socket, or, when that is a trusted proxy, the right-most of the addresses that proxies named and
    /// that is no trusted proxy's. Everything to the left of it could have been written by the client. What cannot be
    /// read ends the search at the last address that was believed.
    ///
    /// - Parameter hops: as ``hops(forwardedFor:)`` or ``hops(forwarded:)`` finds them.
    static func resolve(peer: IPAddress, hops: @autoclosure () -> [String?], trusted: [IPPrefix]) -> IPAddress {
        func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }
        guard isTrusted(peer) else { return peer }
        var believed = peer
        for hop in hops().reversed() {
            guard let address = hop.flatMap(parse) else { return believed }
            believed = address
            guard isTrusted(address) else { return address }
        }
        return believed
    }

    static func isLoopback(_ address: IPAddress) -> Bool { loopback.contains { $0.contains(address) } }

    private static let loopback = ["127.0.0.0/8", "::1/128"].compactMap { IPPrefix($0) }

    /// Of X-Forwarded-For, whose lines are one list.
    static func hops(forwardedFor lines: [String]) -> [String?] {
        lines.isEmpty
            ? [] : lines.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// RFC 7239 section 4: of each hop the `for`, nil where it says none. A quoted text may hold any of the separators.
    ///
    /// Hops are told apart from the right: what a client wrote may open a quotation and must not take what a proxy put
    /// behind it for a part of that.
    static func hops(forwarded lines: [String]) -> [String?] {
        lines.flatMap { line in
            let text = line.unicodeScalars
            var hops: [String?] = []
            var end = text.endIndex
            var isQuoted = false
            for index in text.indices.reversed() {
                switch text[index] {
                case "\"" where !isEscaped(index, in: text): isQuoted.toggle()
                case "," where !isQuoted:
                    hops.append(node(of: text[text.index(after: index)..<end]))
                    end = index
                default: break
                }
            }
            hops.append(isQuoted ? nil : node(of: text[..<end]))
            return hops.reversed()
        }
    }

    /// Whether an odd number of backslashes is before it.
    private static func isEscaped(_ index: String.Index, in text: String.UnicodeScalarView) -> Bool {
        !text[..<index].reversed().prefix { $0 == "\\" }.count.isMultiple(of: 2)
    }

    /// The first `for` of one hop.
    private static func node(of hop: Substring.UnicodeScalarView) -> String? {
        var name = ""
        var value = ""
        var isValue = false
        var isQuoted = false
        var isEscaped = false
        var node: String?
        func take() {
            if trimmed(name).lowercased() == "for", node == nil { node = trimmed(value) }
            (name, value, isValue) = ("", "", false)
        }
        for character in hop {
            switch character {
            case _ where isEscaped:
                value.unicodeScalars.append(character)
                isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "=" where !isQuoted && !isValue: isValue = true
            case ";" where !isQuoted: take()
            case _ where isValue: value.unicodeScalars.append(character)
            default: name.unicodeScalars.append(character)
            }
        }
        take()
        return node
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
