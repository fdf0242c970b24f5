import Foundation
import Opens
import TestSupport
import Testing
import Tokens

@testable import PixelServer

/// The machine's clock is set, a day ahead and back. What has an order has it by numbers, never by times.
struct ClockTests {
    private static let day: TimeInterval = 86_400

    @Test(arguments: StoreKind.allCases)
    func hitsKeepTheirOrder(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        // The last evening of November: a day ahead it is another month, of which PostgreSQL has another table.
        state.clock.advance(7 * Self.day + 3600)
        try await TestServer.run(on: state) { server in
            var cursor = ""
            var times: [String] = []
            for (index, step) in [0, Self.day, -Self.day, -Self.day, Self.day].enumerated() {
                state.clock.advance(step)
                #expect(try server.get("/i/\(state.token(UInt64(index))).gif").status == 200)
                times.append(Timestamp.format(Date(milliseconds: state.clock.now.milliseconds)))
                let page = try server.pull("?after=\(cursor)")
                #expect(page.hits.map(\.seq) == [Int64(index + 1)])
                #expect(page.hits.map { Timestamp.format($0.at) } == times.suffix(1))
                cursor = page.cursor
            }
            let all = try server.pull()
            #expect(all.hits.map(\.seq) == [1, 2, 3, 4, 5])
            #expect(all.hits.map { Timestamp.format($0.at) } == times)
            #expect(times[3] < times[0] && times[0] < times[1])
            // The same network is the same on the same day, whatever has been between.
            let nets = all.hits.map(\.net)
            #expect(nets[0] == nets[2] && nets[2] == nets[4] && nets[0] != nets[1])
        }
    }

    /// What is erased a day too early was within a day of its end.
    @Test(arguments: StoreKind.allCases)
    func retentionErasesNoMoreThanTheStepIsLong(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let log = try state.store()
        func numbers() throws -> [Int64] {
            try log.hits(of: state.credential.stream, after: 0, limit: 100).hits.map(\.seq)
        }
        func erase() throws { while try log.maintain(now: state.clock.now, retention: 10 * Self.day) {} }
        for message in 1...12 {
            _ = try log.append([.hit(state.request(state.token(UInt64(message))))])
            state.clock.advance(Self.day)
        }
        // The first is twelve days old, the third exactly ten.
        try erase()
        #expect(try numbers() == Array(3...12))
        state.clock.advance(Self.day)
        try erase()
        #expect(try numbers() == Array(4...12))
        state.clock.advance(-2 * Self.day)
        try erase()
        #expect(try numbers() == Array(4...12), "a clock that is behind erases nothing")
        #expect(try log.append([.hit(state.request(state.token(13)))]).last == [state.credential.stream: 13])
        #expect(try numbers() == Array(4...13))
        try log.close()
    }
}
