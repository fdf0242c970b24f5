import Opens
import Testing

@testable import PixelServer

struct AddressTests {
    @Test(arguments: [
        ("198.51.100.9", [], "198.51.100.9"),
        // Not a trusted proxy: what it says is worth nothing.
        ("198.51.100.9", ["203.0.113.1"], "198.51.100.9"),
        ("127.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        // The client wrote the left part itself.
        ("127.0.0.1", ["192.0.2.66, 203.0.113.1"], "203.0.113.1"),
        ("127.0.0.1", ["203.0.113.1, 10.1.2.3"], "203.0.113.1"),
        ("127.0.0.1", ["192.0.2.66, 203.0.113.1", "10.1.2.3"], "203.0.113.1"),
        ("127.0.0.1", ["203.0.113.1:4711"], "203.0.113.1"),
        ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", ["::ffff:203.0.113.1"], "203.0.113.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.1, unknown, 10.9.9.9"], "10.9.9.9"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
    ])
    func forwardedFor(peer: String, fields: [String], client: String) throws {
        // What the client writes into the other header is worth nothing.
        let headers = fields.map { ("X-Forwarded-For", $0) } + [("Forwarded", "for=192.0.2.99")]
        #expect(try resolve(peer, headers, .forwardedFor) == client)
        #expect(try resolve(peer, headers, .proxyProtocol) == peer)
    }

    @Test(arguments: [
        ([], "127.0.0.1"),
        (["for=203.0.113.1"], "203.0.113.1"),
        (["For=203.0.113.1;proto=https;by=10.0.0.1"], "203.0.113.1"),
        (["proto=https; for=203.0.113.1"], "203.0.113.1"),
        (["for=192.0.2.66, for=203.0.113.1"], "203.0.113.1"),
        (["for=192.0.2.66,for=203.0.113.1", "for=10.1.2.3"], "203.0.113.1"),
        ([#"for="203.0.113.1:4711""#], "203.0.113.1"),
        ([#"for="[2001:db8::1]:443""#], "2001:db8::1"),
        ([#"for="[2001:db8::1]""#], "2001:db8::1"),
        ([#"for="203.0.113.\1""#], "203.0.113.1"),
        (["for=unknown"], "127.0.0.1"),
        (["for=192.0.2.66, for=_hidden"], "127.0.0.1"),
        (["for=192.0.2.66, proto=https"], "127.0.0.1"),
        (["for=192.0.2.66,"], "127.0.0.1"),
        // Separators within a quotation are the client's text.
        ([#"for="x,for=192.0.2.66""#], "127.0.0.1"),
        ([#"for=192.0.2.66, for="203.0.113.1"#], "127.0.0.1"),
        (["for=203.0.113.1;for=192.0.2.66"], "203.0.113.1"),
        // What the client leaves open takes nothing from the proxy, or the client would pass for the proxy itself.
        ([#"", for=203.0.113.1"#], "203.0.113.1"),
        ([#"for="192.0.2.66, for="203.0.113.1:4711";proto=https"#], "203.0.113.1"),
        ([#"for="\", for=203.0.113.1, for=10.1.2.3"#], "203.0.113.1"),
    ])
    func forwarded(fields: [String], client: String) throws {
        let headers = fields.map { ("Forwarded", $0) } + [("X-Forwarded-For", "192.0.2.99")]
        #expect(try resolve("127.0.0.1", headers, .forwarded) == client)
        #expect(try resolve("198.51.100.9", headers, .forwarded) == "198.51.100.9")
    }

    private func resolve(
        _ peer: String, _ headers: [(String, String)], _ origin: PixelServer.ClientOrigin
    ) throws -> String {
        let trusted = try ["127.0.0.0/8", "10.0.0.0/8"].map { try #require(IPPrefix($0)) }
        return ClientAddress.resolve(
            peer: try #require(IPAddress(peer)), Fields(headers), by: origin, trusted: trusted
        ).description
    }

    @Test(arguments: [("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("128.0.0.1", false), ("::2", false)])
    func loopback(text: String, expected: Bool) throws {
        #expect(ClientAddress.isLoopback(try #require(IPAddress(text))) == expected)
    }
}
