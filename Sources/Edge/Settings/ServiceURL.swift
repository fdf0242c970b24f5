/// The URL of a server, taken apart: a scheme from a given list, a host, a port, and a path where one is allowed.
///
/// No user name or fragment, and a query for lists alone: secrets have their own keys, and the rest means nothing here.
package struct ServiceURL: Sendable, Equatable, CustomStringConvertible {
    /// As written; without a slash at its end, but for a list's.
    package let text: String
    /// Lower case.
    package let scheme: String
    /// Lower case; an IPv6 address without its brackets.
    package let host: String
    /// As written, or the scheme's own.
    package let port: UInt16
    /// Empty, or begins with a slash and does not end with one.
    package let path: String

    package var description: String { text }
    package var isLoopback: Bool { Network.isLoopback(host: host) }
}

extension ServiceURL {
    /// `schemes` gives the default port of each scheme; `form` completes "expected …".
    init(
        _ text: String, schemes: [String: UInt16], allowsPath: Bool, allowsQuery: Bool = false, form: String
    ) throws(Rejection) {
        // What stands before an "@" may be a password: such a text is not repeated.
        let shown = text.contains("@") ? "the URL" : quoted(text)
        func refused(_ what: String) -> Rejection { Rejection(what: "\(shown) \(what)", expected: form) }

        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refused("holds a blank or a character outside ASCII")
        }
        guard let colon = text.firstRange(of: "://") else { throw refused("is not a URL") }
        scheme = text[..<colon.lowerBound].lowercased()
        guard let defaultPort = schemes[scheme] else { throw refused("has another scheme") }

        var rest = text[colon.upperBound...]
        var query = text[text.endIndex...]
        if allowsQuery {
            let mark = rest.firstIndex(of: "?") ?? rest.endIndex
            query = rest[mark...]
            rest = rest[..<mark]
        } else {
            while rest.last == "/" { rest.removeLast() }
        }
        guard !rest.contains("@") else { throw refused("holds a user name or password") }
        guard !rest.contains("?"), !rest.contains("#"), !query.contains("#") else {
            throw refused("holds a query or a fragment")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        guard allowsPath || path.isEmpty else { throw refused("holds a path") }

        guard let authority = Authority(rest[..<slash]) else { throw refused("has no valid host or port") }
        host = authority.host
        port = authority.port ?? defaultPort
        self.text = String(text[..<rest.endIndex]) + query
    }

    /// `https://`, or `http://` where nobody can listen in.
    static func web(_ text: String) throws(Rejection) -> ServiceURL { try web(text, allowsQuery: false) }

    /// The same, where something is published.
    static func list(_ text: String) throws(Rejection) -> ServiceURL { try web(text, allowsQuery: true) }

    private static func web(_ text: String, allowsQuery: Bool) throws(Rejection) -> ServiceURL {
        let form =
            "https://HOST[:PORT][/PATH]\(allowsQuery ? "[?QUERY]" : ""), or http:// to this machine's loopback"
        let url = try ServiceURL(
            text, schemes: ["https": 443, "http": 80], allowsPath: true, allowsQuery: allowsQuery, form: form)
        guard url.scheme == "https" || url.isLoopback else {
            throw Rejection(what: "\(quoted(text)) is not encrypted", expected: form)
        }
        return url
    }

    static func mailbox(_ text: String) throws(Rejection) -> ServiceURL {
        try ServiceURL(
            text, schemes: ["imaps": 993, "imap": 143], allowsPath: false,
            form: "imaps://HOST[:PORT], or imap://HOST[:PORT] for STARTTLS")
    }

    static func submission(_ text: String) throws(Rejection) -> ServiceURL {
        try ServiceURL(
            text, schemes: ["smtps": 465, "smtp": 587], allowsPath: false,
            form: "smtps://HOST[:PORT], or smtp://HOST[:PORT] for STARTTLS")
    }

    static func proxy(_ text: String) throws(Rejection) -> ServiceURL {
        let socks: UInt16 = 1080
        return try ServiceURL(
            text,
            schemes: [
                "socks5h": socks, "socks5": socks, "socks4a": socks, "socks4": socks, "http": 3128, "https": 443,
            ], allowsPath: false, form: "socks5h://HOST[:PORT], socks5://, socks4a://, socks4://, http:// or https://")
    }
}

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT` (RFC 3986, 3.2).
struct Authority {
    let host: String
    let port: UInt16?

    init?(_ text: Substring) {
        var rest = text
        if rest.first == "[" {
            guard let bracket = rest.firstIndex(of: "]") else { return nil }
            let address = String(rest[rest.index(after: rest.startIndex)..<bracket])
            guard let bytes = Network.bytes(of: address), bytes.count == 16 else { return nil }
            host = address.lowercased()
            rest = rest[rest.index(after: bracket)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            let name = rest[..<end].lowercased()
            guard Self.isHostName(name) else { return nil }
            host = name
            rest = rest[end...]
        }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(digits), number > 0
        else { return nil }
        port = number
    }

    private static func isHostName(_ name: String) -> Bool {
        guard name.utf8.count <= 253 else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
                }
        }
    }
}
