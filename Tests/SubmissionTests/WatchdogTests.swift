import Testing

@testable import Submission

@Suite struct WatchdogTests {
    /// A short wait behind a long one ends in its own time, and not in the other's.
    @Test(.timeLimit(.minutes(1))) func bitesAtTheShortestWait() async {
        let (bites, bite) = AsyncStream.makeStream(of: Void.self)
        let watchdog = Watchdog { bite.yield() }
        await watchdog.wait(atMost: .seconds(3_600)) { await Task.yield() }
        #expect(!watchdog.hasBitten)
        await watchdog.wait(atMost: .milliseconds(20)) { _ = await bites.first { _ in true } }
        #expect(watchdog.hasBitten)
    }

    /// What is set for a wait that was in time is set once more for the one behind it.
    @Test(.timeLimit(.minutes(1))) func bitesBehindAWaitThatWasInTime() async {
        let (bites, bite) = AsyncStream.makeStream(of: Void.self)
        let watchdog = Watchdog { bite.yield() }
        await watchdog.wait(atMost: .milliseconds(20)) { await Task.yield() }
        await watchdog.wait(atMost: .milliseconds(100)) { _ = await bites.first { _ in true } }
        #expect(watchdog.hasBitten)
    }

    @Test(.timeLimit(.minutes(1))) func doesNotBiteWhatIsInTime() async throws {
        let watchdog = Watchdog {}
        for _ in 0..<100 { await watchdog.wait(atMost: .milliseconds(500)) { await Task.yield() } }
        // A long wait behind short ones outlives their ends.
        try await watchdog.wait(atMost: .seconds(3_600)) { try await Task.sleep(for: .milliseconds(700)) }
        #expect(!watchdog.hasBitten)
    }
}

extension Watchdog {
    fileprivate func wait(
        atMost limit: Duration, isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Void
    ) async rethrows {
        let number = begin(atMost: limit)
        defer { end(number) }
        try await work()
    }
}
