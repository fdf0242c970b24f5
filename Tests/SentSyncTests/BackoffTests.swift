import Testing

@testable import SentSync

struct BackoffTests {
    private func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    @Test func growsToItsCeiling() {
        var backoff = Backoff()
        let delays = (0..<30).map { _ in seconds(backoff.delay(after: .network, alive: nil, jitter: 0.5)) }
        #expect(delays[0] == 2 && delays[1] == 3 && delays[2] == 4.5)
        #expect(delays[15] == 60)
        #expect(delays[25] == 600)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
    }

    /// A server that drops its clients right after login must not see one login after the other.
    @Test func aLoginAloneIsNoSuccess() {
        var backoff = Backoff()
        _ = backoff.delay(after: .network, alive: .seconds(1), jitter: 0.5)
        #expect(seconds(backoff.delay(after: .network, alive: .seconds(299), jitter: 0.5)) == 3)
        #expect(seconds(backoff.delay(after: .network, alive: .seconds(300), jitter: 0.5)) == 2)
    }

    @Test func theServersWordCounts() {
        var backoff = Backoff()
        #expect(backoff.delay(after: .asked(.seconds(92)), alive: nil, jitter: 0.9) == .seconds(92))
        #expect(backoff.delay(after: .asked(.seconds(1_000_000)), alive: nil, jitter: 0) == .seconds(3600))
    }

    @Test func waitsLongForAPerson() {
        var backoff = Backoff()
        let delays = (0..<10).map { _ in seconds(backoff.delay(after: .needsUser, alive: nil, jitter: 0.5)) }
        #expect(delays[0] == 300 && delays[9] == 3600)
    }

    @Test func spreads() {
        for jitter in [0, 0.25, 0.999] {
            var backoff = Backoff()
            #expect((1.5...2.5).contains(seconds(backoff.delay(after: .network, alive: nil, jitter: jitter))))
        }
    }
}
