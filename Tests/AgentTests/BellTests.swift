import Testing

@testable import Agent

struct BellTests {
    @Test func aRingBeforeTheWaitIsKept() async {
        let bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait()
        // Two rings are one: this wait ends by its time.
        await bell.wait(atMost: .milliseconds(1))
    }

    @Test func wakesAWaiter() async {
        let bell = Bell()
        async let waiting: Void = bell.wait()
        bell.ring()
        await waiting
    }

    /// A wait that is cancelled, before it begins or while it sleeps, takes no ring away from the next one.
    @Test func aCancelledWaitTakesNoRing() async {
        for _ in 0..<200 {
            let bell = Bell()
            let cancelled = Task { await bell.wait() }
            cancelled.cancel()
            await cancelled.value
            bell.ring()
            let late = Task {
                // Cancelled before it waits.
                while !Task.isCancelled { await Task.yield() }
                await bell.wait()
            }
            late.cancel()
            await late.value
            await bell.wait()
        }
    }

    @Test func noRingIsLostBetweenManyWaits() async {
        let bell = Bell()
        let ringer = Task {
            while !Task.isCancelled {
                bell.ring()
                await Task.yield()
            }
        }
        for _ in 0..<5_000 { await bell.wait() }
        ringer.cancel()
        await ringer.value
    }
}

struct LatchTests {
    @Test func opensForThoseWhoWaitAndThoseWhoCome() async {
        let latch = Latch()
        async let waiting: Void = latch.wait()
        latch.open()
        await waiting
        await latch.wait()
    }
}
