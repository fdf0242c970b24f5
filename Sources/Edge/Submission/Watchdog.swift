import Synchronization
import Transport

/// Ends what takes too long: each wait of a connection is over when its time is.
///
/// Waits are many and short, so that none has an alarm of its own: one that is set looks at those that are under way.
final class Watchdog: Sendable {
    private struct State {
        var hasBitten = false
        /// One or none, as a rule.
        var waits: [(number: Int, end: ContinuousClock.Instant)] = []
        var lastNumber = 0
        /// Rings no later than the first of them ends.
        var alarm: (ticket: Alarm.Ticket, at: ContinuousClock.Instant)?
    }

    private let bite: @Sendable () -> Void
    private let state = Mutex(State())

    /// `bite` is called when a wait is over its time.
    init(bite: @escaping @Sendable () -> Void) { self.bite = bite }

    deinit { if let alarm = state.withLock({ $0.alarm }) { Alarm.shared.takeBack(alarm.ticket) } }

    var hasBitten: Bool { state.withLock { $0.hasBitten } }

    /// A wait that begins; ``end(_:)`` is to be called with its number.
    func begin(atMost limit: Duration) -> Int {
        let end = ContinuousClock.now + limit
        return state.withLock { state in
            state.lastNumber += 1
            state.waits.append((state.lastNumber, end))
            if let alarm = state.alarm {
                if alarm.at <= end { return state.lastNumber }
                Alarm.shared.takeBack(alarm.ticket)
            }
            set(&state, at: end)
            return state.lastNumber
        }
    }

    func end(_ number: Int) { state.withLock { $0.waits.removeAll { $0.number == number } } }

    private func set(_ state: inout State, at time: ContinuousClock.Instant) {
        state.alarm = (Alarm.shared.set(at: time) { [weak self] in self?.look(time) }, time)
    }

    /// One that rang may have been taken back a moment before.
    private func look(_ time: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let isOver = state.withLock { state in
            let first = state.waits.lazy.map(\.end).min()
            let isOver = first.map { $0 <= now } ?? false
            state.hasBitten = state.hasBitten || isOver
            if state.alarm?.at == time {
                state.alarm = nil
                if let first, !isOver { set(&state, at: first) }
            }
            return isOver
        }
        if isOver { bite() }
    }
}
