/// The URL of a PostgreSQL database, as libpq reads it (its section 34.1.1.2):
/// `postgresql://[USER@][HOST[:PORT],…][/DATABASE][?KEYWORD=VALUE&…]`.
///
/// There is no password in it, and it asks for TLS that proves the server wherever somebody could listen in.
package struct DatabaseURL: Sendable, Equatable, CustomStringConvertible {
    /// As written.
    package let text: String
    /// Every host is this machine's loopback or a Unix socket.
    package let isLocal: Bool

    package var description: String { text }
}

extension DatabaseURL {
    static let form = "postgresql://USER@HOST/DATABASE, without a password"

    init(parsing text: String) throws(Rejection) {
        func refused(_ what: String, expected: String = Self.form) -> Rejection {
            Rejection(what: what, expected: expected)
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("#") else {
            throw refused("the URL holds a blank, a # or a character outside ASCII")
        }
        guard let colon = text.firstRange(of: "://"),
            ["postgresql", "postgres"].contains(text[..<colon.lowerBound].lowercased())
        else { throw refused("the URL has another scheme") }
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let parts = rest[..<end].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count < 2 || !parts[0].contains(":") else {
            throw refused("the URL holds a password", expected: "store_password_file or store_password_command for it")
        }
        var hosts: [String] = []
        for entry in (parts.last ?? "").split(separator: ",") {
            guard let host = Self.host(entry) else { throw refused("the URL has no valid host or port") }
            hosts.append(host)
        }
        let keywords = try Self.keywords(rest[end...])
        hosts += keywords["host"]?.split(separator: ",").map(String.init) ?? []
        let isLocal = !hosts.isEmpty && keywords["service"] == nil && hosts.allSatisfy(Self.isLocal)
        guard isLocal || ["verify-full", nil].contains(keywords["sslmode"]) else {
            throw refused(
                "sslmode does not make the server prove who it is",
                expected: "sslmode=verify-full, which is the default")
        }
        self.text = text
        self.isLocal = isLocal
    }

    /// `nil` where it is none. A Unix socket's directory is written with `%2F`.
    private static func host(_ entry: Substring) -> String? {
        if entry.lowercased().hasPrefix("%2f") { return decoded(entry) }
        return Authority(entry)?.host
    }

    private static func isLocal(_ host: String) -> Bool { host.hasPrefix("/") || Network.isLoopback(host: host) }

    private static func keywords(_ path: Substring) throws(Rejection) -> [String: String] {
        guard let mark = path.firstIndex(of: "?") else { return [:] }
        var keywords: [String: String] = [:]
        for pair in path[path.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let key = decoded(parts[0]), let value = decoded(parts[1]) else {
                throw Rejection(what: "the URL holds a keyword without a value", expected: form)
            }
            switch key {
            case "password", "sslpassword":
                throw Rejection(
                    what: "the URL holds a password", expected: "store_password_file or store_password_command for it")
            case "hostaddr":
                throw Rejection(
                    what: "hostaddr is not taken: the certificate is the host's", expected: "the host alone")
            default: keywords[key] = value
            }
        }
        return keywords
    }

    /// `%2F` as `/`; `nil` where a `%` is none.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
