import Testing

@testable import Opens

struct NetworkTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", "192.0.2.0/24"), ("255.255.255.255", "255.255.255.255", "255.255.255.0/24"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.0/24"), ("::FFFF:c000:201", "192.0.2.1", "192.0.2.0/24"),
        ("2001:DB8:10::42", "2001:db8:10::42", "2001:db8:10::/48"), ("::", "::", "::/48"), ("::1", "::1", "::/48"),
        ("1::", "1::", "1::/48"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:db8::/48"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "2001::/48"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:db8::/48"),
        ("fe80::1%eth0", "fe80::1", "fe80::/48"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221", "64:ff9b::/48"),
    ])
    func addresses(text: String, canonical: String, network: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(address.network.description == network)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", "1.2.3.4 ", "a.b.c.d", ":", ":::", "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "::g", "::+1", "1.2.3.4::", "::1.2.3", ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "％::", "::1.2.3.4.5",
    ])
    func wrongAddresses(text: String) { #expect(IPAddress(text) == nil) }

    @Test func bytes() {
        #expect(IPAddress(bytes: [192, 0, 2, 1]) == IPAddress("192.0.2.1"))
        #expect(
            IPAddress(bytes: [UInt8](repeating: 0, count: 10) + [255, 255, 192, 0, 2, 1]) == IPAddress("192.0.2.1"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test(arguments: [
        "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "2001:db8::1/64",
        "x/8",
    ])
    func wrongPrefixes(text: String) { #expect(IPPrefix(text) == nil) }

    @Test(
        arguments: [
            ("66.249.93.10", "google-proxy"), ("66.102.8.20", "google-proxy"), ("66.249.83.255", "google-proxy"),
            ("66.249.86.1", nil), ("66.249.87.1", "google-crawler"), ("108.177.72.9", "google-crawler"),
            ("108.177.73.9", nil),
            ("172.225.0.9", "apple-relay"), ("146.75.128.30", "apple-relay"), ("2a02:26f7:b00a:4000::1", "apple-relay"),
            ("2a02:26f7:b00a:4001::1", nil), ("17.0.2.20", nil), ("104.28.0.1", nil),
            ("40.107.218.12", "microsoft-eop"), ("104.47.1.254", "microsoft-eop"),
            ("2a01:111:f400:1::1", "microsoft-eop"),
            ("40.94.29.84", nil), ("40.96.1.1", "microsoft-exchange-online"),
            ("52.96.1.1", "microsoft-exchange-online"),
            ("52.100.1.1", "microsoft-eop"), ("209.222.82.10", "barracuda-egd"), ("192.168.1.1", "private"),
            ("::1", "private"),
            ("203.0.113.5", nil), ("0.0.0.0", nil), ("255.255.255.255", nil), ("::", nil),
        ] as [(String, String?)])
    func builtIn(address: String, expected: String?) throws {
        let match = NetworkTable.builtIn.lookup(try #require(IPAddress(address)))
        #expect(match?.networkClass.rawValue == expected)
        #expect(match?.source.isEmpty != true)
    }

    @Test func theBuiltInTableIsSound() {
        #expect(NetworkTable.builtInGroups.flatMap(\.rejected) == [])
        #expect(NetworkTable.builtIn.count > 100)
    }

    @Test func whatIsNoPrefixIsLeftOut() {
        let group = NetworkTable.Group(.aws, source: "s", date: "d", prefixes: ["nonsense", "8.8.8.0/24"])
        #expect(group.rejected == ["nonsense"])
        #expect(group.prefixes.map(\.description) == ["8.8.8.0/24"])
    }
}
