import Foundation
import Opens
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import PixelServer

/// What is done to a server of PostgreSQL that a test has for itself.
@Suite(.serialized) struct PostgresTroubleTests {
    /// The tokens whose requests were answered as stored.
    private final class Answered: Sendable {
        private let tokens = Mutex<Set<String>>([])
        private let isOver = Atomic(false)
        var count: Int { tokens.withLock { $0.count } }
        var all: Set<String> { tokens.withLock { $0 } }
        var mayEnd: Bool { isOver.load(ordering: .relaxed) }
        func end() { isOver.store(true, ordering: .relaxed) }
        func add(_ token: Token) { _ = tokens.withLock { $0.insert(token.text) } }
    }

    /// Clients of that server ask for pixels, each for another token every time, until it is over.
    private func load(_ server: TestServer, _ place: UInt64, clients: UInt64, _ answered: Answered) -> [Task<
        Void, any Error
    >] {
        (0..<clients).map { number in
            Task {
                try await onThread {
                    var message = place << 40 | number << 32
                    let client = try server.client()
                    while !answered.mayEnd {
                        message += 1
                        let token = try server.state.token(message)
                        try client.send(TestServer.head("/i/\(token).gif"))
                        if try client.answer().status == 200 { answered.add(token) }
                    }
                }
            }
        }
    }

    /// Waits until a server that has lost its database stores and gives out hits again: however often it is asked.
    private func untilItIsBack(_ server: TestServer) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        let head = TestServer.authorization(server.state.credential)
        for (path, fields) in [("/health", []), ("/v1/hits", [head])] {
            while try server.get(path, fields).status != 200 {
                try #require(ContinuousClock.now < deadline, "\(path) says for a minute that there is no database")
            }
        }
    }

    /// All hits, by single pages, in the order in which they come.
    private func all(_ server: TestServer) throws -> [Hit] {
        try untilItIsBack(server)
        var hits: [Hit] = []
        var page = try server.pull("?limit=1000")
        hits += page.hits
        while page.more {
            page = try server.pull("?limit=1000&after=\(page.cursor)")
            hits += page.hits
        }
        return hits
    }

    /// Two servers on one database, whose connections are cut, and which is killed: what was answered as stored is there,
    /// once, and nothing else twice.
    @Test func killsLoseAndDoubleNothing() async throws {
        let postgres = try await PrivatePostgres.start()
        let state = try TestState(await postgres.database())
        defer { state.remove() }
        let answered = Answered()
        let hits = try await TestServer.runAsync(on: state) { first in
            try await TestServer.runAsync(on: state) { second in
                let tasks =
                    load(first, 1, clients: 4, answered) + load(second, 2, clients: 4, answered)
                func until(_ count: Int) async { while answered.count < count { await Task.yield() } }
                for _ in 0..<10 {
                    await until(answered.count + 50)
                    try await postgres.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sentmark'")
                }
                for _ in 0..<2 {
                    await until(answered.count + 50)
                    try await postgres.kill()
                    try await postgres.start()
                }
                await until(answered.count + 50)
                answered.end()
                for task in tasks { try await task.value }
                return try await onThread { try all(second) }
            }
        }
        let tokens = hits.map(\.token)
        #expect(Set(tokens).count == tokens.count)
        #expect(answered.all.subtracting(tokens).isEmpty)
        #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.seq < $1.seq })
    }

    @Test func withoutItsDatabaseAServerSaysSo() async throws {
        let postgres = try await PrivatePostgres.start()
        let state = try TestState(await postgres.database())
        defer { state.remove() }
        try await TestServer.runAsync(on: state) { server in
            let pixel = try "/i/\(state.token()).gif"
            #expect(try await onThread { try server.get(pixel).status } == 200)
            try await postgres.stop()
            try await onThread { () throws in
                // Good and bad alike.
                #expect(Set(try [pixel, "/i/x.gif"].map { try server.get($0).bytes }).count == 1)
                #expect(try server.get(pixel).status == 503)
                #expect(try server.get("/health").status == 503)
                #expect(try server.get("/v1/hits", [TestServer.authorization(state.credential)]).status == 503)
            }
            try await postgres.start()
            try await onThread {
                try untilItIsBack(server)
                #expect(try server.get(pixel).status == 200)
                #expect(try server.pull().hits.count >= 2)
            }
        }
        try await postgres.stop()
        let error = #expect(throws: PixelServerError.self) { try state.store() }
        #expect(error?.code == .unreachable)
    }

    /// A writer that has begun and does not end holds up all others, for whom there is an answer all the same.
    @Test func behindALockNobodyWaitsForLong() async throws {
        let state = try await TestState(.postgres)
        defer { state.remove() }
        try await TestServer.run(on: state) { server in
            let pixel = try "/i/\(state.token()).gif"
            let holder = try PostgresTests.connection(state)
            _ = try holder.run(
                [PostgresStatement("BEGIN"), PostgresStatement("UPDATE sentmark.log SET forged = 0 WHERE id = 1")],
                until: .now + .seconds(10))
            #expect(Set(try [pixel, "/i/x.gif"].map { try server.get($0).bytes }).count == 1)
            #expect(try server.get(pixel).status == 503)
            #expect(!(try server.get("/metrics").text).contains("sentmark_hits_overload_total 0\n"))
            _ = try holder.run([PostgresStatement("ROLLBACK")], until: .now + .seconds(10))
            try untilItIsBack(server)
            #expect(try server.get(pixel).status == 200)
        }
    }

    /// An older copy of the disk under a server that runs; and one that was recovered, found by a server that knows of
    /// nothing, with more hits in it by then than the cursor has seen.
    @Test(arguments: [false, true])
    func anOlderCopyShowsItself(recovering: Bool) async throws {
        let postgres = try await PrivatePostgres.start()
        let state = try TestState(await postgres.database())
        defer { state.remove() }
        let pixel = try "/i/\(state.token()).gif"
        let head = TestServer.authorization(state.credential)
        let (log, cursor) = try await TestServer.runAsync(on: state) { server in
            _ = try await onThread { try server.get(pixel) }
            try await postgres.copy()
            let page = try await onThread {
                try untilItIsBack(server)
                #expect(try server.get(pixel).status == 200)
                return try server.pull()
            }
            #expect(page.hits.count == 2)
            if !recovering {
                try await postgres.back(recovering: false)
                try await onThread {
                    try untilItIsBack(server)
                    #expect(try server.get("/v1/hits?after=\(page.cursor)", [head]).status == 410)
                    #expect(try server.pull().log != page.log)
                }
            }
            return (page.log, page.cursor)
        }
        guard recovering else { return }
        try await postgres.back(recovering: true)
        try await TestServer.run(on: state) { server in
            for _ in 0..<3 { #expect(try server.get(pixel).status == 200) }
            #expect(try server.get("/v1/hits?after=\(cursor)", [head]).status == 410)
            let page = try server.pull()
            #expect(page.log != log)
            #expect(page.hits.map(\.seq) == [1, 2, 3, 4])
        }
    }

    @Test func aServerThatDoesNotSyncIsRefused() async throws {
        let postgres = try await PrivatePostgres.start()
        let state = try TestState(await postgres.database())
        defer { state.remove() }
        try await postgres.sql("ALTER DATABASE \(state.databaseName) SET synchronous_commit = off")
        let log = try #require(try state.store() as? PostgresHitLog)
        #expect(
            try log.read { (connection, until) throws(PostgresFailure) in
                try connection.run([PostgresStatement("SHOW synchronous_commit")], until: until)
            } == [[["on"]]])
        log.close()
        try await postgres.sql("ALTER SYSTEM SET fsync = off")
        try await postgres.sql("SELECT pg_reload_conf()")
        var code: PixelServerError.Code?
        while code == nil {
            do throws(PixelServerError) { try state.store().close() } catch { code = error.code }
        }
        #expect(code == .durability)
    }
}
