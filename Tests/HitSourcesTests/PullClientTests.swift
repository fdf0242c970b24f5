import Foundation
import Secrets
import TestSupport
import Testing
import Transport

@testable import HitSources

/// Over real HTTP to a scripted server.
@Suite(.timeLimit(.minutes(2)))
struct PullClientTests {
    static let poller = Result { () throws(TransportError) in try Poller() }

    static func client(_ server: ScriptedServer, path: String = "") throws -> PullClient {
        let url = "\(server.caFile == nil ? "http" : "https")://127.0.0.1:\(server.port)\(path)"
        let http = HTTPClient(HTTPClient.Options(caFile: server.caFile), on: try poller.get())
        return PullClient(url: url, bearer: Secret("smp1_key"), http: http)
    }

    static func answer(_ status: String, _ body: [UInt8], headers: String = "", cut: Int? = nil) -> [ScriptStep] {
        let head = "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.count)\r\n\r\n"
        return [.expect("^GET "), .headers, .send(Array(head.utf8) + body, cut: cut)]
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func pullsPageAfterPage(_ security: ScriptedServer.Security) async throws {
        let first = PullAnswerTests.page(
            "\(PullAnswerTests.hit(1)),\(PullAnswerTests.hit(5))", cursor: "a+/=&", more: true)
        let second = PullAnswerTests.page(PullAnswerTests.hit(6), cursor: "b")
        let server = try await ScriptedServer.start(
            security, Self.answer("200 OK", first) + Self.answer("200 OK", second, cut: 7) + [.end])
        let client = try Self.client(server, path: "/")
        let one = try await client.pull(after: nil, log: nil, limit: 5000)
        #expect(one.hits.map(\.seq) == [1, 5])
        #expect(one.more)
        let two = try await client.pull(after: one.cursor, log: one.log, limit: 10, wait: 55)
        #expect(two.hits.map(\.seq) == [6])
        #expect(!two.more)
        let sent = try await server.received()
        #expect(sent.contains("GET /v1/hits?limit=1000&wait=0 HTTP/1.1\r\n"))
        #expect(sent.contains("GET /v1/hits?limit=10&wait=55&after=a%2B%2F%3D%26 HTTP/1.1\r\n"))
        #expect(sent.contains("Authorization: Bearer smp1_key\r\n"))
    }

    @Test func waitsForAHit() async throws {
        let server = try await ScriptedServer.start(
            [.expect("wait=30"), .headers, .pass("hit"), .send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")]
                + [.send(PullAnswerTests.page(PullAnswerTests.hit(1))), .close()])
        let client = try Self.client(server)
        let waiting = Task { try await client.pull(after: nil, log: nil, wait: 30) }
        try await server.reached(step: 2)
        try await server.open("hit")
        #expect(try await waiting.value.hits.count == 1)
    }

    @Test(arguments: [
        ("401 Unauthorized", PullError.unauthorised), ("410 Gone", .otherLog),
        ("503 Busy", .busy(status: 503, after: .seconds(7))),
    ])
    func refusalsAreTold(_ status: String, _ expected: PullError) async throws {
        let server = try await ScriptedServer.start(Self.answer(status, [], headers: "Retry-After: 7\r\n") + [.end])
        let client = try Self.client(server)
        await #expect(throws: expected) { try await client.pull(after: "a", log: PullAnswerTests.log) }
    }

    @Test func aServerThatIsAwayIsAwayForNow() async throws {
        let http = HTTPClient(on: try Self.poller.get())
        let client = PullClient(url: "http://127.0.0.1:1", bearer: Secret("smp1_key"), http: http)
        let error = await #expect(throws: PullError.self) { try await client.pull(after: nil, log: nil) }
        #expect(error?.remedy == .retryLater(after: nil))
    }

    @Test func aCredentialDoesNotLeaveInClear() async throws {
        let http = HTTPClient(on: try Self.poller.get())
        let client = PullClient(url: "http://px.example.org", bearer: Secret("smp1_key"), http: http)
        let error = await #expect(throws: PullError.self) { try await client.pull(after: nil, log: nil) }
        guard case .needsUser = error?.remedy else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        ("Date: Mon, 23 Nov 2020 15:04:05 GMT\r\n", true), ("Date: Fri, 23 Nov 2096 15:04:05 GMT\r\n", false),
    ])
    func healthComparesClocks(_ header: String, _ isBehind: Bool) async throws {
        let server = try await ScriptedServer.start(
            Self.answer("200 OK", PullAnswerTests.page(""), headers: header) + [.end])
        let health = try await Self.client(server).health()
        #expect(health.log == PullAnswerTests.log)
        let difference = try #require(health.clockDifference)
        #expect(isBehind ? difference < .seconds(-86_400) : difference > .seconds(86_400))
    }

    @Test(arguments: ["", "Date: today\r\n"])
    func healthDoesWithoutADate(_ header: String) async throws {
        let server = try await ScriptedServer.start(
            Self.answer("200 OK", PullAnswerTests.page(""), headers: header) + [.end])
        #expect(try await Self.client(server).health().clockDifference == nil)
    }
}
