import FoundationEssentials

/// The forms in which operators write their lists. Each is read as a whole or not at all: what is not understood may
/// mean that the rest is misunderstood.
enum ListForm: Sendable, CaseIterable {
    /// Lines of prefix, country, region, city (RFC 8805); also a prefix alone on each line.
    case geofeed
    case google, aws, azure, microsoft365, oracle, zscaler

    /// The prefixes, in the order of the list, and of which class: an index into ``PublishedList/classes``.
    func prefixes(_ bytes: [UInt8]) throws(ListProblem) -> [(prefix: IPPrefix, place: Int)] {
        let texts =
            switch self {
            case .geofeed: Self.fields(bytes)
            case .google: try Self.decode(GoogleList.self, bytes).texts
            case .aws: try Self.decode(AWSList.self, bytes).texts
            case .azure: try Self.decode(AzureList.self, bytes).texts
            case .oracle: try Self.decode(OracleList.self, bytes).texts
            case .zscaler: try Self.decode(ZscalerList.self, bytes).texts
            case .microsoft365: try Self.decode([EndpointSet].self, bytes).flatMap(\.texts)
            }
        var prefixes: [(prefix: IPPrefix, place: Int)] = []
        prefixes.reserveCapacity(texts.count)
        for text in texts {
            guard let prefix = IPPrefix(utf8: text.bytes) ?? (self == .geofeed ? Self.host(text.bytes) : nil) else {
                let place = text.line.map { "line \($0): " } ?? ""
                throw ListProblem("\(place)\(ListProblem.quoted(text.bytes)) is no prefix")
            }
            prefixes.append((prefix, text.place))
        }
        return prefixes
    }

    struct Text {
        var bytes: ArraySlice<UInt8>
        var line: Int?
        var place = 0

        init(_ bytes: ArraySlice<UInt8>, line: Int) {
            self.bytes = bytes
            self.line = line
        }

        init(_ text: String, place: Int = 0) {
            bytes = Array(text.utf8)[...]
            self.place = place
        }
    }

    private static func decode<List: Decodable>(_: List.Type, _ bytes: [UInt8]) throws(ListProblem) -> List {
        do {
            return try JSONDecoder().decode(List.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw ListProblem(error.listReason)
        } catch {
            throw ListProblem("it is not JSON")
        }
    }
}

private extension ListForm {
    static func fields(_ bytes: [UInt8]) -> [Text] {
        let hasMark = bytes.starts(with: [0xef, 0xbb, 0xbf])
        let lines = bytes[(hasMark ? 3 : 0)...].split(separator: 0x0a, omittingEmptySubsequences: false)
        return zip(1..., lines).compactMap { number, line in
            guard !trimmed(line).isEmpty, line.first != UInt8(ascii: "#") else { return nil }
            return Text(trimmed(line.prefix { $0 != UInt8(ascii: ",") }), line: number)
        }
    }

    /// A prefix without its length is one address (RFC 8805 section 2.1.1.1).
    static func host(_ field: ArraySlice<UInt8>) -> IPPrefix? {
        field.count <= 45 && !field.contains(UInt8(ascii: "%"))
            ? IPAddress(utf8: field).map { IPPrefix(address: $0, bits: 128) } : nil
    }

    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0d].contains(byte) }
        let front = text.drop(while: isBlank)
        guard let last = front.lastIndex(where: { !isBlank($0) }) else { return front.prefix(0) }
        return front[...last]
    }
}

/// `{"prefixes":[{"ipv4Prefix":"…"},{"ipv6Prefix":"…"}]}`, with or without more in it.
private struct GoogleList: Decodable {
    struct Prefix: Decodable {
        let ipv4Prefix: String?
        let ipv6Prefix: String?
    }

    let prefixes: [Prefix]

    var texts: [ListForm.Text] { prefixes.map { .init($0.ipv4Prefix ?? $0.ipv6Prefix ?? "") } }
}

/// A prefix stands there once for each service that uses it.
private struct AWSList: Decodable {
    struct Prefix: Decodable { let ip_prefix: String }
    struct IPv6Prefix: Decodable { let ipv6_prefix: String }

    let prefixes: [Prefix]
    let ipv6_prefixes: [IPv6Prefix]

    var texts: [ListForm.Text] { (prefixes.map(\.ip_prefix) + ipv6_prefixes.map(\.ipv6_prefix)).map { .init($0) } }
}

/// Service tags; the one named AzureCloud holds all that can be rented.
private struct AzureList: Decodable {
    struct Tag: Decodable {
        struct Properties: Decodable { let addressPrefixes: [String] }

        let name: String
        let properties: Properties
    }

    let values: [Tag]

    var texts: [ListForm.Text] {
        (values.first { $0.name == "AzureCloud" }?.properties.addressPrefixes ?? []).map { .init($0) }
    }
}

/// The sets are told apart by the names in them: the numbers of the documentation's examples are not those of the list.
private struct EndpointSet: Decodable {
    let serviceArea: String?
    let urls: [String]?
    let ips: [String]?

    var texts: [ListForm.Text] { place.map { place in (ips ?? []).map { .init($0, place: place) } } ?? [] }

    /// 1 for the mail filter, 0 for Outlook on the web; `nil` for what no picture is fetched from.
    private var place: Int? {
        guard serviceArea == "Exchange", let urls else { return nil }
        if urls.contains(where: { $0.hasSuffix(".protection.outlook.com") }) { return 1 }
        let outlook = ["outlook.office.com", "outlook.office365.com", "outlook.cloud.microsoft"]
        return urls.contains(where: outlook.contains) ? 0 : nil
    }
}

private struct OracleList: Decodable {
    struct Region: Decodable { let cidrs: [Block] }
    struct Block: Decodable { let cidr: String }

    let regions: [Region]

    var texts: [ListForm.Text] { regions.flatMap { $0.cidrs.map { .init($0.cidr) } } }
}

/// `{"zscaler.net":{"continent : EMEA":{"city : Zurich":[{"range":"…"}]}}}`. Other lists may stand beside the cloud.
private struct ZscalerList: Decodable {
    struct Site: Decodable { let range: String }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    let texts: [ListForm.Text]

    init(from decoder: any Decoder) throws {
        let clouds = try decoder.container(keyedBy: Name.self)
        // Only clouds have the name of a host.
        texts = try clouds.allKeys.filter { $0.stringValue.contains(".") }.flatMap { cloud in
            try clouds.decode([String: [String: [Site]]].self, forKey: cloud).values
                .flatMap { $0.values.flatMap { $0.map(\.range) } }
        }
        // A site that is still being built has none.
        .filter { !$0.isEmpty }.map { .init($0) }
    }
}

private extension DecodingError {
    var listReason: String {
        switch self {
        case .keyNotFound(let key, let context): "it has no \(Self.path(context.codingPath + [key]))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(Self.path(context.codingPath)) is not what it should be"
        case .dataCorrupted: "it is not JSON"
        @unknown default: "it is not JSON of the known form"
        }
    }

    static func path(_ keys: [any CodingKey]) -> String {
        let path = keys.prefix(8).map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "the whole" : ListProblem.quoted(path.utf8)
    }
}
