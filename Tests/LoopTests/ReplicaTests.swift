import Foundation
import Synchronization
import TestSupport
import Testing

/// Two pixel servers on one database, as programs.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ReplicaTests {
    private struct Pixel: Decodable { let url: String }

    /// The requests, each with a User-Agent of its own, that were answered as stored.
    private final class Answered: Sendable {
        private let agents = Mutex<Set<String>>([])
        private let isOver = Atomic(false)
        var all: Set<String> { agents.withLock { $0 } }
        var mayEnd: Bool { isOver.load(ordering: .relaxed) }
        func end() { isOver.store(true, ordering: .relaxed) }
        func add(_ agent: String) { _ = agents.withLock { $0.insert(agent) } }
    }

    @Test func aServerThatIsKilledLosesNothing() async throws {
        let postgres = try await PrivatePostgres.start()
        let database = try await postgres.database()
        let servers = try (0..<2).map { _ in try Program() }
        for server in servers {
            try server.write(
                "config.toml",
                """
                [server]
                listen = "127.0.0.1:\(server.port)"
                public_url = "\(servers[0].url)"
                store = "\(database.socket)"

                [[source]]
                kind = "sentmark"
                url = "\(servers[0].url)"
                credential_file = "keys/px"
                """)
        }
        // As a newcomer does it.
        let before = try servers[0].command("serve", "--check")
        #expect(before.contains("schema: sentmark will be made in \(database.name) at the first start"))
        try servers[0].command(
            "stream", "add", "test", "--output", servers[0].home.appending(path: "keys/px").path)
        try FileManager.default.copyItem(
            at: servers[0].home.appending(path: "keys/server"), to: servers[1].home.appending(path: "keys/server"))
        #expect(try servers[1].command("stream", "list").contains("test"))
        // More than one, since a token has so many hits a day and no more.
        let paths = try (0..<8).map { _ in
            let made = Data(try servers[0].command("token", "new", "--json").utf8)
            return try JSONDecoder().decode(Pixel.self, from: made).url.dropFirst(servers[0].url.count)
        }

        for server in servers { try await start(server) }
        let answered = Answered()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, server) in servers.enumerated() {
                group.addTask {
                    var number = 0
                    while !answered.mayEnd {
                        number += 1
                        let agent = "reader \(index)-\(number)"
                        let path = paths[number % paths.count]
                        if Self.status(of: String(path), at: server.port, agent: agent) == 200 { answered.add(agent) }
                        await Task.yield()
                    }
                }
            }
            for round in 1...4 {
                while answered.all.count < round * 15 { await Task.yield() }
                servers[round % 2].kill()
                try await start(servers[round % 2])
            }
            answered.end()
            try await group.waitForAll()
        }
        #expect(try servers[1].command("serve", "--check").contains("written by"))
        let tables = try await postgres.sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'sentmark' AND tablename LIKE 'hits%'",
            in: database.name)
        var stored: [String] = []
        for table in tables.compactMap(\.first) {
            stored += try await postgres.sql("SELECT ua FROM sentmark.\(table)", in: database.name).compactMap(\.first)
        }
        #expect(Set(stored).count == stored.count)
        #expect(answered.all.subtracting(stored).isEmpty)
    }

    /// Returns when it stores hits.
    private func start(_ server: Program) async throws {
        try server.start("serve")
        while Self.status(of: "/health", at: server.port, agent: "test") != 200 {
            guard server.isRunning else { throw Program.Failure(description: server.log) }
            await Task.yield()
        }
    }

    /// Of a GET; `nil` if there is no answer. No program is run for it: a server that is started at that moment would hold
    /// the other end of its output.
    private static func status(of path: String, at port: Int, agent: String) -> Int? {
        guard let client = try? TestClient(port: port) else { return nil }
        try? client.send("GET \(path) HTTP/1.1\r\nHost: px\r\nUser-Agent: \(agent)\r\n\r\n")
        return try? client.answer().status
    }
}
