/// Where a request goes, once it is known to be allowed to.
struct HTTPTarget: Equatable {
    let isTLS: Bool
    /// `host` or `host:port`, as shown in messages.
    let peer: String

    init(_ request: HTTPRequest) throws(TransportError) {
        let url = request.url
        let isTLS = url.lowercased().hasPrefix("https://")
        guard isTLS || url.lowercased().hasPrefix("http://") else {
            throw Self.refusal("a URL is neither https:// nor http://")
        }
        guard url.utf8.count <= 8192, url.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }) else {
            throw Self.refusal("a URL is too long, or has characters that must be escaped")
        }
        let authority = url.dropFirst(isTLS ? 8 : 7).prefix { !"/?#".contains($0) }
        guard let (host, port) = Self.split(authority) else { throw Self.refusal("a URL names no valid host and port") }
        guard isTLS || Endpoint.isLoopback(host) else {
            throw Self.refusal(
                "http://\(authority) would send the credential in clear; only https:// may leave this machine")
        }
        let hasLineEnd = { (text: String) in text.utf8.contains { $0 < 32 || $0 == 127 } }
        guard !request.headers.contains(where: { hasLineEnd($0.name) || hasLineEnd($0.value) }),
            request.bearer?.reveal({ $0.allSatisfy { $0 > 32 && $0 < 127 } }) ?? true,
            request.secretHeaders.allSatisfy({ header in
                !hasLineEnd(header.name) && header.value.reveal { $0.allSatisfy { $0 >= 32 && $0 < 127 } }
            }), !(request.body?.utf8.contains(0) ?? false)
        else { throw Self.refusal("a header of a request to \(authority) has control characters") }
        self.isTLS = isTLS
        peer = port == nil ? host : String(authority)
    }

    private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            let rest = authority[end...].dropFirst()
            guard host.contains(":"), rest.isEmpty || rest.first == ":" else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[colon...].dropFirst()
        }
        guard Endpoint.isHost(String(host)) else { return nil }
        guard let port else { return (String(host), nil) }
        guard let number = Endpoint.port(port) else { return nil }
        return (String(host), number)
    }

    private static func refusal(_ what: String) -> TransportError {
        TransportError(.other, what, .needsUser("correct the URL in the configuration"))
    }
}
