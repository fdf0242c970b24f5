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
        let trusted = try ["127.0.0.0/8", "10.0.0.0/8"].map { try #require(IPPrefix($0)) }
        let resolved = ClientAddress.resolve(
            peer: try #require(IPAddress(peer)), forwardedFor: fields, trusted: trusted)
        #expect(resolved.description == client)
    }

    @Test(arguments: [("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("128.0.0.1", false), ("::2", false)])
    func loopback(text: String, expected: Bool) throws {
        #expect(ClientAddress.isLoopback(try #require(IPAddress(text))) == expected)
    }
}
