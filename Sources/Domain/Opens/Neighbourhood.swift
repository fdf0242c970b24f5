import FoundationEssentials

/// Hits of some stretch of time, by the network they came from. Of them a message needs only those that can mean something
/// for a hit of its own: in busy times a thousand messages lie in one another's two minutes.
package struct Neighbourhood: Sendable {
    private var hits: [Hit.Source: Line] = [:]
    /// Those that tell of a scanner.
    private var taints: [Hit.Source: Line] = [:]

    /// - Parameters:
    ///   - own: all those whose neighbours are asked for.
    ///   - all: where neighbours are looked for; what comes from other networks than `own` is passed over.
    package init(of own: some Sequence<Hit>, among all: some Sequence<Hit>) {
        var hits = Dictionary(own.lazy.compactMap(\.source).map { ($0, [Hit]()) }) { first, _ in first }
        for hit in all {
            guard let source = hit.source else { continue }
            hits[source]?.append(hit)
        }
        for (source, hits) in hits {
            self.hits[source] = Line(hits.sorted(by: Self.precedes)) { $0.token == $1.token }
            let some = hits.filter { Self.taints.contains(where: $0.signals.contains) }
            if some.isEmpty { continue }
            taints[source] = Line(some.sorted(by: Self.precedes)) { $0.token == $1.token && $0.signals == $1.signals }
        }
    }

    /// For ``History/neighbours``. From the network of each hit, the nearest other tokens before and behind it, as many
    /// as make a sweep, and the nearest taints: what all the others could add to a judgement, these do.
    package func neighbours(of own: [Hit], besides tokens: Set<String>) -> [Hit] {
        var found: [Int64: [Hit]] = [:]
        func note(_ hit: Hit) {
            if found[hit.seq]?.contains(hit) != true { found[hit.seq, default: []].append(hit) }
        }
        for (source, own) in Dictionary(grouping: own, by: \.source) {
            guard let source else { continue }
            let isCrowd = own.count > Self.crowd
            let hits = isCrowd ? hits[source]?.without(tokens) : hits[source]
            let taints = isCrowd ? taints[source]?.without(tokens) : taints[source]
            for hit in own {
                nearest(to: hit.at, in: hits, within: Thresholds.sweep) { other, seen in
                    if !tokens.contains(other.token), seen.insert(other.token).inserted { note(other) }
                    return seen.count < Thresholds.sweepTokens
                }
                nearest(to: hit.at, in: taints, within: Thresholds.taint) { other, seen in
                    guard !tokens.contains(other.token) else { return true }
                    for taint in Self.taints where other.signals.contains(taint) && seen.insert(taint.rawValue).inserted
                    {
                        note(other)
                    }
                    return seen.count < Self.taints.count
                }
            }
        }
        return found.values.joined().sorted(by: Self.precedes)
    }

    /// More hits than that of one message from one network do not each step over all the others of it.
    private static let crowd = 16
    private static let taints: [Signal] = [.tokenDamaged, .honeypot]

    private static func precedes(_ a: Hit, _ b: Hit) -> Bool { (a.at, a.seq) < (b.at, b.seq) }

    /// From `date` back, then from `date` on, until `isWanting` says that side is done.
    private func nearest(
        to date: Date, in line: Line?, within reach: TimeInterval,
        isWanting: (Hit, inout Set<String>) -> Bool
    ) {
        guard let line else { return }
        let hits = line.hits
        let first = hits.partitioningIndex { $0.at >= date }
        var seen: Set<String> = []
        var index = first - 1
        while index >= 0, date.timeIntervalSince(hits[index].at) <= reach, isWanting(hits[index], &seen) {
            index = line.before[index]
        }
        seen = []
        index = first
        while index < hits.count, hits[index].at.timeIntervalSince(date) <= reach, isWanting(hits[index], &seen) {
            index = line.behind[index]
        }
    }
}

/// Hits of one network, ascending in time. Of those that tell the same, one after the other, the nearest is enough: who
/// floods a pixel would else have each of its hits look through all of them.
private struct Line {
    let hits: [Hit]
    /// Of each, where the next one before it is that tells something else; -1 if there is none.
    private(set) var before: [Int]
    /// And behind it; the count of hits if there is none.
    private(set) var behind: [Int]
    private let isSame: @Sendable (Hit, Hit) -> Bool

    init(_ hits: [Hit], isSame: @escaping @Sendable (Hit, Hit) -> Bool) {
        self.hits = hits
        self.isSame = isSame
        before = hits.indices.map { $0 - 1 }
        for index in hits.indices.dropFirst() where isSame(hits[index], hits[index - 1]) {
            before[index] = before[index - 1]
        }
        behind = hits.indices.map { $0 + 1 }
        for index in hits.indices.dropLast().reversed() where isSame(hits[index], hits[index + 1]) {
            behind[index] = behind[index + 1]
        }
    }

    func without(_ tokens: Set<String>) -> Line { Line(hits.filter { !tokens.contains($0.token) }, isSame: isSame) }
}
