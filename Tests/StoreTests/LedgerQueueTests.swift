import Testing

@testable import Store

/// When what waits for the disk is written.
@Suite struct LedgerQueueTests {
    private typealias Queue = LedgerQueue<String>
    private static let start = ContinuousClock.now

    /// Milliseconds after the start.
    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { Self.start + .milliseconds(milliseconds) }

    /// One that has just written two mails that came together, and awaits them again.
    private func afterACrowd() -> Queue {
        var queue = Queue()
        #expect(queue.add("a", isUrgent: true, now: at(0)) == .write)
        #expect(queue.take() == ["a"])
        #expect(queue.add("b", isUrgent: true, now: at(1)) == .nothing)
        return queue
    }

    @Test func whoComesAloneWaitsForNobody() {
        var queue = Queue()
        for time in [0, 1, 2, 3] {
            #expect(queue.add("a", isUrgent: true, now: at(time)) == .write)
            #expect(queue.take() == ["a"])
            #expect(queue.written(now: at(time)) == .nothing)
        }
    }

    @Test func aCrowdThatComesAgainIsWrittenAtOnceAndTogether() {
        var queue = afterACrowd()
        #expect(queue.written(now: at(2)) == .gather(turn: 1))
        #expect(queue.add("a", isUrgent: true, now: at(3)) == .write)
        #expect(queue.take() == ["b", "a"])
        #expect(queue.gathered(1) == .nothing)
        #expect(queue.written(now: at(4)) == .nothing)
        #expect(queue.add("b", isUrgent: true, now: at(5)) == .gather(turn: 2))
        // That of before is over late.
        #expect(queue.gathered(1) == .nothing)
        #expect(queue.add("a", isUrgent: true, now: at(6)) == .write)
    }

    @Test func whoIsNotJoinedIsWrittenAndThenNotKeptWaiting() {
        var queue = afterACrowd()
        #expect(queue.written(now: at(2)) == .gather(turn: 1))
        #expect(queue.gathered(1) == .write)
        #expect(queue.take() == ["b"])
        #expect(queue.written(now: at(4)) == .nothing)
        #expect(queue.add("b", isUrgent: true, now: at(5)) == .write)
    }

    @Test func aCrowdOfLongAgoIsNotExpected() {
        var queue = afterACrowd()
        #expect(queue.written(now: at(2)) == .gather(turn: 1))
        #expect(queue.add("a", isUrgent: true, now: at(2)) == .write)
        _ = queue.take()
        #expect(queue.written(now: at(3)) == .nothing)
        #expect(queue.add("b", isUrgent: true, now: at(23)) == .write)
    }

    @Test func whatNothingDependsOnWaitsForCompanyAndNotForLong() {
        var queue = Queue()
        #expect(queue.add("end", isUrgent: false, now: at(0)) == .watch)
        #expect(queue.add("end of another", isUrgent: false, now: at(1)) == .nothing)
        #expect(queue.add("a", isUrgent: true, now: at(2)) == .write)
        #expect(queue.take() == ["end", "end of another", "a"])
        #expect(queue.add("end", isUrgent: false, now: at(3)) == .nothing)
        #expect(queue.watched(now: at(20)) == .nothing, "while it is being written")
        #expect(queue.written(now: at(21)) == .write)
        #expect(queue.take() == ["end"])
        #expect(queue.written(now: at(22)) == .nothing)
        #expect(queue.add("end", isUrgent: false, now: at(23)) == .watch)
        #expect(queue.watched(now: at(43)) == .write)
    }
}
