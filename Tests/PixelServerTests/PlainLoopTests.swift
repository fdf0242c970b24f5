import Foundation
import TestSupport
import Testing
import Tokens

@testable import PixelServer

/// Where a connection is served must not show: neither in an answer's bytes nor in what is stored.
struct PlainLoopTests {
    private static let requests: [(path: String, method: String, fields: [String])] = [
        ("", "GET", []), ("", "HEAD", []), ("", "GET", ["Connection: close"]), ("?x=1", "GET", ["DNT: 1"]),
        ("x", "GET", ["User-Agent: Thunderbird/128.0", "X-Forwarded-For: 203.0.113.9"]),
    ]

    /// A head in two pieces is nothing for the loop.
    @Test(arguments: requests.indices)
    func answersAreTheSameBytesOnEitherSide(_ index: Int) async throws {
        let (suffix, method, fields) = Self.requests[index]
        try await TestServer.run { server in
            let head = Array(
                try TestServer.head("/i/\(server.state.token()).gif" + suffix, method: method, fields).utf8)
            let whole = try server.client()
            try whole.send(head)
            let answer = try whole.answer(to: method)
            let pieces = try server.client()
            try pieces.send(Array(head[..<20]))
            // One that comes after it is answered first: what was sent before is not in the same read.
            #expect(try server.get("/i/x.gif").status == 200)
            try pieces.send(Array(head[20...]))
            #expect(try pieces.answer(to: method).bytes == answer.bytes)
            let hits = try server.pull().hits
            try #require(hits.count == 2)
            #expect(hits[0].signals == hits[1].signals && hits[0].net == hits[1].net && hits[0].ua == hits[1].ua)
            #expect(hits[0].method == method)
        }
    }

    @Test func aConnectionIsHandedOnAndKept() async throws {
        try await TestServer.run { server in
            let client = try server.client()
            let pixel = TestServer.head("/i/\(try server.state.token()).gif")
            for _ in 0..<3 {
                try client.send(pixel)
                #expect(try client.answer().status == 200)
            }
            try client.send(TestServer.head("/v1/hits", [TestServer.authorization(server.state.credential)]))
            #expect(try TestPage(client.answer()).hits.count == 3)
            try client.send(pixel)
            #expect(try client.answer().status == 200)
            #expect(try server.pull().hits.count == 4)
        }
    }

    @Test func theLastAnswerEndsTheConnection() async throws {
        try await TestServer.run { server in
            let half = try server.client()
            try half.send(TestServer.head("/i/x.gif"))
            half.shutdownOutput()
            #expect(try half.answer().field("Connection") == "close")
            #expect(try half.rest().isEmpty)
            let old = try server.client()
            try old.send("GET /i/x.gif HTTP/1.0\r\n\r\n")
            #expect(try old.answer().field("Connection") == "close")
            #expect(try old.rest().isEmpty)
        }
    }

    /// Whoever asks before the answer to what was asked first is read gets both.
    @Test func askedAgainBeforeTheAnswer() async throws {
        try await TestServer.run { server in
            let client = try server.client()
            let count = 50
            for number in 1...count {
                try client.send(TestServer.head("/i/\(server.state.token(UInt64(number))).gif"))
            }
            for _ in 1...count { #expect(try client.answer().status == 200) }
            let tokens = try (1...count).map { try server.state.token(UInt64($0)).text }
            #expect(try server.pull("?limit=1000").hits.map(\.token) == tokens)
        }
    }

    @Test func theLimitIsOfAllConnectionsWhereverTheyAre() async throws {
        try await TestServer.run(configure: { $0.limits.connections = 8 }) { server in
            var held = try (0..<8).map { _ in try server.client() }
            for (number, client) in held.enumerated() {
                let path = number % 2 == 0 ? "/i/x.gif" : "/health"
                try client.send(TestServer.head(path))
                #expect(try client.answer().status == 200)
            }
            #expect(try server.client().rest().isEmpty)
            // Each end makes room again: of one that was handed on, and of one that was not.
            for _ in 0..<2 {
                try held[0].send(TestServer.head("/i/x.gif", ["Connection: close"]))
                #expect(try held[0].answer().status == 200)
                #expect(try held[0].rest().isEmpty)
                held.removeFirst()
                try waitUntil { try server.client().answers("/i/x.gif") }
            }
        }
    }

    @Test func aServerThatEndsAnswersWhatItOwes() async throws {
        let state = try TestState()
        defer { state.remove() }
        let client = try await TestServer.run(on: state) { server in
            let used = try server.client()
            try used.send(TestServer.head("/i/\(state.token()).gif"))
            #expect(try used.answer().status == 200)
            return Held(client: used)
        }
        #expect(try client.client.rest().isEmpty)
    }

    private struct Held: @unchecked Sendable {
        // Given from one thread to the next, and used by one at a time.
        let client: TestClient
    }

    private func waitUntil(_ condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try !condition() { try #require(ContinuousClock.now < deadline) }
    }
}

extension TestClient {
    /// Whether it got an answer at all.
    fileprivate func answers(_ path: String) throws -> Bool {
        try? send(TestServer.head(path, ["Connection: close"]))
        return try !rest().isEmpty
    }
}
