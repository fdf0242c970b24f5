import Opens

extension ClientAddress {
    /// By the header that the proxy is said to write.
    static func resolve(
        peer: IPAddress, _ headers: Fields, by origin: PixelServer.ClientOrigin, trusted: [IPPrefix]
    ) -> IPAddress {
        switch origin {
        case .forwardedFor:
            resolve(peer: peer, hops: hops(forwardedFor: headers["x-forwarded-for"]), trusted: trusted)
        case .forwarded: resolve(peer: peer, hops: hops(forwarded: headers["forwarded"]), trusted: trusted)
        case .proxyProtocol: peer
        }
    }
}
