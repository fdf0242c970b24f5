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

    private struct Place {
        /// Of the network's name; 0 is none.
        var key: UInt64 = 0
        var bucket = Bucket()
    }

    private var table: [Place]

    init(rate: Double, burst: Double, buckets: Int = Self.buckets) {
        self.rate = rate
        self.burst = burst
        table = Array(repeating: Place(), count: max(Self.ways, buckets / Self.ways * Self.ways))
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
        var place = first
        var least = Double.infinity
        for index in first..<first + Self.ways {
            if table[index].key == key {
                place = index
                break
            }
            let level = table[index].key == 0 ? -1 : table[index].bucket.level(rate: rate, now: now)
            if level < least {
                least = level
                place = index
            }
        }
        if table[place].key != key { table[place] = Place(key: key) }
        return table[place].bucket.take(rate: rate * factor, burst: burst * factor, now: now) == nil
    }
}
