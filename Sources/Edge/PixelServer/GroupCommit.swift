import Dispatch
import NIOCore
import Synchronization

/// Gathers the entries that arrive while the disk is busy and commits them together: one transaction, one sync, and
/// every answer that waits leaves after it. Any thread may submit; to be answered needs no other than the one that commits,
/// and the event loop only where time has to pass.
///
/// Nobody waits for more than ``Limits/patience``, and no more than ``Limits/queue`` entries wait: what is beyond is
/// answered as `.busy`. An entry that was still waiting for its batch is then not stored; one that was under way may be.
final class GroupCommit: Sendable {
    typealias Outcome = Result<Appended, PixelServerError>

    struct Limits {
        /// Entries of one transaction. SQLite needs some 5 ms for so many.
        var batch = 1024
        /// Entries that wait for theirs.
        var queue = 8192
        /// A mail client gives up on an image after seconds; it is to have its answer within one.
        var patience = TimeAmount.milliseconds(900)
        /// How long those who were just answered are waited for, at most, and after the last of them that came: longer than
        /// it takes to answer some and read what they ask next.
        var gathering = Gathering(most: .milliseconds(2), pause: .microseconds(500))

        struct Gathering {
            let most: TimeAmount
            let pause: TimeAmount
        }
    }

    /// Entries with one answer.
    private struct Group {
        let entries: [LogEntry]
        let deadline: NIODeadline
        let done: @Sendable (Outcome) -> Void
    }

    private struct State {
        /// In the order of their deadlines, those under way before those that wait.
        var underWay = CircularBuffer<Group>()
        var waiting = CircularBuffer<Group>()
        /// Entries of `waiting`.
        var queued = 0
        var isCommitting = false
        /// With how many that wait the next batch begins, where it is not begun at once.
        var gathering: Int?
        /// Batches on disk whose answers have not left: ``AnswerTime``.
        var unreleased = 0
        var isWatched = false
        /// Entries that got no answer, since the start: as the log was behind, and as it could not be written.
        var overloaded = 0
        var failed = 0
        var idled: [EventLoopPromise<Void>] = []

        var isIdle: Bool { !isCommitting && unreleased == 0 }
    }

    private let log: any HitStore
    private let limits: Limits
    private let eventLoop: any EventLoop
    private let committed: @Sendable (Outcome, Double) -> Void
    private let queue = DispatchQueue(label: "hits.commit")
    private let gathered = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    /// `committed` is told of every commit, before those who wait for it, with its duration in seconds.
    init(
        log: any HitStore, eventLoop: any EventLoop, limits: Limits = Limits(),
        committed: @escaping @Sendable (Outcome, Double) -> Void
    ) {
        self.log = log
        self.limits = limits
        self.eventLoop = eventLoop
        self.committed = committed
    }

    /// Entries that wait for the next commit, and those that got no answer since the start.
    var counts: (queued: Int, overloaded: Int, failed: Int) { state.withLock { ($0.queued, $0.overloaded, $0.failed) } }

    /// `done` is called once the entries are on disk, all in one transaction, or with the reason why none of them is; on
    /// any thread, and in no time.
    func submit(_ entries: [LogEntry], done: @escaping @Sendable (Outcome) -> Void) {
        let group = Group(entries: entries, deadline: .now() + limits.patience, done: done)
        var isCrowd = false
        let (begins, waiting) = state.withLock { state -> (Bool, Int?) in
            guard state.queued + entries.count <= limits.queue else {
                state.overloaded += entries.count
                return (false, state.queued)
            }
            state.waiting.append(group)
            state.queued += entries.count
            if let gathering = state.gathering, state.queued >= gathering {
                state.gathering = nil
                isCrowd = true
            }
            watch(&state)
            defer { state.isCommitting = true }
            return (!state.isCommitting, nil)
        }
        // Not under the lock, or the one who wakes up waits for it.
        if isCrowd { gathered.signal() }
        if let waiting { done(.failure(Self.busy("\(waiting) requests wait"))) }
        if begins { queue.async { self.run() } }
    }

    /// Done when nothing is on its way to the disk.
    func idle() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let (isIdle, gathers) = state.withLock { state in
            if !state.isIdle { state.idled.append(promise) }
            defer { state.gathering = nil }
            return (state.isIdle, state.gathering != nil)
        }
        if gathers { gathered.signal() }
        if isIdle { promise.succeed() }
        return promise.futureResult
    }

    private static func busy(_ why: String) -> PixelServerError {
        PixelServerError(.busy, "the hit log is behind: \(why)", .retryLater(after: .seconds(1)))
    }
}

// MARK: - On the queue

extension GroupCommit {
    /// Until nothing waits.
    private func run() {
        while let batch = take() {
            let begun = NIODeadline.now()
            let start = ContinuousClock.now
            let outcome = Outcome { () throws(PixelServerError) in try log.append(batch) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let waiting = finish(batch.count, outcome, seconds, begun)
            gather(batch.count, waiting)
        }
    }

    /// The entries of the next batch, of whole groups.
    private func take() -> [LogEntry]? {
        let (batch, idled) = state.withLock { state -> ([LogEntry], [EventLoopPromise<Void>]) in
            var batch: [LogEntry] = []
            while let group = state.waiting.first, batch.isEmpty || batch.count + group.entries.count <= limits.batch {
                batch += group.entries
                state.underWay.append(group)
                state.waiting.removeFirst()
            }
            state.queued -= batch.count
            if batch.isEmpty { state.isCommitting = false }
            return (batch, Self.rest(&state))
        }
        for promise in idled { promise.succeed() }
        return batch.isEmpty ? nil : batch
    }

    /// How many waited before those who are answered could ask again.
    private func finish(_ count: Int, _ outcome: Outcome, _ seconds: Double, _ begun: NIODeadline) -> Int {
        committed(outcome, seconds)
        let release = AnswerTime.release(
            of: count, begun: begun, done: .now(), chance: .random(in: AnswerTime.chance))
        let (answered, waiting) = state.withLock { state in
            defer { state.underWay.removeAll(keepingCapacity: true) }
            if release != nil { state.unreleased += 1 }
            if case .failure = outcome { state.failed += state.underWay.reduce(0) { $0 + $1.entries.count } }
            return (Array(state.underWay), state.queued)
        }
        guard let release else {
            Self.answer(answered, outcome)
            return waiting
        }
        eventLoop.scheduleTask(deadline: release) {
            Self.answer(answered, outcome)
            let idled = self.state.withLock { state in
                state.unreleased -= 1
                return Self.rest(&state)
            }
            for promise in idled { promise.succeed() }
        }
        return waiting
    }

    private static func answer(_ groups: [Group], _ outcome: Outcome) { for group in groups { group.done(outcome) } }

    private static func rest(_ state: inout State) -> [EventLoopPromise<Void>] {
        state.isIdle ? exchange(&state.idled, with: []) : []
    }

    /// Those who have just been answered ask again at once, and half of a crowd costs what the whole does, but for its hits:
    /// so after one the others are waited for, as long as they keep coming.
    private func gather(_ answered: Int, _ waiting: Int) {
        let crowd = min(answered + waiting, limits.batch)
        let waits = state.withLock { state in
            guard answered >= AnswerTime.crowd, state.queued < crowd, state.idled.isEmpty else { return false }
            state.gathering = crowd
            return true
        }
        guard waits else { return }
        let end = NIODeadline.now() + limits.gathering.most
        var queued = 0
        while gathered.wait(timeout: .now() + .nanoseconds(Int(limits.gathering.pause.nanoseconds))) == .timedOut {
            let goesOn = state.withLock { state in
                // All have come, just now: the next wait takes the signal.
                if state.gathering == nil { return true }
                if state.queued > queued, .now() < end {
                    queued = state.queued
                    return true
                }
                state.gathering = nil
                return false
            }
            if !goesOn { return }
        }
    }
}

// MARK: - Deadlines

extension GroupCommit {
    /// One timer at a time, which looks at the oldest deadline when it fires.
    private func watch(_ state: inout State) {
        guard !state.isWatched, let next = (state.underWay.first ?? state.waiting.first)?.deadline else { return }
        state.isWatched = true
        eventLoop.scheduleTask(deadline: next) { self.expire(.now()) }
    }

    private func expire(_ now: NIODeadline) {
        let late = state.withLock { state in
            var late: [Group] = []
            while let group = state.underWay.first, group.deadline <= now {
                late.append(group)
                state.underWay.removeFirst()
            }
            while state.underWay.isEmpty, let group = state.waiting.first, group.deadline <= now {
                late.append(group)
                state.queued -= group.entries.count
                state.waiting.removeFirst()
            }
            state.overloaded += late.reduce(0) { $0 + $1.entries.count }
            state.isWatched = false
            watch(&state)
            return late
        }
        Self.answer(late, .failure(Self.busy("a commit takes too long")))
    }
}
