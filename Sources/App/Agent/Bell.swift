import Synchronization

/// Tells one waiting task that there may be news. Rings that come while nobody waits are kept, as one.
package final class Bell: Sendable {
    private struct State {
        var rung = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Which wait the waiter belongs to: a timer that fires late must not end a later wait.
        var turn = 0
        /// The last wait whose time was up before it had begun to wait.
        var endedTurn = 0
    }
    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let waiter = state.withLock { state in
            state.rung = state.waiter == nil
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Returns at the next ring, after `duration`, or when the task is cancelled. One task may wait at a time.
    package func wait(atMost duration: Duration? = nil) async {
        let turn = state.withLock { state in
            state.turn += 1
            return state.turn
        }
        let timer = duration.map { duration in
            Task {
                try await Task.sleep(for: duration)
                end(turn)
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goOn = state.withLock { state in
                    if state.rung || state.endedTurn == turn || Task.isCancelled {
                        state.rung = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if goOn { continuation.resume() }
            }
        } onCancel: {
            end(turn)
        }
        timer?.cancel()
    }

    private func end(_ turn: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.turn == turn else { return nil }
            state.endedTurn = turn
            return state.waiter.take()
        }
        waiter?.resume()
    }
}
