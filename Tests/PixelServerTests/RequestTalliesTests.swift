import Foundation
import GRDB
import Synchronization
import Testing
import Tokens

@testable import PixelServer

struct RequestTalliesTests {
    private let state: TestState

    init() throws { state = try TestState() }

    @Test func aDayIsCountedForItself() throws {
        var tallies = RequestTallies()
        let (one, two) = (try state.token(1), try state.token(2))
        #expect(tallies.count(TokenDay(token: one, day: 20_000)) { 0 } == 1)
        #expect(tallies.count(TokenDay(token: one, day: 20_000)) { 99 } == 2)
        #expect(tallies.count(TokenDay(token: two, day: 20_000)) { 40 } == 41)
        #expect(tallies.count(TokenDay(token: one, day: 20_001)) { 0 } == 1)
        #expect(tallies.count(TokenDay(token: two, day: 20_000)) { 0 } == 42)
    }

    /// Ten thousand tokens that are asked for once cannot make one forgotten that is asked for all the time.
    @Test func whatIsAskedForOftenStaysKnown() throws {
        var tallies = RequestTallies(places: 64)
        let noisy = try state.token(0)
        for _ in 0..<100 { _ = tallies.count(TokenDay(token: noisy, day: 1)) { 0 } }
        for number in 1...10_000 { _ = tallies.count(TokenDay(token: try state.token(UInt64(number)), day: 1)) { 0 } }
        #expect(tallies.count(TokenDay(token: noisy, day: 1)) { 0 } == 101)
    }

    /// Of what is asked for often the disk knows, but for the last few requests.
    @Test func aRestartForgetsLessThanItsAllowance() throws {
        defer { state.remove() }
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = 40
        let hit = LogEntry.hit(try state.request(state.token()))
        var stored: [Int] = []
        for _ in 0..<4 {
            let log = try state.log(options)
            stored.append(try log.append(Array(repeating: hit, count: 30)).stored)
            try log.close()
        }
        // The sixteenth was the last that the second knew of.
        #expect(stored == [30, 24, 0, 0])
        let log = try state.log(options)
        defer { try? log.close() }
        #expect(try log.counters()["capped"] == 66)
    }

    /// Restarts, however often, do not keep a token from coming to its allowance.
    @Test func whatIsFoundAgainIsWrittenDown() throws {
        defer { state.remove() }
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = 20
        let hit = LogEntry.hit(try state.request(state.token()))
        var stored = 0
        for count in [16] + Array(repeating: 1, count: 10) {
            let log = try state.log(options)
            stored += try log.append(Array(repeating: hit, count: count)).stored
            try log.close()
        }
        #expect(stored == 20)
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

    /// Beside one that is asked for often the others cost the disk no more than their hits, and that one little.
    @Test func countsAreWrittenNowAndThenAndNotLookedUp() throws {
        defer { state.remove() }
        let log = try state.log()
        defer { try? log.close() }
        let noisy = LogEntry.hit(try state.request(state.token()))
        _ = try log.append(Array(repeating: noisy, count: RequestTallies.noisy))
        let statements = Mutex([String]())
        try log.pool.write { db in
            db.trace { event in statements.withLock { $0.append("\(event)") } }
        }
        for number in 1...50 {
            _ = try log.append([noisy, .hit(state.request(state.token(UInt64(number))))])
        }
        let found = statements.withLock { $0 }
        #expect(found.count { $0.contains("INTO hits") } == 100)
        #expect(found.count { $0.contains("INTO tallies") } == 3)
        #expect(found.count { $0.contains("FROM tallies") } == 0)
    }

    /// Retention takes old counts away, and what the memory knows of them.
    @Test func countsOfOldDaysAreForgotten() throws {
        defer { state.remove() }
        let log = try state.log()
        defer { try? log.close() }
        let request = try state.request(state.token())
        _ = try log.append(Array(repeating: .hit(request), count: RequestTallies.noisy))
        let token = TokenDay(token: request.token, day: request.at.day)
        let isKnown = { log.writing.withLock { $0.tallies.written.mayContain(token) } }
        #expect(isKnown())
        _ = try log.maintain(now: request.at.addingTimeInterval(86_400), retention: 1_000_000)
        #expect(isKnown())
        _ = try log.maintain(now: request.at.addingTimeInterval(2 * 86_400), retention: 1_000_000)
        #expect(!isKnown())
    }
}

struct NameFilterTests {
    /// A name that has come is never denied, and few that have not are taken for one.
    @Test(arguments: [(16_000, 10), (60_000, 100)]) func fewAreTakenForOneThatHasCome(_ names: Int, _ mistaken: Int) {
        var filter = NameFilter()
        for name in 0..<names { filter.insert(name) }
        #expect((0..<names).allSatisfy { filter.mayContain($0) })
        #expect((names..<names + 10_000).count { filter.mayContain($0) } < mistaken)
    }
}
