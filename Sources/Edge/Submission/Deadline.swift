import NIOPosix
import Synchronization

/// What `work` returns or, if that takes longer than `limit`, `nil`. The work then goes on, and `late` is told what it
/// returned.
func result<Value: Sendable>(
    within limit: Duration, on executor: (any TaskExecutor)?, of work: @escaping @Sendable () async -> Value,
    late: @escaping @Sendable (Value) async -> Void
) async -> Value? {
    await withCheckedContinuation { continuation in
        let race = Race(continuation)
        // No task that sleeps: hardly any timer ever rings, and this one costs next to nothing.
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .init(limit)) {
            race.take()?.resume(returning: nil)
        }
        Task(executorPreference: executor) {
            let value = await work()
            guard let waiting = race.take() else { return await late(value) }
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
