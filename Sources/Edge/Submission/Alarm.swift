import Synchronization

/// Tells whoever asked when their time is over. One task for all of them: hardly any alarm ever rings, and one that is
/// taken back costs next to nothing.
final class Alarm: Sendable {
    static let shared = Alarm()

    struct Ticket: Sendable { fileprivate let number: Int }

    private struct State {
        var due: [Int: (at: ContinuousClock.Instant, ring: @Sendable () -> Void)] = [:]
        var lastNumber = 0
        var task: Task<Void, Never>?
        /// When the task looks next; `nil` if there is none.
        var wake: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    deinit { state.withLock { $0.task?.cancel() } }

    /// `ring` is called once, unless it is taken back before.
    func set(in limit: Duration, _ ring: @escaping @Sendable () -> Void) -> Ticket {
        set(at: ContinuousClock.now + limit, ring)
    }

    func set(at deadline: ContinuousClock.Instant, _ ring: @escaping @Sendable () -> Void) -> Ticket {
        state.withLock { state in
            state.lastNumber += 1
            state.due[state.lastNumber] = (deadline, ring)
            let ticket = Ticket(number: state.lastNumber)
            // One that looks no later than that will do.
            if let wake = state.wake, wake <= deadline { return ticket }
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
            return ticket
        }
    }

    func takeBack(_ ticket: Ticket) { state.withLock { $0.due[ticket.number] = nil } }

    /// When to look again; `nil` if there is nothing to look for.
    private func look() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (over, next) = state.withLock { state in
            let over = state.due.filter { $0.value.at <= now }
            for number in over.keys { state.due[number] = nil }
            state.wake = state.due.values.lazy.map(\.at).min()
            if state.wake == nil { state.task = nil }
            return (over.values.map(\.ring), state.wake)
        }
        for ring in over { ring() }
        return next
    }
}
