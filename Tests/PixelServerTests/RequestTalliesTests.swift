import GRDB
import Testing
import Tokens

@testable import PixelServer

struct RequestTalliesTests {
    private let state: TestState

    init() throws { state = try TestState() }

    @Test func aDayIsCountedForItself() throws {
        var tallies = RequestTallies()
        let (one, two) = (try state.token(1), try state.token(2))
        #expect(tallies.count(one, day: 20_000, stored: { 0 }) == 1)
        #expect(tallies.count(one, day: 20_000, stored: { 99 }) == 2)
        #expect(tallies.count(two, day: 20_000, stored: { 40 }) == 41)
        #expect(tallies.count(one, day: 20_001, stored: { 0 }) == 1)
        #expect(tallies.count(two, day: 20_000, stored: { 0 }) == 42)
    }

    /// Ten thousand tokens that are asked for once cannot make one forgotten that is asked for all the time.
    @Test func whatIsAskedForOftenStaysKnown() throws {
        var tallies = RequestTallies(places: 64)
        let noisy = try state.token(0)
        for _ in 0..<100 { _ = tallies.count(noisy, day: 1, stored: { 0 }) }
        for number in 1...10_000 { _ = tallies.count(try state.token(UInt64(number)), day: 1, stored: { 0 }) }
        #expect(tallies.count(noisy, day: 1, stored: { 0 }) == 101)
    }

    /// What is beyond a few requests is on disk, and the allowance that is left is the same after a restart.
    @Test func aRestartForgetsLessThanItsAllowance() throws {
        defer { state.remove() }
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = 40
        let hit = LogEntry.hit(try state.request(state.token()))
        var stored = 0
        for _ in 0..<4 {
            let log = try state.log(options)
            stored += try log.append(Array(repeating: hit, count: 30)).stored
            try log.close()
        }
        // Every request from the sixteenth on is known to the next.
        #expect(stored == 40)
        let log = try state.log(options)
        defer { try? log.close() }
        #expect(try log.counters()["capped"] == 80)
    }

    @Test func aFewRequestsAreNotWrittenDown() throws {
        defer { state.remove() }
        let log = try state.log()
        defer { try? log.close() }
        func tallied() throws -> Int {
            try log.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM tallies") ?? 0 }
        }
        for number in 1...50 { _ = try log.append([.hit(state.request(state.token(UInt64(number))))]) }
        #expect(try tallied() == 0)
        let hit = LogEntry.hit(try state.request(state.token()))
        _ = try log.append(Array(repeating: hit, count: RequestTallies.noisy))
        #expect(try tallied() == 1)
    }
}
