import Synchronization
import Testing

@testable import Transport

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

    /// Those that nobody wants any more are not kept until their time.
    @Test func manyAreSetAndTakenBack() async {
        let alarm = Alarm()
        let (rings, ring) = AsyncStream.makeStream(of: Int.self)
        let tickets = (0..<1000).map { n in alarm.set(in: .milliseconds(50 + n % 7)) { ring.yield(n) } }
        for n in 0..<1000 where n % 100 != 0 { alarm.takeBack(tickets[n]) }
        // Twice makes no difference.
        alarm.takeBack(tickets[1])
        var heard: Set<Int> = []
        for await n in rings {
            heard.insert(n)
            if heard.count == 10 { break }
        }
        #expect(heard == Set(stride(from: 0, to: 1000, by: 100)))
    }
}
