import Opens
import TestSupport
import Testing

@testable import Networks

struct ASNDatabaseTests {
    private static let file = DatabaseFile(networks: [
        (DatabaseFile.ipv4(8, 8, 8, 0), 96 + 24, DatabaseFile.asn(15_169)),
        (DatabaseFile.ipv4(9, 0, 0, 0), 96 + 8, .map([("asn", .text("AS64496"))])),
        (DatabaseFile.ipv4(11, 0, 0, 0), 96 + 8, .map([("asn", .text("AS-nonsense-of-some-length"))])),
        (DatabaseFile.ipv4(12, 0, 0, 0), 96 + 8, .text("not a map")),
        (DatabaseFile.ipv4(13, 0, 0, 0), 96 + 8, .map([("autonomous_system_number", .text("8"))])),
        ([0x2a, 0x02, 0x26, 0xf7] + [UInt8](repeating: 0, count: 12), 32, DatabaseFile.asn(36_183)),
    ])

    @Test(
        arguments: [
            ("8.8.8.8", 15_169 as UInt32?), ("8.8.9.8", nil), ("9.1.2.3", 64_496), ("11.0.0.1", nil), ("12.0.0.1", nil),
            ("13.0.0.1", nil), ("2a02:26f7::1", 36_183), ("2a02:26f8::1", nil), ("::1", nil), ("0.0.0.0", nil),
            ("255.255.255.255", nil),
        ] as [(String, UInt32?)])
    func tellsTheSystem(_ address: String, _ expected: UInt32?) throws {
        let database = try ASNDatabase(Self.file.bytes())
        #expect(database.asn(of: try #require(IPAddress(address))) == expected)
    }

    @Test func saysWhatItIs() throws {
        var file = Self.file
        file.type = "GeoLite2-ASN\u{1b}[2J\n" + String(repeating: "x", count: 100)
        let database = try ASNDatabase(file.bytes())
        #expect(database.name.hasPrefix("GeoLite2-ASN[2J") && database.name.count <= 64)
        #expect(database.built.timeIntervalSince1970 == 1_795_000_000)
    }

    @Test(arguments: [[], [0x0a], Array("MaxMind.com".utf8), [UInt8](repeating: 0xff, count: 10_000)])
    func refusesWhatIsNone(_ bytes: [UInt8]) {
        let problem = #expect(throws: ListProblem.self) { try ASNDatabase(bytes) }
        #expect(problem?.description.hasPrefix("is no database") == true)
    }

    /// Cut at every byte and with every byte changed, it is refused or answers something; it never ends the process.
    @Test func survivesDamage() throws {
        let bytes = Self.file.bytes()
        let addresses = ["8.8.8.8", "9.1.2.3", "12.0.0.1", "2a02:26f7::1", "::"].compactMap { IPAddress($0) }
        func tryOut(_ bytes: [UInt8]) {
            guard let database = try? ASNDatabase(bytes) else { return }
            for address in addresses { _ = database.asn(of: address) }
        }
        for end in bytes.indices { tryOut(Array(bytes[..<end])) }
        for index in bytes.indices {
            for mask: UInt8 in [0xff, 0x01, 0x80, 0x20] {
                var other = bytes
                other[index] ^= mask
                tryOut(other)
            }
        }
    }
}
