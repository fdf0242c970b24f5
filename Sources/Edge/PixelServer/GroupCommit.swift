import Dispatch
import NIOCore

/// Gathers the entries that arrive while the disk is busy and commits them together: one transaction, one sync, and
/// every answer that waits leaves after it. Belongs to one event loop.
///
/// Nobody waits for more than ``Limits/patience``, and no more than ``Limits/queue`` entries wait: what is beyond is
/// answered as `.busy`. An entry that was still waiting for its batch is then not stored; one that was under way may be.
final class GroupCommit {
    typealias Outcome = Result<Appended, PixelServerError>

    struct Limits {
        /// Entries of one transaction. SQLite needs some 5 ms for so many.
        var batch = 1024
        /// Entries that wait for theirs.
        var queue = 8192
        /// A mail client gives up on an image after seconds; it is to have its answer within one.
        var patience = TimeAmount.milliseconds(900)
    }

    private struct Answer {
        let deadline: NIODeadline
        let done: (Outcome) -> Void
    }

    private struct Group {
        let entries: [LogEntry]
        let answer: Answer
    }

    private let log: any HitStore
    private let limits: Limits
    private let eventLoop: any EventLoop
    private let queue = DispatchQueue(label: "hits.commit")
    /// In the order of their deadlines, those under way before those that wait.
    private var underWay = CircularBuffer<Answer>()
    private var waiting = CircularBuffer<Group>()
    /// Entries that wait for the next commit.
    private(set) var queued = 0
    private var isCommitting = false
    /// With how many that wait the next batch begins, where it is not begun at once.
    private var gathering: Int?
    private var timer: Scheduled<Void>?
    /// Batches on disk whose answers have not left: ``AnswerTime``.
    private var unreleased = 0
    private var isWatched = false
    private var idled: EventLoopPromise<Void>?

    /// Told of every commit, before those who wait for it, with its duration in seconds.
    var committed: (Outcome, Double) -> Void = { _, _ in }

    init(log: any HitStore, eventLoop: any EventLoop, limits: Limits = Limits()) {
        self.log = log
        self.limits = limits
        self.eventLoop = eventLoop
    }

    /// `done` is called on the event loop once the entries are on disk, all in one transaction, or with the reason why none
    /// of them is.
    func submit(_ entries: [LogEntry], done: @escaping (Outcome) -> Void) {
        guard queued + entries.count <= limits.queue else {
            return done(.failure(Self.busy("\(queued) requests wait")))
        }
        waiting.append(Group(entries: entries, answer: Answer(deadline: .now() + limits.patience, done: done)))
        queued += entries.count
        watch()
        guard !isCommitting else {
            if let gathering, queued >= gathering { begin() }
            return
        }
        isCommitting = true
        // What else has arrived in this turn of the loop comes along.
        eventLoop.assumeIsolated().execute { self.commit() }
    }

    /// Done when nothing is on its way to the disk.
    func idle() -> EventLoopFuture<Void> {
        guard isCommitting || unreleased > 0 else { return eventLoop.makeSucceededVoidFuture() }
        let promise = idled ?? eventLoop.makePromise(of: Void.self)
        idled = promise
        return promise.futureResult
    }

    private func rest() {
        guard !isCommitting, unreleased == 0 else { return }
        idled?.succeed()
        idled = nil
    }

    /// Those who have just been answered ask again at once, and half of a crowd costs a sync as the whole does: so after
    /// one the others are waited for, no longer than half of the time that the disk took, and 2 ms.
    private func gather(_ answered: Int, _ seconds: Double) {
        guard answered >= AnswerTime.crowd, queued < limits.batch else { return commit() }
        gathering = min(answered + queued, limits.batch)
        let grace = min(TimeAmount.nanoseconds(Int64(seconds * 0.5e9)), .milliseconds(2))
        timer = eventLoop.assumeIsolated().scheduleTask(in: grace) { self.begin() }
    }

    private func begin() {
        guard gathering != nil else { return }
        gathering = nil
        timer?.cancel()
        timer = nil
        commit()
    }

    private func commit() {
        let batch = take()
        guard !batch.isEmpty else {
            isCommitting = false
            return rest()
        }
        let begun = NIODeadline.now()
        let done = NIOLoopBound(
            { (outcome: Outcome, seconds: Double) in self.finish(batch.count, outcome, seconds, begun) },
            eventLoop: eventLoop)
        let log = log
        queue.async {
            let start = ContinuousClock.now
            let outcome = Outcome { () throws(PixelServerError) in try log.append(batch) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            done.eventLoop.execute { done.value(outcome, seconds) }
        }
    }

    /// The groups of the next batch, whole ones.
    private func take() -> [LogEntry] {
        var batch: [LogEntry] = []
        while let group = waiting.first, batch.isEmpty || batch.count + group.entries.count <= limits.batch {
            batch += group.entries
            underWay.append(group.answer)
            waiting.removeFirst()
        }
        queued -= batch.count
        return batch
    }

    private func finish(_ count: Int, _ outcome: Outcome, _ seconds: Double, _ begun: NIODeadline) {
        committed(outcome, seconds)
        let answers = underWay
        underWay.removeAll(keepingCapacity: true)
        if let moment = AnswerTime.release(
            of: count, begun: begun, done: .now(), chance: .random(in: AnswerTime.chance))
        {
            unreleased += 1
            eventLoop.assumeIsolated().scheduleTask(deadline: moment) {
                for answer in answers { answer.done(outcome) }
                self.unreleased -= 1
                self.rest()
            }
        } else {
            for answer in answers { answer.done(outcome) }
        }
        gather(count, seconds)
    }

    /// One timer at a time, which looks at the oldest deadline when it fires.
    private func watch() {
        guard !isWatched, let next = underWay.first?.deadline ?? waiting.first?.answer.deadline else { return }
        isWatched = true
        eventLoop.assumeIsolated().scheduleTask(deadline: next) {
            self.isWatched = false
            self.expire(.now())
            self.watch()
        }
    }

    private func expire(_ now: NIODeadline) {
        let late = Outcome.failure(Self.busy("a commit takes too long"))
        while let answer = underWay.first, answer.deadline <= now {
            underWay.removeFirst()
            answer.done(late)
        }
        while underWay.isEmpty, let group = waiting.first, group.answer.deadline <= now {
            waiting.removeFirst()
            queued -= group.entries.count
            group.answer.done(late)
        }
    }

    private static func busy(_ why: String) -> PixelServerError {
        PixelServerError(.busy, "the hit log is behind: \(why)", .retryLater(after: .seconds(1)))
    }
}
