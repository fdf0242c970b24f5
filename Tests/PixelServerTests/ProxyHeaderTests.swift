import Opens
import Testing

@testable import PixelServer

struct ProxyHeaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        /// "-" where the proxy speaks for itself; nil: malformed.
        let address: String?
        var testDescription: String { name }

        init(_ line: String, _ address: String?) {
            name = line
            bytes = Array(line.utf8)
            self.address = address
        }

        init(_ name: String, _ bytes: [UInt8], _ address: String?) {
            self.name = name
            self.bytes = bytes
            self.address = address
        }
    }

    static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    static let four: [UInt8] = [203, 0, 113, 1, 198, 51, 100, 1, 0x12, 0x67, 1, 0xbb]
    static let six: [UInt8] =
        [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 9, count: 16)
        + [0x12, 0x67, 1, 0xbb]

    static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
    }

    static let cases = [
        Case("PROXY TCP4 203.0.113.1 198.51.100.1 56324 443\r\n", "203.0.113.1"),
        Case("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "2001:db8::1"),
        Case("PROXY UNKNOWN\r\n", "-"),
        Case("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "-"),
        Case("PROXY TCP4 203.0.113.1 198.51.100.1 56324 443\n", nil),
        Case("PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n", nil),
        Case("PROXY TCP6 203.0.113.1 198.51.100.1 56324 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.1 198.51.100.1 56324\r\n", nil),
        Case("PROXY TCP4 203.0.113.1 198.51.100.1 56324 65536\r\n", nil),
        Case("PROXY TCP4 203.0.113.01 198.51.100.1 56324 443\r\n", nil),
        Case("PROXY TCP4  203.0.113.1 198.51.100.1 56324 443\r\n", nil),
        Case("PROXY UDP4 203.0.113.1 198.51.100.1 56324 443\r\n", nil),
        Case("PROXY\r\n", nil),
        Case("PROXY TCP4 \u{1}\r\n", nil),
        Case("proxy UNKNOWN\r\n", nil),
        Case("GET / HTTP/1.1\r\n", nil),
        Case("a line that does not end", Array("PROXY UNKNOWN ".utf8) + [UInt8](repeating: 0x20, count: 93), nil),
        Case("v2 IPv4", binary(0x21, 0x11, four), "203.0.113.1"),
        Case("v2 IPv6", binary(0x21, 0x21, six), "2001:db8::1"),
        Case("v2 with a TLV", binary(0x21, 0x11, four + [4, 0, 1, 7]), "203.0.113.1"),
        Case("v2 LOCAL", binary(0x20, 0x11, four), "-"),
        Case("v2 LOCAL without addresses", binary(0x20, 0, []), "-"),
        Case("v2 UNSPEC", binary(0x21, 0, []), "-"),
        Case("v2 too short", binary(0x21, 0x11, Array(four.dropLast())), nil),
        Case("v2 too short for IPv6", binary(0x21, 0x21, four), nil),
        Case("v2 datagrams", binary(0x21, 0x12, four), nil),
        Case("v2 Unix socket", binary(0x21, 0x31, [UInt8](repeating: 0, count: 216)), nil),
        Case("v2 command 2", binary(0x22, 0x11, four), nil),
        Case("version 3", binary(0x31, 0x11, four), nil),
        Case("v2 of 64 KB", signature + [0x21, 0x11, 0xff, 0xff], nil),
    ]

    @Test(arguments: cases)
    func headers(_ given: Case) throws {
        let request = Array("GET / HTTP/1.1\r\n".utf8)
        let whole = ProxyHeader(given.bytes + request)
        guard let address = given.address else {
            #expect(whole == .malformed)
            // Cut anywhere it may still be incomplete, but is never taken.
            for count in given.bytes.indices {
                if case .complete = ProxyHeader(given.bytes.prefix(count)) { Issue.record("taken at \(count)") }
            }
            return
        }
        #expect(whole == .complete(count: given.bytes.count, address: IPAddress(address)))
        for count in given.bytes.indices { #expect(ProxyHeader(given.bytes.prefix(count)) == .incomplete) }
    }
}
