import Synchronization

/// What `work` returns or, if that takes longer than `limit`, `nil`. The work then goes on, and `late` is told what it
/// returned.
func result<Value: Sendable>(
    within limit: Duration, of work: @escaping @Sendable () async -> Value,
    late: @escaping @Sendable (Value) async -> Void
) async -> Value? {
    await withCheckedContinuation { continuation in
        let shared = Race(continuation)
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            shared.take()?.resume(returning: nil)
        }
        Task {
            let value = await work()
            guard let waiting = shared.take() else { return await late(value) }
            timer.cancel()
            waiting.resume(returning: value)
        }
    }
}

private final class Race<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value?, Never>?>

    init(_ continuation: CheckedContinuation<Value?, Never>) { self.continuation = Mutex(continuation) }

    /// To one caller alone.
    func take() -> CheckedContinuation<Value?, Never>? {
        continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
    }
}
