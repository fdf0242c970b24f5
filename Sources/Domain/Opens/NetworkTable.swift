/// Which published network an address belongs to. Built once, looked up per request, never fetched while serving.
package struct NetworkTable: Sendable {
    /// Prefixes of one kind, with where they were published and when they were read.
    package struct Group: Sendable {
        package var networkClass: NetworkClass
        package var source: String
        /// `YYYY-MM-DD`
        package var date: String
        package var prefixes: [String]

        package init(_ networkClass: NetworkClass, source: String, date: String, prefixes: [String]) {
            self.networkClass = networkClass
            self.source = source
            self.date = date
            self.prefixes = prefixes
        }
    }

    package struct Match: Sendable, Equatable {
        package var networkClass: NetworkClass
        package var source: String
        package var date: String
        package var prefix: IPPrefix
    }

    /// Texts that are no prefix; they are left out of the table.
    package let rejected: [String]
    package var count: Int { entries.count }
    private let groups: [Group]
    private let entries: [Entry]

    /// Of two entries with the same prefix the first given wins.
    package init(_ groups: [Group]) {
        var rejected: [String] = []
        var seen: Set<IPPrefix> = []
        var entries: [Entry] = []
        for (index, group) in groups.enumerated() {
            for text in group.prefixes {
                guard let prefix = IPPrefix(text) else {
                    rejected.append(text)
                    continue
                }
                if seen.insert(prefix).inserted { entries.append(Entry(prefix: prefix, group: index)) }
            }
        }
        entries.sort { $0.sortKey < $1.sortKey }
        // Two prefixes are disjoint or nested, so the enclosing ones form a stack while we walk in order.
        var open: [Int] = []
        for index in entries.indices {
            while let last = open.last, !entries[last].prefix.contains(entries[index].prefix.first) {
                open.removeLast()
            }
            entries[index].parent = open.last
            open.append(index)
        }
        self.groups = groups
        self.entries = entries
        self.rejected = rejected
    }

    /// The longest prefix that holds the address: O(log n) plus the depth of nesting.
    package func lookup(_ address: IPAddress) -> Match? {
        let behind = entries.partitioningIndex {
            ($0.prefix.first.high, $0.prefix.first.low) > (address.high, address.low)
        }
        // Whatever encloses the address starts at or before it, so it is this entry or one that encloses it.
        var candidate = behind > 0 ? behind - 1 : nil
        while let index = candidate {
            let entry = entries[index]
            if entry.prefix.contains(address) {
                let group = groups[entry.group]
                return Match(
                    networkClass: group.networkClass, source: group.source, date: group.date, prefix: entry.prefix)
            }
            candidate = entry.parent
        }
        return nil
    }
}

/// The name by which the pixel server asks.
package typealias NetworkMatch = NetworkTable.Match

private struct Entry: Sendable {
    var prefix: IPPrefix
    var group: Int
    /// The nearest entry that encloses this one.
    var parent: Int?

    var sortKey: (UInt64, UInt64, Int) { (prefix.first.high, prefix.first.low, prefix.bits) }
}
