import Opens

/// How many requests each network may make: a bucket that fills at a steady rate, for each /24 or /48 that lately asked.
/// Of those that have to share a place in memory the one that asked least is forgotten.
struct RateLimiter {
    /// Requests a second that a network may make for ever.
    let rate: Double
    /// Requests that a network may make at once after a rest.
    let burst: Double

    static let buckets = 16_384

    private var table: FixedTable<Bucket>

    init(rate: Double, burst: Double, buckets: Int = Self.buckets) {
        self.rate = rate
        self.burst = burst
        table = FixedTable(places: buckets, vacant: Bucket())
    }

    /// Whether a request of this network may be answered; counts it then.
    ///
    /// - Parameters:
    ///   - factor: how many times as much as others the network may ask, such as a mail service's for all of its users.
    ///   - now: seconds of a clock that only goes forward.
    mutating func admits(_ network: IPPrefix, factor: Double = 1, now: Double) -> Bool {
        let (rate, burst) = (rate, burst)
        return table.update(
            network, isLess: { $0.level(rate: rate, now: now) < $1.level(rate: rate, now: now) }, new: { Bucket() }
        ) { $0.take(rate: rate * factor, burst: burst * factor, now: now) == nil }
    }
}
