import Synchronization

/// Ends what takes too long: each wait of a connection is over when its time is.
final class Watchdog: Sendable {
    private let bite: @Sendable () -> Void
    private let bitten = Mutex(false)

    /// `bite` is called when a wait is over its time.
    init(bite: @escaping @Sendable () -> Void) { self.bite = bite }

    var hasBitten: Bool { bitten.withLock { $0 } }

    func wait<Value>(
        atMost limit: Duration, isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Value
    ) async rethrows -> Value {
        let alarm = Alarm.shared.set(in: limit) { [weak self] in self?.end() }
        defer { Alarm.shared.takeBack(alarm) }
        return try await work()
    }

    private func end() {
        bitten.withLock { $0 = true }
        bite()
    }
}
