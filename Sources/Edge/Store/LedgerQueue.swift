/// What waits to be written together, and when it is: at once, unless others are about to come.
///
/// A commit costs the same for several mails as for one, and clients that send at the same time come to it at the same time
/// again. So whoever comes soon after a crowd waits for the others, for a moment; who comes alone waits for nobody.
struct LedgerQueue<Entry> {
    enum Step: Equatable {
        case nothing
        /// ``take()`` and write, and then tell of it.
        case write
        /// Tell when ``gathering`` is over.
        case gather(turn: Int)
        /// Tell when ``patience`` is over.
        case watch
    }

    private var waiting: [Entry] = []
    /// Those for which mail waits, of what waits and of what is being written.
    private var urgent = 0
    private var underWay = 0
    private var isWriting = false
    /// Somebody will look again soon.
    private var isWatched = false
    /// What nothing depends on has waited long enough.
    private var isDue = false
    /// How many are expected, and until when.
    private var crowd = 0
    private var memory: ContinuousClock.Instant?
    private var isGathering = false
    private var turn = 0

    /// How long the first of a crowd waits for the others, at most.
    static var gathering: Duration { .microseconds(1500) }
    /// How long after it a crowd is expected to come again.
    static var recent: Duration { .milliseconds(20) }
    /// How long the end of a mail waits for company: nothing depends on it.
    static var patience: Duration { .milliseconds(20) }

    mutating func add(_ entry: Entry, isUrgent: Bool, now: ContinuousClock.Instant) -> Step {
        waiting.append(entry)
        guard !isUrgent else {
            urgent += 1
            return next(now)
        }
        if isWatched { return .nothing }
        isWatched = true
        return .watch
    }

    mutating func take() -> [Entry] {
        defer { waiting = [] }
        (underWay, urgent, isDue) = (urgent, 0, false)
        return waiting
    }

    mutating func written(now: ContinuousClock.Instant) -> Step {
        isWriting = false
        crowd = underWay + urgent
        memory = now + Self.recent
        return next(now)
    }

    mutating func gathered(_ turn: Int) -> Step {
        // The whole crowd has come meanwhile.
        guard isGathering, turn == self.turn else { return .nothing }
        return write()
    }

    mutating func watched(now: ContinuousClock.Instant) -> Step {
        isWatched = false
        isDue = !waiting.isEmpty
        return next(now)
    }

    private mutating func next(_ now: ContinuousClock.Instant) -> Step {
        guard urgent > 0 || isDue, !isWriting else { return .nothing }
        guard !isDue, urgent < crowd, let memory, now < memory else { return write() }
        if isGathering { return .nothing }
        isGathering = true
        turn += 1
        return .gather(turn: turn)
    }

    private mutating func write() -> Step {
        (isGathering, isWriting) = (false, true)
        return .write
    }
}
