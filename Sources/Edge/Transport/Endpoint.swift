#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a mail server listens, and how its connection is protected.
///
/// `imaps://host[:port]` and `smtps://…` speak TLS from the first byte; `imap://…` and `smtp://…` require STARTTLS
/// before anything secret is sent. There is no opportunistic TLS.
package struct Endpoint: Sendable, Equatable, CustomStringConvertible {
    package enum Scheme: String, Sendable, CaseIterable {
        case imaps, imap, smtps, smtp
    }

    package enum Security: Sendable, Equatable {
        case implicitTLS
        case startTLS
        /// Nothing is encrypted; only to this machine itself.
        case cleartext
    }

    package let scheme: Scheme
    /// Lower case, an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16
    package let security: Security

    /// - Parameters:
    ///   - url: a scheme, a host and optionally a port; no user, path or query.
    ///   - cleartext: do without TLS; accepted for `imap://` and `smtp://` on 127.0.0.0/8, ::1 and localhost alone.
    package init(_ url: String, cleartext: Bool = false) throws(InvalidEndpoint) {
        guard let separator = Self.separator(in: url) else {
            throw InvalidEndpoint(url, "has no scheme; expected imaps://HOST or imap://HOST")
        }
        guard let scheme = Scheme(rawValue: url[..<separator.lowerBound].lowercased()) else {
            let known = Scheme.allCases.map { "\($0.rawValue)://" }.joined(separator: ", ")
            throw InvalidEndpoint(url, "is none of \(known)")
        }
        var rest = url[separator.upperBound...]
        if rest.last == "/" { rest.removeLast() }
        let (host, port) = try Self.split(rest, of: url)
        guard Self.isHost(host) else {
            throw InvalidEndpoint(url, "names no valid host; only HOST or HOST:PORT may follow ://")
        }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port ?? scheme.defaultPort
        guard cleartext else {
            security = scheme.hasImplicitTLS ? .implicitTLS : .startTLS
            return
        }
        guard !scheme.hasImplicitTLS else { throw InvalidEndpoint(url, "speaks TLS and cannot be cleartext") }
        guard Self.isLoopback(self.host) else {
            throw InvalidEndpoint(
                url, "is not on this machine; without TLS only 127.0.0.0/8, ::1 and localhost are allowed")
        }
        security = .cleartext
    }

    /// `host:port`, as shown in messages.
    package var description: String { "\(bracketedHost):\(port)" }

    /// libcurl says the path of an SMTP URL as its name in EHLO; this machine's own name is nobody's business.
    var url: String {
        "\(scheme.rawValue)://\(bracketedHost):\(port)/\(scheme.isIMAP ? "" : "%5B127.0.0.1%5D")"
    }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

package struct InvalidEndpoint: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why, to follow the URL in a sentence.
    package let reason: String
    package let description: String

    fileprivate init(_ url: String, _ reason: String) {
        self.reason = reason
        // What stands before an @ may be a password.
        description = url.contains("@") ? "the URL \(reason)" : "\(url.prefix(200)) \(reason)"
    }
}

extension Endpoint {
    /// Whether traffic to this host cannot leave the machine: 127.0.0.0/8, ::1 or localhost, spelled plainly.
    package static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }

    /// Digits alone, 1 to 65535.
    static func port(_ text: Substring) -> UInt16? {
        guard text.count <= 5, text.utf8.allSatisfy({ 48...57 ~= $0 }), let number = UInt16(text), number > 0 else {
            return nil
        }
        return number
    }

    /// No user, path, query, space, percent escape or control character: nothing that libcurl would read differently.
    static func isHost(_ host: String) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        if host.contains(":") {
            var six = in6_addr()
            return inet_pton(AF_INET6, host, &six) == 1
        }
        return host.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": true
            default: scalar.properties.isAlphabetic && !scalar.isASCII
            }
        }
    }
}

extension Endpoint {
    fileprivate static func separator(in url: String) -> Range<String.Index>? {
        guard let colon = url.firstIndex(of: ":") else { return nil }
        let after = url.index(after: colon)
        guard url[after...].hasPrefix("//") else { return nil }
        return colon..<url.index(after, offsetBy: 2)
    }

    fileprivate static func split(
        _ authority: Substring, of url: String
    ) throws(InvalidEndpoint) -> (host: String, port: UInt16?) {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw InvalidEndpoint(url, "has a [ without ]") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.first == ":", host.contains(":") else {
                throw InvalidEndpoint(url, "has something other than [IPv6]:PORT")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard let port else { return (String(host), nil) }
        guard let number = Self.port(port) else { throw InvalidEndpoint(url, "has a port that is not 1 to 65535") }
        return (String(host), number)
    }
}

extension Endpoint.Scheme {
    fileprivate var hasImplicitTLS: Bool { self == .imaps || self == .smtps }

    fileprivate var defaultPort: UInt16 {
        switch self {
        case .imaps: 993
        case .imap: 143
        case .smtps: 465
        case .smtp: 587
        }
    }

    var isIMAP: Bool { self == .imaps || self == .imap }
}
