import Opens

/// How many requests each network may make: a bucket that fills at a steady rate, for each /24 or /48 that lately asked.
///
/// Its memory is fixed, whoever asks. A network is kept in one of four places that its name's hash gives; where all four
/// are taken the one that asked least has to go, so that those who flood stay known. The hash is seeded in each process:
/// nobody can aim at the places of another.
struct RateLimiter {
    /// Requests a second that a network may make for ever.
    let rate: Double
    /// Requests that a network may make at once after a rest.
    let burst: Double

    static let ways = 4
    static let buckets = 16_384

    private struct Bucket {
        /// Of the network's name; 0 is none.
        var key: UInt64 = 0
        /// Requests that were made and are not yet forgotten, at `at`.
        var level: Double = 0
        /// Seconds of a clock that only goes forward.
        var at: Double = 0

        func level(_ now: Double, _ rate: Double) -> Double { max(0, level - max(0, now - at) * rate) }
    }

    private var table: [Bucket]

    init(rate: Double, burst: Double, buckets: Int = Self.buckets) {
        self.rate = rate
        self.burst = burst
        table = Array(repeating: Bucket(), count: max(Self.ways, buckets / Self.ways * Self.ways))
    }

    /// Whether a request of this network may be answered; counts it then.
    ///
    /// - Parameters:
    ///   - factor: how many times as much as others the network may ask, such as a mail service's for all of its users.
    ///   - now: seconds of a clock that only goes forward.
    mutating func admits(_ network: IPPrefix, factor: Double = 1, now: Double) -> Bool {
        let hash = UInt64(truncatingIfNeeded: network.hashValue)
        let key = hash == 0 ? 1 : hash
        let first = Int(key % UInt64(table.count / Self.ways)) * Self.ways
        let rate = rate * factor
        var place = first
        var least = Double.infinity
        for index in first..<first + Self.ways {
            if table[index].key == key {
                place = index
                break
            }
            let level = table[index].key == 0 ? -1 : table[index].level(now, self.rate)
            if level < least {
                least = level
                place = index
            }
        }
        if table[place].key != key { table[place] = Bucket(key: key, level: 0, at: now) }
        let level = table[place].level(now, rate)
        guard level + 1 <= burst * factor else { return false }
        table[place].level = level + 1
        table[place].at = now
        return true
    }
}
