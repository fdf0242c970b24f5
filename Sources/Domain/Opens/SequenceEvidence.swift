import FoundationEssentials

/// What other hits, earlier or later, add to the meaning of one.
struct SequenceEvidence: OptionSet, Sendable {
    let rawValue: UInt8

    /// The same source sent a damaged token within a minute.
    static let damagedSibling = SequenceEvidence(rawValue: 1)
    /// The same source followed a link that no person sees, within a minute.
    static let tookBait = SequenceEvidence(rawValue: 2)
    /// The same source fetched many recipients' pixels at once.
    static let manyTokens = SequenceEvidence(rawValue: 4)
    /// Three or more networks fetched the pixel within two minutes.
    static let burst = SequenceEvidence(rawValue: 8)
    /// Two hosting networks did.
    static let hostingPair = SequenceEvidence(rawValue: 16)
    /// The same source asked with HEAD or OPTIONS within a minute.
    static let probed = SequenceEvidence(rawValue: 32)
    /// The same source fetched the pixel and a link within a few seconds.
    static let linkAtOnce = SequenceEvidence(rawValue: 64)

    /// - Parameters:
    ///   - observations: of the message, ascending in time; their `sequence` is filled in.
    ///   - neighbours: hits on other tokens, in any order; they only serve as evidence.
    static func gather(_ observations: inout [Observation], neighbours: [Hit]) {
        markBursts(&observations)
        markTaints(&observations, neighbours: neighbours)
        markSweeps(&observations, neighbours: neighbours)
        markLinks(&observations)
    }
}

extension Hit {
    /// The hash of a network is only good for its (UTC) day.
    struct Source: Hashable, Sendable {
        var day: Int64
        var net: String
    }

    /// The source as far as it is known. `nil` if nothing is known.
    var source: Source? { net.map { Source(day: day, net: $0) } }

    var day: Int64 { Int64(exactly: (at.timeIntervalSinceReferenceDate / 86_400).rounded(.down)) ?? 0 }
}

private extension SequenceEvidence {
    static func markBursts(_ observations: inout [Observation]) {
        var byToken: [String: [Int]] = [:]
        for index in observations.indices
        where observations[index].canBeOfBurst && !observations[index].hit.signals.contains(.tokenForged) {
            byToken[observations[index].hit.token, default: []].append(index)
        }
        for members in byToken.values {
            mark(.burst, members, in: &observations, from: Thresholds.burstNetworks)
            let hosting = members.filter { observations[$0].role == .hosting && observations[$0].kind != .mailClient }
            mark(.hostingPair, hosting, in: &observations, from: Thresholds.pairNetworks)
        }
    }

    /// Marks every member of every window of ``Thresholds/burst`` seconds that holds `networks` distinct networks.
    static func mark(
        _ evidence: SequenceEvidence, _ members: [Int], in observations: inout [Observation], from networks: Int
    ) {
        var counts: [NetworkKey: Int] = [:]
        var start = 0
        var marked = 0
        for end in members.indices {
            counts[networkKey(observations[members[end]]), default: 0] += 1
            while observations[members[end]].hit.at.timeIntervalSince(observations[members[start]].hit.at)
                > Thresholds.burst
            {
                let key = networkKey(observations[members[start]])
                counts[key] = counts[key].flatMap { $0 > 1 ? $0 - 1 : nil }
                start += 1
            }
            guard counts.count >= networks else { continue }
            for index in max(start, marked)...end { observations[members[index]].sequence.insert(evidence) }
            marked = end + 1
        }
    }

    /// Hosting companies rent by the address, so their /24s count singly; of other networks whose operator is known,
    /// one operator is one network: a phone changes its /24 as it likes.
    struct NetworkKey: Hashable {
        var asn: UInt32?
        var net: String?
    }

    static func networkKey(_ observation: Observation) -> NetworkKey {
        let hit = observation.hit
        if observation.role == .hosting || observation.role == .securityVendor || hit.asn == nil {
            return NetworkKey(asn: hit.asn, net: hit.net ?? hit.netclass?.rawValue)
        }
        return NetworkKey(asn: hit.asn)
    }

    static func markTaints(_ observations: inout [Observation], neighbours: [Hit]) {
        var damaged: [Hit.Source: [Date]] = [:]
        var baited: [Hit.Source: [Date]] = [:]
        var probed: [Hit.Source: [Date]] = [:]
        func note(_ hit: Hit, isProbe: Bool) {
            guard isProbe || !hit.signals.isEmpty, let source = hit.source else { return }
            if hit.signals.contains(.tokenDamaged) { damaged[source, default: []].append(hit.at) }
            if hit.signals.contains(.honeypot) { baited[source, default: []].append(hit.at) }
            if isProbe { probed[source, default: []].append(hit.at) }
        }
        for observation in observations { note(observation.hit, isProbe: observation.isProbe) }
        for hit in neighbours { note(hit, isProbe: false) }
        guard !(damaged.isEmpty && baited.isEmpty && probed.isEmpty) else { return }
        for source in damaged.keys { damaged[source]?.sort() }
        for source in baited.keys { baited[source]?.sort() }
        for index in observations.indices {
            // A shared proxy is many people's source.
            guard observations[index].role != .mailService, observations[index].role != .relay,
                let source = observations[index].hit.source
            else { continue }
            let date = observations[index].hit.at
            if damaged[source].hasTime(near: date) { observations[index].sequence.insert(.damagedSibling) }
            if baited[source].hasTime(near: date) { observations[index].sequence.insert(.tookBait) }
            if observations[index].canBeOfBurst, probed[source].hasTime(near: date) {
                observations[index].sequence.insert(.probed)
            }
        }
    }

    /// Both the pixel and the link are marked.
    static func markLinks(_ observations: inout [Observation]) {
        var pixels: [Hit.Source: [Date]] = [:]
        var links: [Hit.Source: [Date]] = [:]
        guard observations.contains(where: \.isLink) else { return }
        for observation in observations where observation.canBeOfBurst {
            guard let source = observation.hit.source else { continue }
            if observation.isLink {
                links[source, default: []].append(observation.hit.at)
            } else {
                pixels[source, default: []].append(observation.hit.at)
            }
        }
        for index in observations.indices where observations[index].canBeOfBurst {
            guard let source = observations[index].hit.source else { continue }
            let others = observations[index].isLink ? pixels[source] : links[source]
            if others.hasTime(near: observations[index].hit.at, within: Thresholds.linkAtOnce) {
                observations[index].sequence.insert(.linkAtOnce)
            }
        }
    }

    static func markSweeps(_ observations: inout [Observation], neighbours: [Hit]) {
        struct Fetch {
            var at: Date
            var token: String
            var index: Int?
        }
        var bySource: [Hit.Source: [Fetch]] = [:]
        for (index, observation) in observations.enumerated() {
            guard observation.canBeOfBurst, let source = observation.hit.source else { continue }
            bySource[source, default: []].append(
                Fetch(at: observation.hit.at, token: observation.hit.token, index: index))
        }
        for hit in neighbours {
            guard let source = hit.source, bySource[source] != nil else { continue }
            bySource[source]?.append(Fetch(at: hit.at, token: hit.token, index: nil))
        }
        for fetches in bySource.values where fetches.count >= Thresholds.sweepTokens {
            let fetches = fetches.sorted { $0.at < $1.at }
            var counts: [String: Int] = [:]
            var start = 0
            var marked = 0
            for end in fetches.indices {
                counts[fetches[end].token, default: 0] += 1
                while fetches[end].at.timeIntervalSince(fetches[start].at) > Thresholds.sweep {
                    counts[fetches[start].token] = counts[fetches[start].token].flatMap { $0 > 1 ? $0 - 1 : nil }
                    start += 1
                }
                guard counts.count >= Thresholds.sweepTokens else { continue }
                for fetch in fetches[max(start, marked)...end] {
                    if let index = fetch.index { observations[index].sequence.insert(.manyTokens) }
                }
                marked = end + 1
            }
        }
    }
}

private extension [Date]? {
    /// Ascending times, searched by halves.
    func hasTime(near date: Date, within reach: TimeInterval = Thresholds.taint) -> Bool {
        guard let times = self else { return false }
        let first = times.partitioningIndex { $0 >= date - reach }
        return first < times.count && times[first] <= date + reach
    }
}

extension Array {
    /// Where those begin that the condition holds for, which are all at the end; `count` if it holds for none. By halves.
    func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
