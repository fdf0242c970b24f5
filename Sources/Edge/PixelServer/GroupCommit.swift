import Dispatch
import NIOCore

/// Gathers the entries that arrive while the disk is busy and commits them together: one transaction, one sync, and
/// every answer that waits leaves after it. Belongs to one event loop.
final class GroupCommit {
    typealias Outcome = Result<Appended, PixelServerError>

    private let log: HitLog
    private let eventLoop: any EventLoop
    private let queue = DispatchQueue(label: "hits.commit")
    private var entries: [LogEntry] = []
    private var waiting: [(Outcome) -> Void] = []
    private var isCommitting = false
    private var idled: EventLoopPromise<Void>?

    /// Told of every commit, before those who wait for it, with its duration in seconds.
    var committed: (Outcome, Double) -> Void = { _, _ in }

    init(log: HitLog, eventLoop: any EventLoop) {
        self.log = log
        self.eventLoop = eventLoop
    }

    /// Entries that wait for the next commit.
    var queued: Int { entries.count }

    /// `done` is called on the event loop once the entry is on disk, or with the reason why it is not.
    func submit(_ entry: LogEntry, done: @escaping (Outcome) -> Void) {
        entries.append(entry)
        waiting.append(done)
        guard !isCommitting else { return }
        isCommitting = true
        // What else has arrived in this turn of the loop comes along.
        eventLoop.assumeIsolated().execute { self.commit() }
    }

    /// Done when nothing is on its way to the disk.
    func idle() -> EventLoopFuture<Void> {
        guard isCommitting else { return eventLoop.makeSucceededVoidFuture() }
        let promise = idled ?? eventLoop.makePromise(of: Void.self)
        idled = promise
        return promise.futureResult
    }

    private func rest() {
        isCommitting = false
        idled?.succeed()
        idled = nil
    }

    private func commit() {
        let batch = entries
        let answers = waiting
        entries.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        let done = NIOLoopBound(
            { (outcome: Outcome, seconds: Double) in
                self.committed(outcome, seconds)
                for answer in answers { answer(outcome) }
                if self.entries.isEmpty { self.rest() } else { self.commit() }
            }, eventLoop: eventLoop)
        let log = log
        queue.async {
            let start = ContinuousClock.now
            let outcome = Outcome { () throws(PixelServerError) in try log.append(batch) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            done.eventLoop.execute { done.value(outcome, seconds) }
        }
    }
}
