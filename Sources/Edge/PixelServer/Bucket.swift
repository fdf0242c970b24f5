import NIOCore

/// How often somebody has asked lately: each time fills it by one, and it leaks at an even rate. Whoever is allowed how
/// much is said when it is asked.
struct Bucket {
    /// At `at`.
    private var level = 0.0
    /// Seconds of a clock that only goes forward.
    private var at = 0.0

    /// `rate`: a second.
    func level(rate: Double, now: Double) -> Double { max(0, level - max(0, now - at) * rate) }

    /// Takes one, or says after how many seconds there is room for it.
    mutating func take(rate: Double, burst: Double, now: Double) -> Double? {
        let level = level(rate: rate, now: now)
        guard level + 1 <= burst else { return (level + 1 - burst) / rate }
        (self.level, at) = (level + 1, now)
        return nil
    }
}

extension NIODeadline {
    /// As ``Bucket`` counts.
    var seconds: Double { Double(uptimeNanoseconds) / 1e9 }
}
