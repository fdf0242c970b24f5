import Foundation
import GRDB
import Opens
import TestSupport
import Testing
import Tokens

@testable import PixelServer

struct HitLogTests {
    @Test func secondWriterIsRefused() throws {
        let state = try TestState()
        defer { state.remove() }
        let log = try state.log()
        let error = #expect(throws: PixelServerError.self) { try state.log() }
        #expect(error?.code == .locked)
        try log.close()
    }

    @Test func everyCommitIsSynced() throws {
        let state = try TestState()
        defer { state.remove() }
        try state.log().close()
        let url = state.directory.appendingPathComponent("hits.db")
        let pool = try DatabasePool(path: url.path)
        // A pool as GRDB opens it is not good enough, and we notice.
        let error = #expect(throws: PixelServerError.self) { try pool.write { try HitLog.assertDurable($0, url) } }
        #expect(error?.code == .durability)
    }

    @Test(arguments: StoreKind.allCases)
    func identityAndNumbersSurviveRestart(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let request = try state.request(state.token())
        func run() throws -> (LogIdentity, [StreamID: Int64]) {
            let log = try state.store()
            defer { try? log.close() }
            return (log.identity, try log.append([.hit(request), .forged, .hit(request)]).last)
        }
        let (first, second) = (try run(), try run())
        #expect(first.0 == second.0)
        #expect(first.1 == [state.credential.stream: 2])
        #expect(second.1 == [state.credential.stream: 4])
    }

    @Test func aClosedLogIsOneFile() throws {
        let state = try TestState()
        defer { state.remove() }
        let log = try state.log()
        _ = try log.append([.hit(state.request(state.token()))])
        _ = try log.hits(of: state.credential.stream, after: 0, limit: 1)
        try log.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: state.directory.path)
        #expect(Set(names) == ["hits.db", "hits.db.lock", "streams.json", "streams.json.lock"])
    }

    @Test(arguments: StoreKind.allCases)
    func numbersAreNeverGivenTwice(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let log = try state.store()
        let stream = state.credential.stream
        let token = try state.token()
        for _ in 1...3 { _ = try log.append([.hit(state.request(token))]) }
        state.clock.advance(10 * 86_400)
        #expect(try !log.maintain(now: state.clock.now, retention: 86_400))
        #expect(try log.hits(of: stream, after: 0, limit: 10).hits.isEmpty)
        #expect(try log.append([.hit(state.request(token))]).last == [stream: 4])
    }

    @Test func nothingOfADeletedHitRemains() throws {
        let state = try TestState()
        defer { state.remove() }
        let log = try state.log()
        let token = try state.token(0xfeed_beef)
        _ = try log.append([.hit(state.request(token)), .hit(state.request(state.token(2)))])
        state.clock.advance(10 * 86_400)
        #expect(try !log.maintain(now: state.clock.now, retention: 86_400))
        for name in ["hits.db", "hits.db-wal"] {
            let bytes = try Data(contentsOf: state.directory.appendingPathComponent(name))
            #expect(bytes.firstRange(of: Data(token.text.utf8)) == nil, "\(name)")
        }
    }

    /// The clock is set into an hour whose hits are gone already: they go again.
    @Test func retentionFindsHitsOfAnHourThatCameTwice() throws {
        let state = try TestState()
        defer { state.remove() }
        let log = try state.log()
        let stream = state.credential.stream
        func numbers() throws -> [Int64] { try log.hits(of: stream, after: 0, limit: 100).hits.map(\.seq) }
        for back in [10.0, 10, 0] {
            _ = try log.append([.hit(state.request(state.token())), .hit(state.request(state.token(2)))])
            state.clock.advance(back * 86_400)
            while try log.maintain(now: state.clock.now, retention: 5 * 86_400) { continue }
            state.clock.advance(-back * 86_400)
        }
        #expect(try numbers() == [5, 6])
        // Some of an hour are older, some are not.
        state.clock.advance(1800)
        _ = try log.append([.hit(state.request(state.token(3)))])
        while try log.maintain(now: state.clock.now, retention: 900) { continue }
        #expect(try numbers() == [7])
    }

    /// More hits than a statement takes, of two streams, in two hours.
    @Test func aBatchKeepsItsOrder() throws {
        let state = try TestState()
        defer { state.remove() }
        let other = try state.streams.add(
            "other", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        let log = try state.log()
        let owners = (0..<39).map { $0 % 3 == 0 ? other : state.credential }
        var batch: [LogEntry] = []
        var tokens: [StreamID: [String]] = [:]
        for (number, owner) in owners.enumerated() {
            let token = try state.token(UInt64(number), of: owner)
            batch.append(.hit(try state.request(token)))
            if number % 5 == 0 { batch.append(.forged) }
            if number == 20 { state.clock.advance(3600) }
            tokens[owner.stream, default: []].append(token.text)
        }
        let appended = try log.append(batch)
        #expect(appended.stored == 39 && appended.forged == 8)
        #expect(appended.last == [other.stream: 37, state.credential.stream: 39])
        for owner in [other, state.credential] {
            let hits = try log.hits(of: owner.stream, after: 0, limit: 100).hits
            #expect(hits.map(\.token) == tokens[owner.stream])
            #expect(hits.map(\.seq) == (1...39).filter { owners[Int($0) - 1].stream == owner.stream })
        }
        state.clock.advance(1800)
        while try log.maintain(now: state.clock.now, retention: 3600) { continue }
        #expect(try log.hits(of: other.stream, after: 0, limit: 1).hits.first?.seq == 22)
    }

    /// A log of the version before, whose hits have an index of their times.
    @Test func aLogOfTheVersionBeforeIsTakenOver() throws {
        let state = try TestState()
        defer { state.remove() }
        let url = state.directory.appendingPathComponent("hits.db")
        let before = try DatabasePool(path: url.path)
        try HitLogSchema.migrator.migrate(before, upTo: "1")
        let times = [0, 40, 41, 7200, 20].map { state.clock.now.milliseconds + $0 * 1000 }
        try before.write { db in
            for (number, at) in times.enumerated() {
                try db.execute(
                    sql: "INSERT INTO hits (at, stream, token, self_net) VALUES (?, ?, ?, 0)",
                    arguments: [
                        at, state.credential.stream.rawValue, state.token(UInt64(number), level: .minimal).text,
                    ])
            }
        }
        try before.close()
        let log = try state.log()
        let stream = state.credential.stream
        #expect(try log.hits(of: stream, after: 0, limit: 9).hits.map(\.at.milliseconds) == times)
        #expect(try log.append([.hit(state.request(state.token(9)))]).last == [stream: 6])
        state.clock.advance(3600 + 30)
        while try log.maintain(now: state.clock.now, retention: 3600) { continue }
        #expect(try log.hits(of: stream, after: 0, limit: 9).hits.map(\.seq) == [2, 3, 4])
    }

    @Test(arguments: StoreKind.allCases)
    func networkHashChangesWithTheDay(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let log = try state.store()
        let token = try state.token()
        for network in ["192.0.2.0/24", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/48"] {
            _ = try log.append([.hit(state.request(token, from: network))])
        }
        state.clock.advance(86_400)
        _ = try log.append([.hit(state.request(token))])
        let nets = try log.hits(of: state.credential.stream, after: 0, limit: 10).hits.map(\.net)
        try #require(nets.count == 5)
        #expect(nets[0] == nets[1])
        #expect(Set(nets).count == 4)
        #expect(nets.allSatisfy { $0?.count == 16 })
        state.clock.advance(86_400)
        #expect(try !log.maintain(now: state.clock.now, retention: 365 * 86_400))
        #expect(try await networkKeyDays(of: state) == [state.clock.now.day - 1])
    }

    @Test(arguments: PrivacyLevel.allCases, StoreKind.allCases)
    func levelDecidesWhatIsKept(level: PrivacyLevel, _ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let log = try state.store()
        let token = try state.token(level: level)
        _ = try log.append([.hit(state.request(token))])
        let hit = try #require(try log.hits(of: state.credential.stream, after: 0, limit: 1).hits.first)
        let minimal = Hit(
            seq: 1, at: Date(milliseconds: state.clock.now.milliseconds), token: token.text, method: nil,
            netclass: NetworkClass(rawValue: "residential"), family: ClientFamily(rawValue: "thunderbird"))
        var full = minimal
        full.method = "GET"
        full.net = hit.net
        full.asn = 64_496
        full.selfNet = true
        full.ua = "Agent?[31m/1?? ??"
        full.signals = [.acceptLanguage]
        #expect(hit == (level == .minimal ? minimal : full))
        #expect((hit.net == nil) == (level == .minimal))
    }

    @Test(arguments: StoreKind.allCases)
    func hitsBeyondTheDaysAllowanceAreCounted(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = 3
        let log = try state.store(options)
        let hit = LogEntry.hit(try state.request(state.token()))
        let appended = try log.append([hit, hit, .forged, hit, hit, hit])
        #expect(appended == Appended(stored: 3, capped: 2, forged: 1, last: [state.credential.stream: 3]))
        #expect(try log.append([.hit(state.request(state.token(2)))]).stored == 1)
        state.clock.advance(86_400)
        #expect(try log.append([.hit(state.request(state.token()))]).stored == 1)
        #expect(try log.counters() == ["capped": 2, "forged": 1])
    }

    @Test func aFullLogStoresNothingOfTheBatch() throws {
        let state = try TestState()
        defer { state.remove() }
        try state.log().close()
        var options = HitLog.Options()
        options.maximumBytes = 14 * 4096
        let log = try state.log(options)
        var error: PixelServerError?
        var stored: Int64 = 0
        for message in 1...10_000 where error == nil {
            do throws(PixelServerError) {
                let token = try? state.token(UInt64(message))
                guard let token, let request = try? state.request(token) else { continue }
                stored = try log.append([.hit(request), .hit(request)]).last[state.credential.stream] ?? 0
            } catch let failure { error = failure }
        }
        #expect(error?.code == .full)
        #expect(try log.lastSeq() == stored)
    }

    @Test(arguments: StoreKind.allCases)
    func streamsAreSeparateAndPagesAreWhole(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let other = try state.streams.add(
            "other", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        let log = try state.store()
        for message in 1...6 {
            let owner = message % 2 == 0 ? other : state.credential
            _ = try log.append([.hit(state.request(state.token(UInt64(message), of: owner)))])
        }
        let first = try log.hits(of: other.stream, after: 0, limit: 2)
        #expect(first.hits.map(\.seq) == [2, 4])
        #expect(first.more)
        let rest = try log.hits(of: other.stream, after: 4, limit: 2)
        #expect(rest.hits.map(\.seq) == [6])
        #expect(!rest.more)
    }

    private func networkKeyDays(of state: TestState) async throws -> [Int64] {
        guard state.database == nil else {
            let server = try await PrivatePostgres.shared()
            return try await server.sql("SELECT day FROM sentmark.network_keys", in: state.databaseName)
                .compactMap { $0.first.flatMap(Int64.init) }
        }
        let url = state.directory.appendingPathComponent("hits.db")
        return try await DatabaseQueue(path: url.path).read {
            try Int64.fetchAll($0, sql: "SELECT day FROM network_keys")
        }
    }
}
