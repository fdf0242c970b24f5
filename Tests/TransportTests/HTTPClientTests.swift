import Secrets
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2)))
struct HTTPClientTests {
    static func client(_ server: ScriptedServer) throws -> HTTPClient {
        HTTPClient(HTTPClient.Options(caFile: server.caFile), on: try Harness.poller.get())
    }

    static func url(_ server: ScriptedServer, _ path: String = "/") -> String {
        "\(server.caFile == nil ? "http" : "https")://127.0.0.1:\(server.port)\(path)"
    }

    static func answer(_ head: String, _ body: String = "") -> [ScriptStep] {
        [.expect("^GET "), .headers, .send("\(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }

    static func failure(_ client: HTTPClient, _ request: HTTPRequest) async -> TransportError? {
        do {
            _ = try await client.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func getsAnAnswer(_ security: ScriptedServer.Security) async throws {
        let server = try await ScriptedServer.start(
            security,
            Self.answer("HTTP/1.1 200 OK\r\nX-One:  1 \r\ndate: Mon, 23 Nov 2026 15:04:05 GMT", "hello") + [.end])
        let client = try Self.client(server)
        let response = try await client.send(
            HTTPRequest(
                Self.url(server, "/a?b=c"), headers: [HTTPHeader("Accept", "text/plain")], bearer: Secret("key-1234")))
        #expect(response.status == 200)
        #expect(response.body == Array("hello".utf8))
        #expect(response["x-one"] == "1")
        #expect(response["Date"] == "Mon, 23 Nov 2026 15:04:05 GMT")
        #expect(response["Location"] == nil)
        #expect(response.retryAfter == nil)
        let sent = try await server.received()
        #expect(sent.hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
        #expect(sent.contains("\r\nAccept: text/plain\r\n"))
        #expect(sent.contains("\r\nAuthorization: Bearer key-1234\r\n"))
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func keepsItsConnection(_ security: ScriptedServer.Security) async throws {
        let answers = (0..<5).flatMap { Self.answer("HTTP/1.1 200 OK", "\($0)") }
        let server = try await ScriptedServer.start(security, answers + [.end])
        let client = try Self.client(server)
        for number in 0..<5 {
            let response = try await client.send(HTTPRequest(Self.url(server)))
            #expect(response.body == Array("\(number)".utf8))
        }
        #expect(try await server.connectionCount() == 1)
    }

    @Test func connectsAgainWhenTheServerHasClosed() async throws {
        let server = try await ScriptedServer.start(scripts: [
            Self.answer("HTTP/1.1 200 OK", "1") + [.close()], Self.answer("HTTP/1.1 200 OK", "2") + [.end],
        ])
        let client = try Self.client(server)
        #expect(try await client.send(HTTPRequest(Self.url(server))).body == [UInt8(ascii: "1")])
        try await server.ended()
        #expect(try await client.send(HTTPRequest(Self.url(server))).body == [UInt8(ascii: "2")])
    }

    @Test(
        arguments: [
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere", 302, nil),
            ("HTTP/1.1 503 Busy\r\nRetry-After: 120", 503, Duration.seconds(120)),
            ("HTTP/1.1 429 Slow\r\nretry-after: 999999999", 429, .seconds(86_400)),
            ("HTTP/1.1 503 Busy\r\nRetry-After: soon", 503, nil),
            ("HTTP/1.1 103 Early Hints\r\nRetry-After: 7\r\n\r\nHTTP/1.1 401 No", 401, nil),
        ] as [(String, Int, Duration?)])
    func anyStatusIsAnAnswer(_ head: String, _ status: Int, _ retryAfter: Duration?) async throws {
        let server = try await ScriptedServer.start(Self.answer(head) + [.end])
        let response = try await Self.client(server).send(HTTPRequest(Self.url(server)))
        #expect(response.status == status)
        if status != 401 { #expect(response.retryAfter == retryAfter) }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
    ])
    func bodiesHaveALimit(_ head: String) async throws {
        let server = try await ScriptedServer.start([
            .expect("GET"), .headers, .send(head), .send(String(repeating: "x", count: 100_000)), .end,
        ])
        let failure = await Self.failure(try Self.client(server), HTTPRequest(Self.url(server), bodyLimit: 1000))
        #expect(failure?.detail.contains("more than 1000 bytes") == true)
    }

    @Test(arguments: [
        String(repeating: "X-Many: 1\r\n", count: 101), "X-Long: \(String(repeating: "x", count: 70_000))\r\n",
    ])
    func headersHaveALimit(_ headers: String) async throws {
        let server = try await ScriptedServer.start([
            .expect("GET"), .headers, .send("HTTP/1.1 200 OK\r\n\(headers)Content-Length: 0\r\n\r\n"), .end,
        ])
        #expect(await Self.failure(try Self.client(server), HTTPRequest(Self.url(server))) != nil)
    }

    @Test(arguments: [
        [ScriptStep.close()], [.expect("GET"), .headers, .close()], [.expect("GET"), .headers, .reset],
        [.expect("GET"), .headers, .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), .close()],
    ])
    func halfAnAnswerIsNone(_ script: [ScriptStep]) async throws {
        let server = try await ScriptedServer.start(script)
        let failure = await Self.failure(try Self.client(server), HTTPRequest(Self.url(server)))
        #expect(failure?.kind == .closed)
    }

    @Test func garbageIsNoAnswer() async throws {
        let server = try await ScriptedServer.start([.expect("GET"), .headers, .send("SSH-2.0-OpenSSH_9.2\r\n"), .end])
        #expect(await Self.failure(try Self.client(server), HTTPRequest(Self.url(server))) != nil)
    }

    @Test func waitsNoLongerThanTold() async throws {
        let server = try await ScriptedServer.start([.expect("GET"), .headers, .end])
        let request = HTTPRequest(Self.url(server), timeout: .milliseconds(300))
        #expect(await Self.failure(try Self.client(server), request)?.kind == .timeout)
    }

    @Test func cancelling() async throws {
        let server = try await ScriptedServer.start([.expect("GET"), .headers, .end])
        let client = try Self.client(server)
        let request = HTTPRequest(Self.url(server))
        let waiting = Task { try await client.send(request) }
        try await server.reached(step: 2)
        waiting.cancel()
        let error = await #expect(throws: TransportError.self) { try await waiting.value }
        #expect(error?.kind == .cancelled)
        try await server.ended()
    }

    @Test func refusesUnknownAuthorities() async throws {
        let server = try await ScriptedServer.start(.implicit, Self.answer("HTTP/1.1 200 OK"))
        let client = HTTPClient(on: try Harness.poller.get())
        guard case .tls = await Self.failure(client, HTTPRequest(Self.url(server)))?.kind else {
            Issue.record("accepted")
            return
        }
    }

    @Test(arguments: [
        "http://px.example.org/", "http://127.0.0.1.example.org/", "http://127.0.0.1@evil.example/",
        "http://evil.example\\@127.0.0.1/", "http://[::2]/", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1",
        "https://", "https://user:secret@px.example.org/", "https://px.example.org/ x",
        "https://px.example.org/\r\nX: y",
        "https://px.example.org:0/", "https://px.example.org:99999/",
    ])
    func refusesURLs(_ url: String) {
        let error = #expect(throws: TransportError.self) { try HTTPTarget(HTTPRequest(url)) }
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        HTTPRequest("https://px.example.org", headers: [HTTPHeader("A", "b\r\nC: d")]),
        HTTPRequest("https://px.example.org", headers: [HTTPHeader("A\n", "b")]),
        HTTPRequest("https://px.example.org", bearer: Secret("a\r\nC: d")),
    ])
    func refusesHeadersWithLineEnds(_ request: HTTPRequest) {
        #expect(throws: TransportError.self) { try HTTPTarget(request) }
    }

    @Test(arguments: [
        ("https://px.example.org/v1", true, "px.example.org"), ("http://localhost:8025", false, "localhost:8025"),
        ("http://[::1]:80/x", false, "[::1]:80"), ("HTTPS://px.example.org?x", true, "px.example.org"),
    ])
    func acceptsURLs(_ url: String, _ isTLS: Bool, _ peer: String) throws {
        let target = try HTTPTarget(HTTPRequest(url))
        #expect(target.isTLS == isTLS)
        #expect(target.peer == peer)
    }
}
