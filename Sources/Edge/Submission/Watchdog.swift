import Synchronization

/// Ends what takes too long. One task for all waits of a connection, which are short as a rule.
final class Watchdog: Sendable {
    private struct State {
        var deadline: ContinuousClock.Instant?
        var task: Task<Void, Never>?
        /// When the task looks next; `nil` if there is none.
        var wake: ContinuousClock.Instant?
        var hasBitten = false
    }

    private let bite: @Sendable () -> Void
    private let state = Mutex(State())

    /// `bite` is called once, when a wait is over its time.
    init(bite: @escaping @Sendable () -> Void) { self.bite = bite }

    deinit { state.withLock { $0.task?.cancel() } }

    var hasBitten: Bool { state.withLock { $0.hasBitten } }

    func wait<Value>(
        atMost limit: Duration, isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Value
    ) async rethrows -> Value {
        begin(limit)
        defer { state.withLock { $0.deadline = nil } }
        return try await work()
    }

    private func begin(_ limit: Duration) {
        let deadline = ContinuousClock.now + limit
        state.withLock { state in
            state.deadline = deadline
            // One that looks no later than that will do.
            if let wake = state.wake, wake <= deadline { return }
            state.task?.cancel()
            state.wake = deadline
            state.task = Task { [weak self] in
                var next: ContinuousClock.Instant? = deadline
                while let until = next {
                    do { try await Task.sleep(until: until) } catch { return }
                    if Task.isCancelled { return }
                    next = self?.look()
                }
            }
        }
    }

    /// When to look again; `nil` when there is nothing to watch any more.
    private func look() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (next, isOver) = state.withLock { state -> (ContinuousClock.Instant?, Bool) in
            if let deadline = state.deadline {
                if deadline > now {
                    state.wake = deadline
                    return (deadline, false)
                }
                state.hasBitten = true
                state.wake = nil
                return (nil, true)
            }
            // Looked at again by the wait that comes next.
            state.task = nil
            state.wake = nil
            return (nil, false)
        }
        if isOver { bite() }
        return next
    }
}
