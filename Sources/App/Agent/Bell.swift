import Synchronization
import Transport

/// Tells a waiting task that there may be news. Rings that come while nobody waits are kept, as one.
package final class Bell: Sendable {
    private struct State {
        var rung = false
        var number = 0
        /// Waits that have begun and not ended: their continuation once they sleep.
        var waits: [Int: CheckedContinuation<Void, Never>?] = [:]
    }
    private let state = Mutex(State())

    package init() {}

    /// Whether the next wait would end at once.
    var isRung: Bool { state.withLock { $0.rung } }

    package func ring() {
        let waiters = state.withLock { state in
            let sleeping = state.waits.filter { $0.value != nil }
            state.rung = sleeping.isEmpty
            for number in sleeping.keys { state.waits[number] = nil }
            return sleeping.values.compactMap { $0 }
        }
        waiters.forEach { $0.resume() }
    }

    /// Returns at the next ring, after `duration`, or when the task is cancelled. A wait that ends for another reason
    /// leaves a kept ring for the next one.
    package func wait(atMost duration: Duration? = nil) async {
        let number = state.withLock { state in
            state.number += 1
            state.waits[state.number] = .some(nil)
            return state.number
        }
        let alarm = duration.map { Alarm.shared.set(in: $0) { self.end(number) } }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goOn = state.withLock { state in
                    // Ended already, by the timer or by cancellation.
                    guard state.waits[number] != nil, !Task.isCancelled else { return true }
                    if state.rung {
                        state.rung = false
                        return true
                    }
                    state.waits[number] = .some(continuation)
                    return false
                }
                if goOn { continuation.resume() }
            }
        } onCancel: {
            end(number)
        }
        if let alarm { Alarm.shared.takeBack(alarm) }
        end(number)
    }

    private func end(_ number: Int) {
        let waiter = state.withLock { state in state.waits.removeValue(forKey: number) }
        if case .some(.some(let waiter)) = waiter { waiter.resume() }
    }
}
