/// Which published network an address belongs to. Built once, looked up per request, never fetched while serving.
package struct NetworkTable: Sendable {
    /// Prefixes of one kind, with where they were published and when they were read.
    package struct Group: Sendable {
        package var networkClass: NetworkClass
        package var source: String
        /// `YYYY-MM-DD`
        package var date: String
        /// The autonomous system that all of them belong to, if it is one.
        package var asn: UInt32?
        package var prefixes: [IPPrefix]
        /// Texts that are no prefix; they are left out.
        package var rejected: [String] = []

        package init(
            _ networkClass: NetworkClass, source: String, date: String, asn: UInt32? = nil, prefixes: [IPPrefix]
        ) {
            self.networkClass = networkClass
            self.source = source
            self.date = date
            self.asn = asn
            self.prefixes = prefixes
        }

        package init(
            _ networkClass: NetworkClass, source: String, date: String, asn: UInt32? = nil, prefixes texts: [String]
        ) {
            self.init(networkClass, source: source, date: date, asn: asn, prefixes: texts.compactMap { IPPrefix($0) })
            rejected = texts.filter { IPPrefix($0) == nil }
        }
    }

    package struct Match: Sendable, Equatable {
        package var networkClass: NetworkClass
        package var source: String
        package var date: String
        package var asn: UInt32?
    }

    /// Distinct prefixes.
    package let count: Int
    /// What looking up takes in memory, in bytes.
    package var byteCount: Int { trie.byteCount }
    private let matches: [Match]
    private let trie: NetworkTrie

    /// Of two entries with the same prefix the first given wins. Of groups, the first 65,534 count.
    package init(_ groups: [Group]) {
        let groups = groups.prefix(Int(UInt16.max) - 1)
        var entries: [NetworkTrie.Entry] = []
        for (index, group) in groups.enumerated() {
            let number = UInt16(index + 1)
            entries += group.prefixes.map { NetworkTrie.Entry(prefix: $0, number: number) }
        }
        entries.sort {
            $0.prefix == $1.prefix ? $0.number < $1.number : $0.prefix.precedes($1.prefix)
        }
        var distinct: [NetworkTrie.Entry] = []
        distinct.reserveCapacity(entries.count)
        for entry in entries where entry.prefix != distinct.last?.prefix { distinct.append(entry) }
        count = distinct.count
        trie = NetworkTrie(distinct)
        matches = groups.map { Match(networkClass: $0.networkClass, source: $0.source, date: $0.date, asn: $0.asn) }
    }

    /// What the longest prefix that holds the address belongs to, in six steps for IPv4 and 22 for IPv6 at most.
    package func lookup(_ address: IPAddress) -> Match? {
        let number = trie.number(of: address)
        return number == 0 ? nil : matches[Int(number) - 1]
    }
}

/// What is known of the network that an address belongs to, once the address itself is forgotten.
package struct NetworkOrigin: Sendable, Equatable {
    package var netclass: NetworkClass?
    package var asn: UInt32?

    package init(netclass: NetworkClass? = nil, asn: UInt32? = nil) {
        self.netclass = netclass
        self.asn = asn
    }
}

/// Quick, and without a look at anything outside: it runs for every pixel.
package typealias NetworkLookup = @Sendable (IPAddress) -> NetworkOrigin

extension NetworkTable {
    package func origin(of address: IPAddress) -> NetworkOrigin {
        let match = lookup(address)
        return NetworkOrigin(netclass: match?.networkClass, asn: match?.asn)
    }
}
