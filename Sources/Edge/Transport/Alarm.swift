import Synchronization

/// Tells whoever asked when their time is over. One task for all of them: hardly any alarm ever rings, one that is taken
/// back costs next to nothing, and one that is set for hours a few words, where a task that sleeps takes 2 KB.
package final class Alarm: Sendable {
    package static let shared = Alarm()

    package struct Ticket: Sendable { fileprivate let number: Int }

    private struct Entry: Comparable {
        let at: ContinuousClock.Instant
        let number: Int

        static func < (a: Entry, b: Entry) -> Bool { (a.at, a.number) < (b.at, b.number) }
    }

    private struct State {
        var rings: [Int: @Sendable () -> Void] = [:]
        /// In their order: a new one mostly belongs near the end. Those that have been taken back as well, until they are due
        /// or too many.
        var entries: [Entry] = []
        var lastNumber = 0
        var task: Task<Void, Never>?
        /// When the task looks next; `nil` if there is none.
        var wake: ContinuousClock.Instant?

        mutating func insert(_ entry: Entry) {
            var (low, high) = (0, entries.count)
            while low < high {
                let middle = (low + high) / 2
                if entries[middle] < entry { low = middle + 1 } else { high = middle }
            }
            entries.insert(entry, at: low)
        }
    }

    /// Entries beyond twice those that are wanted.
    private static let slack = 64

    private let state = Mutex(State())

    package init() {}

    deinit { state.withLock { $0.task?.cancel() } }

    /// `ring` is called once, unless it is taken back before, and must not take long.
    package func set(in limit: Duration, _ ring: @escaping @Sendable () -> Void) -> Ticket {
        set(at: ContinuousClock.now + limit, ring)
    }

    package func set(at deadline: ContinuousClock.Instant, _ ring: @escaping @Sendable () -> Void) -> Ticket {
        state.withLock { state in
            state.lastNumber += 1
            let ticket = Ticket(number: state.lastNumber)
            state.rings[ticket.number] = ring
            state.insert(Entry(at: deadline, number: ticket.number))
            // One that looks no later than that will do.
            if let wake = state.wake, wake <= deadline { return ticket }
            state.task?.cancel()
            state.wake = deadline
            state.task = Task { [weak self] in
                var next: ContinuousClock.Instant? = deadline
                while let until = next {
                    do { try await Task.sleep(until: until) } catch { return }
                    if Task.isCancelled { return }
                    next = self?.look()
                }
            }
            return ticket
        }
    }

    package func takeBack(_ ticket: Ticket) {
        state.withLock { state in
            guard state.rings.removeValue(forKey: ticket.number) != nil else { return }
            let wanted = state.rings
            guard state.entries.count > 2 * wanted.count + Self.slack else { return }
            state.entries.removeAll { wanted[$0.number] == nil }
        }
    }

    /// When to look again; `nil` if there is nothing to look for.
    private func look() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (over, next) = state.withLock { state in
            let next =
                state.entries.firstIndex { $0.at > now && state.rings[$0.number] != nil } ?? state.entries.endIndex
            let over = state.entries[..<next].compactMap { state.rings.removeValue(forKey: $0.number) }
            state.entries.removeFirst(next)
            state.wake = state.entries.first?.at
            if state.wake == nil { state.task = nil }
            return (over, state.wake)
        }
        for ring in over { ring() }
        return next
    }
}
