import NIOCore
import Synchronization

/// What became of batches, on its way to the event loop. Nobody is woken for one that nobody waits for: under load that
/// would cost as much as some hits.
final class CommitReports: Sendable {
    struct Report: Sendable {
        let outcome: GroupCommit.Outcome
        /// That the batch took.
        let seconds: Double
    }

    /// When the event loop is to call ``take()``.
    enum Call: Sendable { case now, later }

    /// `later`, and after how long.
    static let pause = TimeAmount.milliseconds(10)

    private struct State {
        var reports: [Report] = []
        var call: Call?
        var isAwaited = false
    }

    private let state = Mutex(State())

    /// Whether hits are waited for. What is added before that is set is found by whoever looks after it.
    func setAwaited(_ isAwaited: Bool) { state.withLock { $0.isAwaited = isAwaited } }

    /// How the event loop is to be called; `nil` when it comes anyhow, and soon enough. On any thread.
    func add(_ report: Report) -> Call? {
        state.withLock { state in
            state.reports.append(report)
            var call = state.isAwaited ? Call.now : .later
            if case .failure = report.outcome { call = .now }
            guard state.call == nil || state.call == .later && call == .now else { return nil }
            state.call = call
            return call
        }
    }

    /// In their order, each once.
    func take() -> [Report] {
        state.withLock { state in
            state.call = nil
            return exchange(&state.reports, with: [])
        }
    }
}
