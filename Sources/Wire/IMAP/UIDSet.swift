/// A set of UIDs as sorted, disjoint, non-adjacent ranges; `1:4294967295` costs as much as `1`.
///
/// ``UID/last`` is written and read as `*`. A server swaps the ends of `n:*` when n is beyond its last message, and then
/// answers with that message, so whoever asks for `n:*` drops answers below n (RFC 9051, seq-range).
package struct UIDSet: Hashable, Sendable {
    package private(set) var ranges: [ClosedRange<UID>]

    package init() { ranges = [] }
    package init(_ uid: UID) { ranges = [uid...uid] }
    package init(_ range: ClosedRange<UID>) { ranges = [range] }
    /// `first:*`
    package init(from first: UID) { ranges = [first...UID.last] }
    /// In any order, overlapping or not.
    package init(ranges: [ClosedRange<UID>]) { self.ranges = Self.normalised(ranges) }
    /// In any order, with or without repeats.
    package init(_ uids: some Sequence<UID>) { ranges = Self.normalised(uids.map { $0...$0 }) }

    package var isEmpty: Bool { ranges.isEmpty }
    package var first: UID? { ranges.first?.lowerBound }
    package var last: UID? { ranges.last?.upperBound }
    /// How many UIDs there are; at most 2³².
    package var count: Int { ranges.reduce(0) { $0 + $1.width } }

    package func contains(_ uid: UID) -> Bool {
        let index = indexOfRange(endingAtOrAfter: uid)
        return index < ranges.count && ranges[index].lowerBound <= uid
    }

    package mutating func insert(_ uid: UID) {
        let next = indexOfRange(endingAtOrAfter: uid)
        if next < ranges.count, ranges[next].lowerBound <= uid { return }
        var range = uid...uid
        if next < ranges.count, range.touches(ranges[next]) {
            range = uid...ranges[next].upperBound
            ranges.remove(at: next)
        }
        if next > 0, ranges[next - 1].touches(range) {
            ranges[next - 1] = ranges[next - 1].lowerBound...range.upperBound
        } else {
            ranges.insert(range, at: next)
        }
    }

    package mutating func formUnion(_ other: UIDSet) {
        if !other.isEmpty { ranges = Self.normalised(ranges + other.ranges) }
    }

    package func union(_ other: UIDSet) -> UIDSet {
        var result = self
        result.formUnion(other)
        return result
    }

    package func subtracting(_ other: UIDSet) -> UIDSet {
        var kept: [ClosedRange<UID>] = []
        var hole = 0
        for range in ranges {
            var low = UInt64(range.lowerBound.rawValue)
            let high = UInt64(range.upperBound.rawValue)
            while hole < other.ranges.count, other.ranges[hole].upperBound < range.lowerBound { hole += 1 }
            var index = hole
            while index < other.ranges.count, other.ranges[index].lowerBound <= range.upperBound, low <= high {
                let cut = other.ranges[index]
                let from = UInt64(cut.lowerBound.rawValue)
                if low < from { kept.append(UID(UInt32(low))...UID(UInt32(from - 1))) }
                low = max(low, UInt64(cut.upperBound.rawValue) + 1)
                index += 1
            }
            hole = max(hole, index - 1)
            if low <= high { kept.append(UID(UInt32(low))...range.upperBound) }
        }
        var result = UIDSet()
        result.ranges = kept
        return result
    }

    package func intersection(_ other: UIDSet) -> UIDSet { subtracting(subtracting(other)) }
}

extension UIDSet {
    /// Takes the `count` greatest UIDs out of the set and returns them.
    package mutating func removeNewest(_ count: Int) -> UIDSet {
        var taken: [ClosedRange<UID>] = []
        var wanted = count
        while wanted > 0, let range = ranges.last {
            if range.width <= wanted {
                taken.append(range)
                ranges.removeLast()
                wanted -= range.width
            } else {
                let from = range.upperBound.rawValue - UInt32(wanted - 1)
                taken.append(UID(from)...range.upperBound)
                ranges[ranges.count - 1] = range.lowerBound...UID(from - 1)
                wanted = 0
            }
        }
        var result = UIDSet()
        result.ranges = taken.reversed()
        return result
    }

    /// The whole set in pieces of at most `count` UIDs, the greatest first; made as they are asked for.
    package func newestFirst(chunkedBy count: Int) -> some Sequence<UIDSet> {
        sequence(state: self) { rest in
            let chunk = rest.removeNewest(max(1, count))
            return chunk.isEmpty ? nil : chunk
        }
    }
}

extension UIDSet {
    /// The members, ascending, one by one. The set is no sequence itself, so that nobody expands `1:*` unawares: bound
    /// what came from outside by ``count`` first.
    package var uids: Members { Members(self) }

    package struct Members: Sequence, IteratorProtocol {
        private var ranges: ArraySlice<ClosedRange<UID>>
        private var position: UInt64

        fileprivate init(_ set: UIDSet) {
            ranges = set.ranges[...]
            position = UInt64(set.first?.rawValue ?? 0)
        }

        package mutating func next() -> UID? {
            guard let range = ranges.first else { return nil }
            let uid = UID(UInt32(position))
            if uid == range.upperBound {
                ranges.removeFirst()
                position = UInt64(ranges.first?.lowerBound.rawValue ?? 0)
            } else {
                position += 1
            }
            return uid
        }
    }
}

extension UIDSet {
    private func indexOfRange(endingAtOrAfter uid: UID) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < uid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func normalised(_ ranges: [ClosedRange<UID>]) -> [ClosedRange<UID>] {
        var result: [ClosedRange<UID>] = []
        result.reserveCapacity(ranges.count)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, last.upperBound >= range.lowerBound || last.touches(range) {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}

extension ClosedRange<UID> {
    fileprivate var width: Int { Int(upperBound.rawValue) - Int(lowerBound.rawValue) + 1 }

    /// Whether `other` begins right behind this range.
    fileprivate func touches(_ other: ClosedRange<UID>) -> Bool {
        upperBound < UID.last && upperBound.rawValue + 1 == other.lowerBound.rawValue
    }
}
