import Foundation
import Testing

@testable import Opens

/// The forms of the operators' lists, in small; what is refused, and why; and the file in which a list is kept.
struct NetworkListTests {
    private static let time = Date(timeIntervalSince1970: 1_795_000_000)

    private static func fixture(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/lists/\(name)", withExtension: nil))
        return [UInt8](try Data(contentsOf: url))
    }

    private static func list(_ list: PublishedList, _ text: some Sequence<UInt8>) throws -> NetworkList {
        try list.read(Array(text), from: "https://lists.example.org/a", at: time)
    }

    private func texts(_ list: NetworkList) -> [[String]] { list.parts.map { $0.prefixes.map(\.description) } }

    static let forms: [(PublishedList, String, published: Int, [[String]])] = [
        (
            .appleRelay, "apple-relay.csv", 5,
            [["104.28.132.0/32", "172.224.226.0/27", "172.224.226.32/31", "2a02:26f7:b00a:4000::/63"]]
        ),
        (.linode, "geofeed.csv", 3, [["45.33.0.0/17", "45.33.128.1/32", "2600:3c00::/32"]]),
        (.googleProxy, "google.json", 3, [["34.1.208.0/20", "66.249.80.0/27", "2001:4860:4801:2008::/64"]]),
        (.aws, "aws.json", 3, [["3.4.12.4/32", "44.192.0.0/11", "2600:1f00::/24"]]),
        (.azure, "azure.json", 2, [["4.144.0.0/17", "2603:1000::/25"]]),
        (
            .microsoft365, "microsoft-365.json", 5,
            [["40.96.0.0/13", "2603:1006::/40"], ["40.92.0.0/15", "52.238.78.88/32", "2a01:111:f403::/48"]]
        ),
        (.oracle, "oracle.json", 2, [["134.70.80.0/23", "140.238.168.0/21"]]),
        (.zscaler, "zscaler.json", 2, [["147.161.174.0/23", "2a03:eec0:2000::/40"]]),
    ]

    @Test(arguments: forms)
    func readsEachForm(_ list: PublishedList, _ file: String, published: Int, _ expected: [[String]]) throws {
        let read = try Self.list(list, Self.fixture(file))
        #expect(texts(read) == expected)
        #expect(read.published == published)
        #expect(read.parts.map(\.networkClass) == list.classes)
        #expect(read.list == list && read.fetched == Self.time)
    }

    /// What ends anywhere is read as far as it is whole lines, or refused; it never makes a prefix of its own.
    @Test(arguments: forms)
    func aListThatIsCutOffTellsNothingNew(
        _ list: PublishedList, _ file: String, published: Int, _ expected: [[String]]
    ) throws {
        let bytes = try Self.fixture(file)
        let whole = try Self.list(list, bytes)
        for end in bytes.indices {
            guard let read = try? Self.list(list, bytes[..<end]) else { continue }
            // JSON is whole or none; a line may be cut to a bare address or a shorter number.
            #expect(list.form == .geofeed || bytes[end...].allSatisfy { $0 == 0x0a }, "\(file) cut at \(end)")
            #expect(read.published <= whole.published)
        }
    }

    static let wrong: [(PublishedList, String, String)] = [
        (.appleRelay, "<!DOCTYPE html>\n", "line 1: \"<!DOCTYPE html>\" is no prefix"),
        (.appleRelay, "8.8.8.0/24,US\n\u{1b}[2J,DE\n", "line 2: \"?[2J\" is no prefix"),
        (.appleRelay, "8.8.8.1/24,US\n", "line 1: \"8.8.8.1/24\" is no prefix"),
        (
            .appleRelay, String(repeating: "9", count: 500),
            "line 1: \"\(String(repeating: "9", count: 40))…\" is no prefix"
        ),
        (.appleRelay, "0.0.0.0/0,US\n", "0.0.0.0/0 is more than its operator can have"),
        (.appleRelay, "8.0.0.0/15,US\n", "8.0.0.0/15 is more than its operator can have"),
        (.appleRelay, "::/0,US\n", "::/0 is more than its operator can have"),
        (
            .aws, #"{"prefixes":[{"ip_prefix":"0.0.0.0/1"}],"ipv6_prefixes":[]}"#,
            "0.0.0.0/1 is more than its operator can have"
        ),
        (.linode, "10.1.0.0/16,US\n", "10.1.0.0/16 overlaps 10.0.0.0/8, which is nobody's"),
        (.linode, "172.0.0.0/8,US\n", "172.0.0.0/8 overlaps 172.16.0.0/12, which is nobody's"),
        (.linode, "127.0.0.1\n", "127.0.0.1/32 overlaps 127.0.0.0/8, which is nobody's"),
        (.linode, "2001:db8:1::/48\n", "2001:db8:1::/48 overlaps 2001:db8::/32, which is nobody's"),
        (.linode, "fd00::/32\n", "fd00::/32 is outside 2000::/3, which is nobody's"),
        (.linode, "::1\n", "::1/128 is outside 2000::/3, which is nobody's"),
        (.googleCloud, "", "it is not JSON"),
        (.googleCloud, "[]", "the whole is not what it should be"),
        (.googleCloud, "{}", "it has no \"prefixes\""),
        (.googleCloud, #"{"prefixes":[{"scope":"x"}]}"#, "\"\" is no prefix"),
        (.googleCloud, #"{"prefixes":[{"ipv4Prefix":8}]}"#, "\"prefixes.[0].ipv4Prefix\" is not what it should be"),
        (.aws, #"{"prefixes":[]}"#, "it has no \"ipv6_prefixes\""),
        (.azure, #"{"values":[{"name":"AzureCloud"}]}"#, "it has no \"values.[0].properties\""),
        (.oracle, #"{"regions":[{"cidrs":[{"cidr":"x"}]}]}"#, "\"x\" is no prefix"),
        (.zscaler, #"{"zscaler.net":[]}"#, "\"zscaler.net\" is not what it should be"),
        (.googleCloud, String(repeating: "[", count: 10_000), "it is not JSON"),
    ]

    @Test(arguments: wrong)
    func saysWhyItIsNotBelieved(_ list: PublishedList, _ text: String, _ reason: String) throws {
        let problem = #expect(throws: ListProblem.self) { try Self.list(list, text.utf8) }
        #expect(problem?.description == reason)
    }

    /// So many /24 of Linode's, one after the other.
    private static func lines(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { Array("45.\($0 / 128).\($0 % 128 * 2).0/24,US,,,\n".utf8) }
    }

    @Test(
        arguments: [
            (49, nil as Int?, "it has 49 prefixes, where 50 to 100000 are plausible"), (50, nil, nil), (100, 200, nil),
            (99, 200, "it has 99 prefixes, less than half of the 200 that it had"), (100, 20, nil),
            (0, 200, "it has 0 prefixes, where 50 to 100000 are plausible"),
        ] as [(Int, Int?, String?)])
    func sizesAreCompared(_ count: Int, _ previous: Int?, _ reason: String?) {
        do throws(ListProblem) {
            _ = try PublishedList.linode.read(Self.lines(count), from: "https://a", at: Self.time, previous: previous)
            #expect(reason == nil)
        } catch {
            #expect(error.description == reason)
            #expect(error.isByComparison == (reason?.contains("half") == true))
        }
    }

    @Test func aPartOfAListCannotBeEmpty() throws {
        let filters = (0..<12).map { #""40.92.\#($0).0/24""# }.joined(separator: ",")
        let text = #"[{"serviceArea":"Exchange","urls":["*.protection.outlook.com"],"ips":[\#(filters)]}]"#
        let problem = #expect(throws: ListProblem.self) {
            try PublishedList.microsoft365.read(Array(text.utf8), from: "https://a", at: Self.time, previous: nil)
        }
        #expect(problem?.description.contains("none of them of microsoft-exchange-online") == true)
    }

    @Test func nobodyHasAnEighthOfTheInternet() {
        let blocks = (20..<60).map { "\($0).0.0.0/8\n" }.joined() + String(decoding: Self.lines(60), as: UTF8.self)
        let problem = #expect(throws: ListProblem.self) {
            try PublishedList.linode.read(Array(blocks.utf8), from: "https://a", at: Self.time, previous: nil)
        }
        #expect(problem?.description == "it claims an eighth of all IPv4 addresses")
    }

    @Test func aListTooLongIsNotRead() {
        let bytes = [UInt8](repeating: 0x0a, count: PublishedList.maximumBytes + 1)
        #expect(throws: ListProblem.self) { try Self.list(.linode, bytes) }
    }

    @Test func everyListHasItsOwnName() throws {
        for list in PublishedList.allCases {
            #expect(list.url.hasPrefix("https://"))
            #expect(list.plausibleCount.lowerBound > 0 && !list.classes.isEmpty)
        }
        #expect(Set(PublishedList.allCases.map(\.url)).count == PublishedList.allCases.count)
    }
}

struct NetworkListFileTests {
    private func stored() throws -> NetworkList {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/lists/microsoft-365", withExtension: "json"))
        return try PublishedList.microsoft365.read(
            [UInt8](Data(contentsOf: url)), from: "https://lists.example.org/m", at: Date(timeIntervalSince1970: 1.5e9))
    }

    @Test func isReadAsItIsWritten() throws {
        let list = try stored()
        let bytes = try #require(list.encoded())
        #expect(try NetworkList(decoding: bytes) == list)
        #expect(
            String(decoding: bytes, as: UTF8.self).hasPrefix("sentmark-ranges 1\nlist microsoft-365\nsource https://"))
    }

    /// A disk that lost the end, or turned a bit, is told from what was written.
    @Test func nothingOfADamagedFileIsUsed() throws {
        let bytes = try #require(try stored().encoded())
        for end in bytes.indices {
            #expect(throws: ListProblem.self) { try NetworkList(decoding: Array(bytes[..<end])) }
        }
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(throws: ListProblem.self) { try NetworkList(decoding: other) }
        }
        #expect(throws: ListProblem.self) { try NetworkList(decoding: bytes + [0x0a]) }
    }
}

struct NetworkTableTests {
    private func list(_ list: PublishedList, _ prefixes: [String]) -> NetworkList {
        let date = Date(timeIntervalSince1970: 1_795_000_000)
        let parts = list.classes.map {
            NetworkList.Part(networkClass: $0, prefixes: prefixes.compactMap { IPPrefix($0) })
        }
        return NetworkList(list: list, source: "s", fetched: date, published: prefixes.count, parts: parts)
    }

    private func netclass(_ address: String, _ table: NetworkTable) -> String? {
        IPAddress(address).flatMap { table.lookup($0)?.networkClass.rawValue }
    }

    @Test func aListReplacesWhatIsBuiltInOfItsClassAlone() throws {
        let table = NetworkTable.combining([list(.appleRelay, ["104.28.1.0/24"])])
        #expect(netclass("104.28.1.9", table) == "apple-relay")
        #expect(netclass("172.225.0.9", table) == nil)
        #expect(netclass("66.249.93.10", table) == "google-proxy")
        #expect(netclass("192.168.0.1", table) == "private")
        #expect(table.lookup(try #require(IPAddress("104.28.1.9")))?.date == "2026-11-18")
    }

    /// The longest prefix wins, whatever the list; of equal ones the service before the cloud, in any order of reading.
    @Test func theMoreSpecificWins() {
        let lists = [
            list(.aws, ["35.156.0.0/14", "52.0.0.0/16"]), list(.azure, ["40.96.0.0/13"]),
            list(.googleCloud, ["66.249.80.0/24", "35.190.0.0/17"]), list(.googleProxy, ["66.249.80.0/20"]),
            list(.googleCrawlers, ["66.249.87.0/27"]), list(.microsoft365, ["40.96.0.0/13"]),
            list(.googleUserFetchers, ["35.190.0.0/17"]),
        ]
        for lists in [lists, lists.reversed()] {
            let table = NetworkTable.combining(lists)
            #expect(netclass("35.157.190.230", table) == "barracuda-egd")
            #expect(netclass("35.157.1.1", table) == "aws")
            #expect(netclass("66.249.80.1", table) == "google-cloud")
            #expect(netclass("66.249.81.1", table) == "google-proxy")
            #expect(netclass("66.249.87.1", table) == "google-crawler")
            #expect(netclass("66.249.87.99", table) == "google-proxy")
            #expect(netclass("40.97.0.1", table) == "microsoft-exchange-online")
        }
    }

    @Test(
        arguments: [
            ("66.249.93.10", 15_169 as UInt32?), ("40.107.1.1", 8_075), ("192.168.1.1", nil), ("203.0.113.1", nil),
        ] as [(String, UInt32?)])
    func tellsTheSystemOfAnOperatorWithOne(_ address: String, _ asn: UInt32?) throws {
        #expect(NetworkTable.builtIn.origin(of: try #require(IPAddress(address))).asn == asn)
    }

    /// The trie against the plain definition, for both families at once, down to single addresses.
    @Test(arguments: 1...8) func theTrieIsTheLongestPrefix(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        func address() -> IPAddress {
            let noise = UInt64.random(in: 0...3, using: &generator) << UInt64.random(in: 0...62, using: &generator)
            return Bool.random(using: &generator)
                ? IPAddress(high: 0, low: 0xffff << 32 | (noise & 0xffff_ffff))
                : IPAddress(high: 0x2a02 << 48 | (noise >> 20), low: noise)
        }
        let groups = (0..<40).map { number in
            let prefixes = (0..<5).map { _ in
                let address = address()
                return IPPrefix(
                    address: address,
                    bits: address.isIPv4
                        ? Int.random(in: 96...128, using: &generator) : Int.random(in: 0...128, using: &generator))
            }
            return NetworkTable.Group(NetworkClass(rawValue: "\(number)"), source: "s", date: "d", prefixes: prefixes)
        }
        let table = NetworkTable(groups)
        for _ in 0..<2000 {
            let address = address()
            var best: (bits: Int, name: String)?
            for group in groups {
                for prefix in group.prefixes
                where prefix.contains(address) && prefix.isIPv4 == address.isIPv4 && prefix.bits > best?.bits ?? -1 {
                    best = (prefix.bits, group.networkClass.rawValue)
                }
            }
            #expect(table.lookup(address)?.networkClass.rawValue == best?.name)
        }
    }

    @Test(arguments: 1...8) func mergedPrefixesHoldTheSameAddresses(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let prefixes = (0..<200).map { _ in
            IPPrefix(
                address: IPAddress(high: 0, low: 0xffff_0a00_0000 | UInt64.random(in: 0...1023, using: &generator)),
                bits: Int.random(in: 119...128, using: &generator))
        }
        let merged = IPPrefix.merged(prefixes)
        for low in 0..<1024 as Range<UInt64> {
            let address = IPAddress(high: 0, low: 0xffff_0a00_0000 | low)
            #expect(merged.count { $0.contains(address) } == (prefixes.contains { $0.contains(address) } ? 1 : 0))
        }
        #expect(IPPrefix.merged(merged) == merged)
        #expect(
            IPPrefix.merged(["0.0.0.0/1", "128.0.0.0/1"].compactMap { IPPrefix($0) }).map(\.description) == [
                "0.0.0.0/0"
            ])
    }

    @Test func anEmptyTableKnowsNothing() throws {
        let table = NetworkTable([NetworkTable.Group]())
        #expect(table.lookup(try #require(IPAddress("8.8.8.8"))) == nil)
        #expect(table.lookup(try #require(IPAddress("2a00::1"))) == nil)
    }
}
