import Synchronization

/// The sessions of mail clients: no more than there may be, and none that begins once they are to end.
final class Sessions: Sendable {
    private struct State {
        var open: [Int: ProxySession] = [:]
        var lastNumber = 0
        var isEnding = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// `nil` if there are as many as there may be, or no more are wanted.
    func enter(_ session: ProxySession) -> Int? {
        state.withLock { state in
            guard state.open.count < limit, !state.isEnding else { return nil }
            state.lastNumber += 1
            state.open[state.lastNumber] = session
            return state.lastNumber
        }
    }

    /// Whether that was the last one.
    func leave(_ number: Int) -> Bool {
        state.withLock { state in
            state.open[number] = nil
            return state.open.isEmpty
        }
    }

    /// Each ends once its mail is done.
    func end() {
        let open = state.withLock { state in
            state.isEnding = true
            return state.open.values
        }
        for session in open { Task { await session.end() } }
    }
}
