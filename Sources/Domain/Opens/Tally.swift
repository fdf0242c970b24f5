import FoundationEssentials

/// What verdicts prove together: sums that can be kept when the hits are not, and added to.
package struct Tally: Sendable, Equatable, Codable {
    /// All that was judged, duplicates and forged ones too.
    package private(set) var hits = 0
    /// Of a probability from which a message is `maybe` at least.
    private(set) var perhaps = 0
    private(set) var machines = 0
    private(set) var own = 0
    /// Hits that tell something which was not known before.
    package private(set) var evidence = 0
    /// Separate readings by people: hits that alone would make the message `opened`; a repeat is not one.
    package private(set) var readings = 0
    /// Of the readings.
    package private(set) var firstOpen: Date?
    package private(set) var lastOpen: Date?
    package private(set) var firstHit: Date?
    package private(set) var reach: Reach = []

    package init() {}

    /// What an older version did not count is 0: sums outlive the version that made them.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Int { try values.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        hits = try number(.hits)
        perhaps = try number(.perhaps)
        machines = try number(.machines)
        own = try number(.own)
        evidence = try number(.evidence)
        readings = try number(.readings)
        firstOpen = try values.decodeIfPresent(Date.self, forKey: .firstOpen)
        lastOpen = try values.decodeIfPresent(Date.self, forKey: .lastOpen)
        firstHit = try values.decodeIfPresent(Date.self, forKey: .firstHit)
        reach = try values.decodeIfPresent(Reach.self, forKey: .reach) ?? []
    }

    /// `at` is when it came, as far as that is asked for; `isPending`: it counts for `maybe` at most.
    package mutating func add(_ verdict: Verdict, at date: Date? = nil, isPending: Bool = false) {
        hits += 1
        if verdict.personProbability >= Thresholds.maybe { perhaps += 1 }
        firstHit = earlier(firstHit, date)
        switch verdict.hitClass {
        case .person, .proxyPerson:
            evidence += 1
            if !isPending { reach.insert(.person) }
        case .machinePrefetch:
            evidence += 1
            machines += 1
            reach.insert(.preload)
        case .securityScanner:
            evidence += 1
            machines += 1
            reach.insert(.scanner)
        case .own: own += 1
        case .duplicate, .forged: break
        }
        guard verdict.isReading, !isPending else { return }
        readings += 1
        firstOpen = earlier(firstOpen, date)
        lastOpen = [lastOpen, date].compactMap(\.self).max()
    }

    package mutating func add(_ other: Tally) {
        hits += other.hits
        perhaps += other.perhaps
        machines += other.machines
        own += other.own
        evidence += other.evidence
        readings += other.readings
        firstOpen = earlier(firstOpen, other.firstOpen)
        lastOpen = [lastOpen, other.lastOpen].compactMap(\.self).max()
        firstHit = earlier(firstHit, other.firstHit)
        reach.formUnion(other.reach)
    }

    private func earlier(_ a: Date?, _ b: Date?) -> Date? { [a, b].compactMap(\.self).min() }
}

/// Who has fetched a message so far, by the classes of its verdicts. Stored as its number.
package struct Reach: OptionSet, Sendable, Hashable, Codable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let scanner = Reach(rawValue: 1)
    /// Something that fetches ahead of a reader, or instead of one.
    package static let preload = Reach(rawValue: 2)
    /// Somebody, however doubtful: programs there load images when they show a message.
    package static let person = Reach(rawValue: 4)
}
