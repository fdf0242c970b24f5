import NIOCore

/// How many pulls a key may still make: a bucket of tokens, filled at an even rate.
struct PullAllowance {
    private let burst: Double
    private let perSecond: Double
    private var left: Double
    private var filledAt: NIODeadline

    init(burst: Int, perSecond: Int, now: NIODeadline) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
        left = Double(burst)
        filledAt = now
    }

    /// Takes one, or says after how many seconds there is one again.
    mutating func take(now: NIODeadline) -> Int? {
        left = min(burst, left + Double((now - filledAt).nanoseconds) / 1e9 * perSecond)
        filledAt = now
        guard left < 1 else {
            left -= 1
            return nil
        }
        return max(1, Int(((1 - left) / perSecond).rounded(.up)))
    }
}
