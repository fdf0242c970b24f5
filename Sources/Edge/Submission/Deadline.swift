import Synchronization
import Transport

/// What `work` returns or, if that takes longer than `limit`, `nil`. The work then goes on, and `late` is told what it
/// returned. It is done where the caller is, on the executor that its task prefers.
func result<Value: Sendable>(
    within limit: Duration, on executor: (any TaskExecutor)? = nil, isolation: isolated (any Actor)? = #isolation,
    of work: @escaping @Sendable () async -> Value,
    late: @escaping @Sendable (Value) async -> Void
) async -> Value? {
    await withCheckedContinuation { continuation in
        let race = Race(continuation)
        let alarm = Alarm.shared.set(in: limit) { race.take()?.resume(returning: nil) }
        Task(executorPreference: executor) {
            // Where the caller is.
            _ = isolation
            let value = await work()
            guard let waiting = race.take() else { return await late(value) }
            Alarm.shared.takeBack(alarm)
            waiting.resume(returning: value)
        }
    }
}

/// Does it where the caller is, and nobody waits for it.
func inBackground(
    on executor: (any TaskExecutor)? = nil, isolation: isolated (any Actor)? = #isolation,
    _ work: @escaping @Sendable () async -> Void
) {
    Task(executorPreference: executor) {
        _ = isolation
        await work()
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
