import Opens
import Testing

@testable import PixelServer

struct RateLimiterTests {
    /// How many of `times` requests are admitted.
    private func admitted(
        _ limiter: inout RateLimiter, _ network: IPPrefix, times: Int = 20, factor: Double = 1, now: Double
    ) -> Int {
        var count = 0
        for _ in 0..<times where limiter.admits(network, factor: factor, now: now) { count += 1 }
        return count
    }

    private func network(_ number: Int) throws -> IPPrefix {
        try #require(IPPrefix("10.\(number >> 8 & 255).\(number & 255).0/24"))
    }

    @Test func aBurstThenASteadyRate() throws {
        var limiter = RateLimiter(rate: 2, burst: 10)
        let (one, two) = (try network(1), try network(2))
        #expect(admitted(&limiter, one, now: 100) == 10)
        #expect(admitted(&limiter, one, now: 101) == 2)
        #expect(admitted(&limiter, one, now: 1000) == 10)
        // Another network's is its own.
        #expect(admitted(&limiter, two, now: 1000) == 10)
        // A clock that goes back gives nothing away.
        #expect(admitted(&limiter, one, times: 1, now: 0) == 0)
    }

    @Test func aServiceMayAskMore() throws {
        var limiter = RateLimiter(rate: 2, burst: 10)
        let one = try network(1)
        #expect(admitted(&limiter, one, times: 100, factor: 5, now: 0) == 50)
        #expect(admitted(&limiter, one, times: 100, factor: 5, now: 1) == 10)
    }

    /// Sixty thousand networks that ask once cannot make one forgotten that floods.
    @Test func whoFloodsStaysKnown() throws {
        var limiter = RateLimiter(rate: 1, burst: 100, buckets: 64)
        let flooder = try network(65_000)
        while limiter.admits(flooder, now: 0) {}
        for number in 0..<60_000 { _ = limiter.admits(try network(number), now: 0) }
        #expect(admitted(&limiter, flooder, times: 1, now: 0) == 0)
    }
}
