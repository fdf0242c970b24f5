import Synchronization
import Testing

@testable import Submission

@Suite(.timeLimit(.minutes(1)))
struct AlarmTests {
    /// Each in its own time, whichever was set before it.
    @Test func theShortestRingsFirst() async {
        let alarm = Alarm()
        let (rings, ring) = AsyncStream.makeStream(of: Int.self)
        for milliseconds in [3_600_000, 60, 20, 40] {
            _ = alarm.set(in: .milliseconds(milliseconds)) { ring.yield(milliseconds) }
        }
        var heard: [Int] = []
        for await milliseconds in rings {
            heard.append(milliseconds)
            if heard.count == 3 { break }
        }
        #expect(heard == [20, 40, 60])
    }

    @Test func whatIsTakenBackDoesNotRing() async {
        let alarm = Alarm()
        let (rings, ring) = AsyncStream.makeStream(of: Int.self)
        let early = alarm.set(in: .milliseconds(10)) { ring.yield(1) }
        _ = alarm.set(in: .milliseconds(50)) { ring.yield(2) }
        alarm.takeBack(early)
        #expect(await rings.first { _ in true } == 2)
        // And again, once it has looked in vain.
        _ = alarm.set(in: .milliseconds(10)) { ring.yield(3) }
        #expect(await rings.first { _ in true } == 3)
    }

    @Test func workThatIsLateIsHeardOf() async {
        let (late, tell) = AsyncStream.makeStream(of: Int.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let value = await result(within: .milliseconds(20)) {
            _ = await gate.first { _ in true }
            return 7
        } late: {
            tell.yield($0)
        }
        #expect(value == nil)
        open.yield()
        #expect(await late.first { _ in true } == 7)
        #expect(
            await result(within: .seconds(3_600)) {
                8
            } late: { _ in
            } == 8)
    }
}
