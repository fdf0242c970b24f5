import FoundationEssentials

/// A published list as it is kept: merged into the fewest prefixes, with where it is from and when.
package struct NetworkList: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package var networkClass: NetworkClass
        /// As ``IPPrefix/merged(_:)`` gives them.
        package var prefixes: [IPPrefix]
    }

    package var list: PublishedList
    /// The URL that it was fetched from.
    package var source: String
    package var fetched: Date
    /// How many distinct prefixes it was published with.
    package var published: Int
    /// One for each of the list's classes, in their order.
    package var parts: [Part]

    package var count: Int { parts.reduce(0) { $0 + $1.prefixes.count } }
}

extension PublishedList {
    /// Reads what was fetched, and looks whether it can be believed at all: prefixes and their number as they should be,
    /// nothing that is nobody's, and not half the size of the one before.
    ///
    /// - Parameter previous: ``NetworkList/published`` of the stored one.
    package func read(
        _ bytes: [UInt8], from source: String, at time: Date, previous: Int?
    ) throws(ListProblem) -> NetworkList {
        let list = try read(bytes, from: source, at: time)
        try check(list, previous: previous)
        return list
    }

    /// The same without a look at what it says.
    func read(_ bytes: [UInt8], from source: String, at time: Date) throws(ListProblem) -> NetworkList {
        guard bytes.count <= Self.maximumBytes else {
            throw ListProblem("it has more than \(Self.maximumBytes >> 20) MB")
        }
        var all = classes.map { _ in Set<IPPrefix>() }
        for (prefix, place) in try form.prefixes(bytes) {
            let length = prefix.length
            guard length >= (prefix.isIPv4 ? shortest.ipv4 : shortest.ipv6) else {
                throw ListProblem("\(prefix) is more than its operator can have")
            }
            if let special = SpecialNetworks.all.first(where: prefix.overlaps) {
                throw ListProblem("\(prefix) overlaps \(special), which is nobody's")
            }
            if prefix.isIPv4 || SpecialNetworks.unicast.contains(prefix.first) {
                all[place].insert(prefix)
            } else {
                throw ListProblem("\(prefix) is outside \(SpecialNetworks.unicast), which is nobody's")
            }
        }
        return NetworkList(
            list: self, source: source, fetched: time, published: all.reduce(0) { $0 + $1.count },
            parts: zip(classes, all).map { NetworkList.Part(networkClass: $0, prefixes: IPPrefix.merged($1)) })
    }

    private func check(_ list: NetworkList, previous: Int?) throws(ListProblem) {
        let missing = list.parts.first { $0.prefixes.isEmpty && list.published > 0 }
        guard plausibleCount.contains(list.published), missing == nil else {
            let words = missing.map { ", none of them of \($0.networkClass.rawValue)" } ?? ""
            throw ListProblem(
                "it has \(list.published) prefixes\(words), where \(plausibleCount.lowerBound) to "
                    + "\(plausibleCount.upperBound) are plausible")
        }
        if let previous, list.published < previous / 2 {
            throw ListProblem(
                "it has \(list.published) prefixes, less than half of the \(previous) that it had", isByComparison: true
            )
        }
        // Amazon, the largest, has one address of 25.
        let addresses = list.parts.flatMap(\.prefixes).filter(\.isIPv4).reduce(0.0) { sum, prefix in
            sum + Double(UInt64(1) << UInt64(32 - prefix.length))
        }
        guard addresses <= 4_294_967_296 / 8 else { throw ListProblem("it claims an eighth of all IPv4 addresses") }
    }
}

/// Addresses that no public list can have (RFC 6890 and its updates).
private enum SpecialNetworks {
    static let all: [IPPrefix] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].compactMap { IPPrefix($0) }
    /// All of IPv6 that is given out.
    static let unicast = IPPrefix(address: IPAddress(high: 0x2000 << 48, low: 0), bits: 3)
}

extension NetworkTable {
    /// Built-in facts and published lists. Of a class that a list tells of, nothing built in is left.
    package static func combining(_ lists: [NetworkList]) -> NetworkTable {
        let order = Dictionary(uniqueKeysWithValues: zip(PublishedList.allCases, 0...))
        let lists = lists.sorted { (order[$0.list] ?? 0) < (order[$1.list] ?? 0) }
        let told = Set(lists.flatMap { $0.parts.map(\.networkClass) })
        let kept = builtInGroups.filter { !told.contains($0.networkClass) }
        return NetworkTable(
            kept
                + lists.flatMap { list in
                    list.parts.map { part in
                        Group(
                            part.networkClass, source: list.source,
                            date: Timestamp.day(list.fetched),
                            asn: list.list.asn, prefixes: part.prefixes)
                    }
                })
    }
}
