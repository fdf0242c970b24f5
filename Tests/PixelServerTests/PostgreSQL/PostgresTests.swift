import Foundation
import Opens
import Secrets
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import PixelServer

/// What a database is that a shared server of tests has made.
struct PostgresTests {
    @Test func arraysAreSentAsTheyAre() async throws {
        let connection = try await Self.connection(PrivatePostgres.shared().database())
        let texts: [String?] = ["", "a", nil, "\"quoted\", {braced} \\ é", String(repeating: "x", count: 70_000)]
        let integers: [Int64?] = [0, .min, .max, nil, -1]
        for (texts, integers) in [(texts, integers), ([], []), ([nil], [nil])] {
            let rows = try connection.run(
                [
                    PostgresStatement(
                        "SELECT t, i FROM unnest($1::text[], $2::bigint[]) AS g (t, i)",
                        [.texts(texts), .integers(integers)], name: "arrays")
                ], until: .now + .seconds(10))
            #expect(rows.first?.map { $0[0] } == texts)
            #expect(rows.first?.map { $0[1].flatMap(Int64.init) } == integers)
        }
        let row = try connection.run(
            [
                PostgresStatement(
                    "SELECT $1::bigint, $2::text, encode($3::bytea, 'hex'), $4::text",
                    [.integer(-5), .text(""), .bytes([]), .null])
            ], until: .now + .seconds(10)
        )[0][0]
        #expect(row == ["-5", "", "", nil])
    }

    @Test func afterARefusalTheConnectionGoesOn() async throws {
        let connection = try await Self.connection(PrivatePostgres.shared().database())
        let failure = #expect(throws: PostgresFailure.self) {
            try connection.run(
                [
                    PostgresStatement("BEGIN"), PostgresStatement("CREATE TABLE t (x integer)"),
                    PostgresStatement("SELECT 1 / 0"), PostgresStatement("COMMIT"),
                ], until: .now + .seconds(10))
        }
        guard case .refused(let refusal)? = failure else { throw TestClient.Failure(what: "\(failure as Any)") }
        #expect(refusal.state == "22012")
        let rows = try connection.run(
            [PostgresStatement("SELECT to_regclass('t') IS NULL")], until: .now + .seconds(10))
        #expect(rows == [[["t"]]])
    }

    @Test func serversThatStartTogetherMakeOneLog() async throws {
        let database = try await PrivatePostgres.shared().database()
        let identities = try await withThrowingTaskGroup(of: LogIdentity.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await onThread {
                        let log = try PostgresHitLog(server: Self.server(database), random: systemRandomBytes)
                        defer { log.close() }
                        return log.identity
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(identities.count == 4)
        #expect(identities.allSatisfy { $0 == identities[0] })
    }

    @Test func aNewerSchemaIsLeftAlone() async throws {
        let state = try await TestState(.postgres)
        try await PrivatePostgres.shared().sql("UPDATE sentmark.version SET version = 99", in: state.databaseName)
        let error = #expect(throws: PixelServerError.self) { try state.store() }
        #expect(error?.code == .unreadable)
        #expect(try PostgresFacts.find(#require(state.database)).schema == .newer(version: 99))
    }

    /// A batch that is sent twice, as after a connection that was lost with its answer, is stored once.
    @Test func aBatchIsStoredOnce() async throws {
        let state = try await TestState(.postgres)
        let log = try #require(try state.store() as? PostgresHitLog)
        let other = try state.streams.add("b", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        _ = try log.append([.hit(state.request(state.token()))])
        let entries: [LogEntry] = [
            .hit(try state.request(state.token(2))), .forged, .hit(try state.request(state.token(3, of: other))),
            .hit(try state.request(state.token(2))),
        ]
        let connection = try Self.connection(state)
        let batch = PostgresBatch(entries, tallied: [1, 1, 1]) { _ in [1] }
        let month = try #require(batch.month)
        let (writer, until) = (UUID().uuidString, ContinuousClock.now + .seconds(10))
        func send(_ number: Int64) throws -> Appended {
            batch.appended(
                try connection.run(
                    batch.statements(writer: writer, number: number, month: month, allowance: 200), until: until))
        }
        #expect(try log.committed(batch, writer, 1, connection, until: until) == nil)
        let appended = try send(1)
        #expect(appended == Appended(stored: 3, forged: 1, last: [state.credential.stream: 4, other.stream: 3]))
        _ = try log.append([.hit(state.request(state.token(9)))])
        #expect(throws: PostgresFailure.self) { try send(1) }
        #expect(try log.committed(batch, writer, 1, connection, until: until) == appended)
        // One that was given up, and is found by the server when the next has been stored.
        _ = try send(3)
        #expect(throws: PostgresFailure.self) { try send(2) }
        #expect(try log.lastSeq() == 8)
    }

    /// Numbers that are given by a sequence, or by a clock, lose hits here: the commit of the lower number comes later.
    @Test func aReaderNeverSkipsWhatIsCommittedLate() async throws {
        let state = try await TestState(.postgres)
        let logs = try (0..<2).map { _ in try state.store() }
        _ = try logs[0].append([.hit(state.request(state.token(0)))])
        let month = try #require(
            try PostgresBatch([.hit(state.request(state.token()))], tallied: [1]) { _ in [1] }.month)
        try await PrivatePostgres.shared().sql(
            """
            CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON sentmark.hits_\(month) DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION late()
            """, in: state.databaseName)
        let count = 60
        let writers = logs.enumerated().map { index, log in
            Task {
                try await onThread {
                    for message in 1...count {
                        _ = try log.append([.hit(state.request(state.token(UInt64(index * 1000 + message))))])
                    }
                }
            }
        }
        let reader = try state.store()
        var seqs: [Int64] = []
        while seqs.count < 2 * count + 1 {
            seqs += try reader.hits(of: state.credential.stream, after: seqs.last ?? 0, limit: 3).hits.map(\.seq)
        }
        for writer in writers { try await writer.value }
        #expect(seqs == Array(1...Int64(2 * count + 1)))
    }

    @Test func aMonthHasATableAndGoesWithIt() async throws {
        let state = try await TestState(.postgres)
        let logs = try (0..<2).map { _ in try state.store() }
        let stream = state.credential.stream
        for round in 0..<4 {
            // The second server has yet to notice that the first has begun a month.
            for log in logs { _ = try log.append([.hit(state.request(state.token(UInt64(round))))]) }
            state.clock.advance(31 * 86_400)
        }
        #expect(try logs[1].hits(of: stream, after: 1, limit: 4).hits.map(\.seq) == [2, 3, 4, 5])
        #expect(try logs[1].hits(of: stream, after: 1, limit: 4).more)
        #expect(try await tables(of: state) == 4)
        while try logs[0].maintain(now: state.clock.now, retention: 40 * 86_400) { continue }
        #expect(try logs[1].hits(of: stream, after: 0, limit: 9).hits.map(\.seq) == [7, 8])
        #expect(try await tables(of: state) == 1)
        #expect(try logs[1].append([.hit(state.request(state.token(9)))]).last == [stream: 9])
    }

    @Test func whatIsErasedIsGoneFromEveryMonth() async throws {
        let state = try await TestState(.postgres)
        // So few that each request is counted.
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = 9
        let log = try #require(try state.store(options) as? PostgresHitLog)
        let other = try state.streams.add("b", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        for _ in 0..<2 {
            _ = try log.append([
                .hit(state.request(state.token(1))), .hit(state.request(state.token(2))),
                .hit(state.request(state.token(3, of: other))),
            ])
            state.clock.advance(31 * 86_400)
        }
        func seqs(_ owner: StreamCredential) throws -> [Int64] {
            try log.hits(of: owner.stream, after: 0, limit: 9).hits.map(\.seq)
        }
        #expect(try !log.erase([.token(state.token(1))]))
        #expect(try seqs(state.credential) == [2, 5])
        #expect(try !log.erase([.stream(state.credential.stream)]))
        #expect(try seqs(state.credential).isEmpty)
        #expect(try seqs(other) == [3, 6])
        let tallies = try await PrivatePostgres.shared().sql(
            "SELECT DISTINCT token FROM sentmark.tallies", in: state.databaseName)
        #expect(tallies == [[try state.token(3, of: other).text]])
        #expect(try log.append([.hit(state.request(state.token(1)))]).last == [state.credential.stream: 7])
    }

    /// A tenth of the allowance each server counts by itself.
    @Test func serversShareATokensAllowance() async throws {
        let state = try await TestState(.postgres)
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = 40
        let logs = try (0..<2).map { _ in try state.store(options) }
        let hit = LogEntry.hit(try state.request(state.token()))
        func tallies() async throws -> [[String?]] {
            try await PrivatePostgres.shared().sql("SELECT requests FROM sentmark.tallies", in: state.databaseName)
        }
        for log in logs { #expect(try log.append([hit, hit, hit]).stored == 3) }
        #expect(try await tallies() == [])
        #expect(try logs[0].append([hit]).stored == 1)
        #expect(try await tallies() == [["4"]])
        #expect(try logs[1].append([hit, .forged, hit]).stored == 2)
        #expect(try await tallies() == [["9"]])
        let appended = try logs[0].append(Array(repeating: hit, count: 40))
        #expect(appended.stored == 31 && appended.capped == 9)
        #expect(try logs[1].append([hit]).capped == 1)
        // What a restart forgets.
        #expect(try state.store(options).append([hit, hit, hit, hit, hit]).stored == 3)
        #expect(try logs[0].counters() == ["capped": 12, "forged": 1])
    }

    @Test func aHitAtOneServerWakesThoseWhoWaitAtAnother() async throws {
        let state = try await TestState(.postgres)
        try await TestServer.run(on: state) { first in
            let token = try state.token(7)
            let other = try state.store()
            let waiting = try first.client()
            try waiting.send(TestServer.head("/v1/hits?wait=55", [TestServer.authorization(state.credential)]))
            try first.untilPolls(1)
            _ = try other.append([.hit(state.request(token))])
            #expect(try TestPage(waiting.answer()).hits.map(\.token) == [token.text])
        }
    }

    @Test func streamsAreSharedAndRevoked() async throws {
        let state = try await TestState(.postgres)
        try await TestServer.run(on: state) { server in
            let added = try state.streams.add(
                "new", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            try server.until(added, opens: true)
            _ = try server.get("/i/\(state.token(1, of: added)).gif")
            #expect(try server.pull("", added).hits.count == 1)
            try state.streams.revoke("new", now: state.clock.now)
            try server.until(added, opens: false)
            _ = try server.get("/i/\(state.token(1, of: added)).gif")
            let again = try state.streams.add(
                "new", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            try server.until(again, opens: true)
            #expect(try server.pull("", again).hits.count == 1)
            let error = #expect(throws: PixelServerError.self) {
                try state.streams.add("new", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            }
            #expect(error?.code == .stream)
        }
    }

    private func tables(of state: TestState) async throws -> Int {
        try await PrivatePostgres.shared().sql(
            "SELECT 1 FROM pg_tables WHERE schemaname = 'sentmark' AND tablename LIKE 'hits%'", in: state.databaseName
        ).count
    }

    static func server(_ database: PrivatePostgres.Database) -> PostgresServer {
        PostgresServer(url: database.socket, encrypts: false)
    }

    static func connection(_ database: PrivatePostgres.Database) throws -> PostgresConnection {
        try PostgresConnection(
            server(database).parameters, password: nil, until: .now + .seconds(10), isHurried: { false })
    }

    static func connection(_ state: TestState) throws -> PostgresConnection {
        try PostgresConnection(
            #require(state.database).parameters, password: nil, until: .now + .seconds(10), isHurried: { false })
    }
}
