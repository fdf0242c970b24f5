import Foundation
import Testing
import Tokens

@testable import PixelServer

struct HardeningTests {
    struct Refused: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let request: String
        let status: Int
        var testDescription: String { name }

        static let all: [Refused] = {
            let url = Bundle.module.url(
                forResource: "refused-requests", withExtension: "json", subdirectory: "Fixtures")
            return url.flatMap { try? JSONDecoder().decode([Refused].self, from: Data(contentsOf: $0)) } ?? []
        }()
    }

    @Test func malformedRequestsAreRefusedAndTheConnectionEnds() async throws {
        try #require(Refused.all.count >= 10)
        try await TestServer.run { server in
            for refused in Refused.all {
                let client = try server.client()
                try client.send(refused.request)
                let answer = try client.answer()
                #expect(answer.status == refused.status, "\(refused.name)")
                #expect(answer.field("Connection") == "close", "\(refused.name)")
                #expect(try client.rest().isEmpty, "\(refused.name)")
            }
            let refusals = try server.get("/metrics").text.matches(
                of: /sentmark_requests_refused_total\{reason="[a-z-]+"\} (\d+)/
            ).map { Int($0.1) ?? 0 }
            #expect(refusals.reduce(0, +) == Refused.all.count)
        }
    }

    @Test func oversizeHeadsAreRefused() async throws {
        try await TestServer.run { server in
            let long = String(repeating: "a", count: 1024)
            #expect(try server.get("/i/" + long).status == 414)
            #expect(try server.get("/i/x.gif", ["X-Long: " + String(repeating: "b", count: 8 * 1024)]).status == 431)
            #expect(try server.get("/i/x.gif", (0..<9).map { "X-\($0): \(long)" }).status == 431)
            #expect(try server.get("/i/x.gif", (0..<50).map { "X-\($0): 1" }).status == 431)
            #expect(try server.get("/i/x.gif", (0..<49).map { "X-\($0): 1" }).status == 200)
            // A megabyte that is still being sent does not lose the answer, nor the next client's.
            let client = try server.client()
            try? client.send("GET /" + String(repeating: "c", count: 1 << 20))
            #expect(try client.answer().status == 431)
            #expect(try server.get("/health").status == 200)
        }
    }

    @Test func slowHeadsAreCutOff() async throws {
        try await TestServer.run(configure: { $0.limits.headSeconds = 1 }) { server in
            let silent = try server.client()
            let slow = try server.client()
            try slow.send("GET /i/x.gif HTTP/1.1\r\nHost: a\r\n")
            let used = try server.client()
            try used.send(TestServer.head("/i/x.gif"))
            #expect(try used.answer().status == 200)
            #expect(try silent.rest().isEmpty)
            #expect(try slow.rest().isEmpty)
            #expect(try used.rest().isEmpty)
        }
    }

    /// One network asks too often; others, services and pulls are not disturbed.
    @Test func aFloodIsToldToWait() async throws {
        try await TestServer.run(configure: {
            $0.limits.requestsPerSecond = 0.001
            $0.limits.requestsAtOnce = 5
            $0.limits.serviceFactor = 2
        }) { server in
            let pixel = "/i/\(try server.state.token()).gif"
            func ask(_ path: String, from address: String, times: Int) throws -> [Int] {
                try (0..<times).map { _ in try server.get(path, ["X-Forwarded-For: \(address)"]).status }
            }
            #expect(try ask(pixel, from: "192.0.2.1", times: 7) == [200, 200, 200, 200, 200, 429, 429])
            // All of a network together, whatever the token.
            #expect(try ask("/i/x.gif", from: "192.0.2.200", times: 1) == [429])
            #expect(try ask("/nothing", from: "192.0.2.200", times: 1) == [429])
            #expect(try server.get(pixel, ["X-Forwarded-For: 192.0.2.1"]).field("Retry-After") == "1")
            #expect(try ask(pixel, from: "198.51.100.1", times: 1) == [200])
            #expect(try ask(pixel, from: "2001:db8::1", times: 12).count { $0 == 200 } == 10)
            #expect(try ask(pixel, from: "127.0.0.1", times: 7) == Array(repeating: 200, count: 7))
            for _ in 0..<7 { #expect(try server.pull().hits.count == 5 + 1 + 10 + 7) }
            #expect(try server.get("/metrics").text.contains("sentmark_requests_limited_total 7\n"))
        }
    }

    @Test func aProxyMustSayWhoItIsFor() async throws {
        try await TestServer.run(configure: { $0.clientOrigin = .proxyProtocol }) { server in
            let pixel = TestServer.head("/i/\(try server.state.token()).gif")
            for piece in [1, 7, 1000] {
                let client = try server.client()
                let bytes = Array(("PROXY TCP4 203.0.113.\(piece % 200) 198.51.100.1 1 2\r\n" + pixel).utf8)
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    try client.send(Array(bytes[start..<min(start + piece, bytes.count)]))
                }
                #expect(try client.answer().status == 200)
                // The header is said once; a second one is no request.
                try client.send("PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r\n\r\n")
                #expect(try client.answer().status == 400)
            }
            let without = try server.client()
            try without.send(pixel)
            #expect(try without.rest().isEmpty)
            let client = try server.client()
            try client.send(
                "PROXY UNKNOWN\r\n" + TestServer.head("/v1/hits", [TestServer.authorization(server.state.credential)]))
            #expect(try Set(TestPage(client.answer()).hits.map(\.net)).count == 1)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer.run { server in
            let client = try server.client()
            let count = 300
            let requests = try (1...count).map { try TestServer.head("/i/\(server.state.token(UInt64($0))).gif") }
            try client.send(requests.joined() + TestServer.head("/nowhere", ["Connection: close"]))
            for _ in 1...count { #expect(try client.answer().status == 200) }
            #expect(try client.answer().status == 404)
            #expect(try client.rest().isEmpty)
            let hits = try server.pull("?limit=1000").hits
            let tokens = try (1...count).map { try server.state.token(UInt64($0)).text }
            #expect(hits.map(\.token) == tokens)
        }
    }

    @Test func requestsMayComeInAnyPieces() async throws {
        try await TestServer.run { server in
            let client = try server.client()
            let request = Array(try TestServer.head("/i/\(server.state.token()).gif").utf8)
            for cut in 1..<request.count {
                try client.send(Array(request[..<cut]))
                try client.send(Array(request[cut...]))
                #expect(try client.answer().status == 200)
            }
            try client.send(request)
            client.shutdownOutput()
            #expect(try client.answer().status == 200)
            #expect(try client.rest().isEmpty)
            #expect(try server.pull("?limit=1000").hits.count == request.count)
        }
    }

    @Test func tooManyConnectionsAreClosed() async throws {
        try await TestServer.run(configure: { $0.limits.connections = 16 }) { server in
            let held = try (0..<16).map { _ in try server.client() }
            for client in held {
                try client.send(TestServer.head("/i/x.gif"))
                #expect(try client.answer().status == 200)
            }
            #expect(try server.client().rest().isEmpty)
            try held[0].send(TestServer.head("/health"))
            #expect(try held[0].answer().status == 200)
        }
    }

    @Test(arguments: [
        ("/metrics", [], 200), ("/metrics", ["X-Forwarded-For: 203.0.113.1"], 404),
        ("/metrics", ["X-Forwarded-For: 127.0.0.1"], 404), ("/health", [], 200), ("/", [], 404),
        ("/v1/hits/x", [], 404),
        ("http://px.example.org/health", [], 200), ("/health?x=1", [], 200),
    ])
    func routes(path: String, headers: [String], status: Int) async throws {
        try await TestServer.run { server in
            let answer = try server.get(path, headers)
            #expect(answer.status == status)
        }
    }

    @Test func anAddressThatIsNotOursIsAClearError() async throws {
        let error = await #expect(throws: PixelServerError.self) {
            try await TestServer.run(configure: { $0.host = "192.0.2.1" }) { _ in }
        }
        #expect(error?.code == .listen)
    }
}
