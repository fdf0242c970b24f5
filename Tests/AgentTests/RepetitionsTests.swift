import Testing

@testable import Agent

/// Trouble of the same kind is told of now and then.
@Suite struct RepetitionsTests {
    private static let start = ContinuousClock.now

    @Test func aFloodIsOneLineForEachSpanAndTellsHowMany() {
        var repetitions = Repetitions()
        #expect(repetitions.tell("full", now: Self.start) == 1)
        let soon = (1..<600).compactMap { repetitions.tell("full", now: Self.start + .seconds($0)) }
        #expect(soon.isEmpty)
        #expect(repetitions.tell("full", now: Self.start + .seconds(600)) == 600)
        #expect(repetitions.tell("full", now: Self.start + .seconds(601)) == nil)
    }

    @Test func anotherKindIsTold() {
        var repetitions = Repetitions()
        #expect(repetitions.tell("full", now: Self.start) == 1)
        #expect(repetitions.tell("locked", now: Self.start) == 1)
        #expect(repetitions.tell("locked", now: Self.start) == nil)
    }
}
