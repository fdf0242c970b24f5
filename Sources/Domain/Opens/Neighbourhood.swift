import FoundationEssentials

/// Hits of some stretch of time, by the network they came from. Of them a message needs only those that can mean something
/// for a hit of its own: in busy times a thousand messages lie in one another's two minutes.
package struct Neighbourhood: Sendable {
    /// Ascending in time.
    private var hits: [Hit.Source: [Hit]] = [:]
    /// Those that tell of a scanner.
    private var taints: [Hit.Source: [Hit]] = [:]

    package init(_ all: some Sequence<Hit>) {
        for hit in all {
            guard let source = hit.source else { continue }
            hits[source, default: []].append(hit)
            if Self.taints.contains(where: hit.signals.contains) { taints[source, default: []].append(hit) }
        }
        for source in hits.keys { hits[source]?.sort(by: Self.precedes) }
        for source in taints.keys { taints[source]?.sort(by: Self.precedes) }
    }

    /// For ``History/neighbours``. From the network of each hit, the nearest other tokens before and behind it, as many
    /// as make a sweep, and the nearest taints: what all the others could add to a judgement, these do.
    package func neighbours(of own: [Hit], besides tokens: Set<String>) -> [Hit] {
        var found: [Int64: [Hit]] = [:]
        func note(_ hit: Hit) {
            if found[hit.seq]?.contains(hit) != true { found[hit.seq, default: []].append(hit) }
        }
        for hit in own {
            guard let source = hit.source else { continue }
            nearest(to: hit.at, in: hits[source], within: Thresholds.sweep) { other, seen in
                if !tokens.contains(other.token), seen.insert(other.token).inserted { note(other) }
                return seen.count < Thresholds.sweepTokens
            }
            nearest(to: hit.at, in: taints[source], within: Thresholds.taint) { other, seen in
                guard !tokens.contains(other.token) else { return true }
                for taint in Self.taints where other.signals.contains(taint) && seen.insert(taint.rawValue).inserted {
                    note(other)
                }
                return seen.count < Self.taints.count
            }
        }
        return found.values.joined().sorted(by: Self.precedes)
    }

    private static let taints: [Signal] = [.tokenDamaged, .honeypot]

    private static func precedes(_ a: Hit, _ b: Hit) -> Bool { (a.at, a.seq) < (b.at, b.seq) }

    /// From `date` back, then from `date` on, until `isWanting` says that side is done.
    private func nearest(
        to date: Date, in hits: [Hit]?, within reach: TimeInterval,
        isWanting: (Hit, inout Set<String>) -> Bool
    ) {
        guard let hits else { return }
        let first = hits.partitioningIndex { $0.at >= date }
        var seen: Set<String> = []
        var index = first - 1
        while index >= 0, date.timeIntervalSince(hits[index].at) <= reach, isWanting(hits[index], &seen) { index -= 1 }
        seen = []
        index = first
        while index < hits.count, hits[index].at.timeIntervalSince(date) <= reach, isWanting(hits[index], &seen) {
            index += 1
        }
    }
}
