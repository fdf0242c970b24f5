import NIOCore

/// How many pulls a key may still make.
struct PullAllowance {
    private let burst: Double
    private let perSecond: Double
    private var bucket = Bucket()

    init(burst: Int, perSecond: Int) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
    }

    /// Takes one, or says after how many seconds there is one again.
    mutating func take(now: NIODeadline) -> Int? {
        bucket.take(rate: perSecond, burst: burst, now: now.seconds).map { max(1, Int($0.rounded(.up))) }
    }
}
