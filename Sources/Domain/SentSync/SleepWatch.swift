/// Notices that the machine has slept: the clock that counts sleep has then gone further than the one that does not.
/// Connections may be dead since, with nobody to say so, and the network may be another one.
package struct SleepWatch: Sendable, Equatable {
    /// Two clocks are never read at the same moment; a sleep of this length is harmless.
    static let tolerance = Duration.seconds(2)

    private var asleep: Duration?

    package init() {}

    /// - Parameter elapsed: time since some start, sleep included.
    /// - Parameter awake: the same without sleep.
    /// - Returns: how long the machine has slept since the last call; `nil` if it has not.
    package mutating func slept(elapsed: Duration, awake: Duration) -> Duration? {
        let total = elapsed - awake
        defer { asleep = total }
        guard let before = asleep, total - before > Self.tolerance else { return nil }
        return total - before
    }
}
