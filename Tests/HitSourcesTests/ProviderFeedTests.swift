import Foundation
import Opens
import Secrets
import Synchronization
import TestSupport
import Testing
import Transport

@testable import HitSources

/// Over real HTTP to a server that plays what the providers document.
@Suite(.timeLimit(.minutes(2)))
struct ProviderFeedTests {
    private static let now = Date(timeIntervalSince1970: 1_795_692_000)
    private static let json = "Content-Type: application/json\r\n"

    private static func feed(
        _ server: ScriptedServer, now: Date = now, key: String = "key-1",
        pause: @escaping @Sendable (Duration) async -> Void = { _ in }, _ api: (String) -> any ProviderAPI
    ) throws -> ProviderFeed {
        let http = HTTPClient(on: try PullClientTests.poller.get())
        return ProviderFeed(
            api("http://127.0.0.1:\(server.port)"), http: http, isMinimal: false, now: { now }, pause: pause
        ) { () throws(PullError) in Secret(key) }
    }

    private static func answer(_ expected: String, _ status: String, _ body: [UInt8], headers: String = "")
        -> [ScriptStep]
    {
        let head = "HTTP/1.1 \(status)\r\n\(json)\(headers)Content-Length: \(body.count)\r\n\r\n"
        return [.expect(expected), .headers, .send(Array(head.utf8) + body, cut: 100)]
    }

    /// The body of a request is on one line, and as long as its JSON.
    private static func answerPost(_ length: Int, _ body: [UInt8]) -> [ScriptStep] {
        let head = "HTTP/1.1 200 OK\r\n\(json)Content-Length: \(body.count)\r\n\r\n"
        return [.expect("^POST /v1/analytics/logs "), .headers, .read(length), .send(Array(head.utf8) + body)]
    }

    private static func mailgun(_ url: String) -> any ProviderAPI { MailgunLogs(url: url, domain: "mg.example.org") }

    private static func length(from: Date, page: String?) -> Int {
        mailgun("").request(from: from, until: now, page: page).body?.utf8.count ?? 0
    }

    @Test func readsTheLogsOfMailgunPageByPage() async throws {
        let first = try ProviderAnswerTests.fixture("mailgun-logs")
        let last = Array(#"{"items":[],"pagination":{"next":"bGFzdA=="}}"#.utf8)
        let from = Self.now - 30 * 86_400
        let overlap = try #require(Timestamp.parse("2026-11-26T10:32:00.000Z")) - ProviderPlace.overlap
        let server = try await ScriptedServer.start(
            Self.answerPost(Self.length(from: from, page: nil), first)
                + Self.answerPost(Self.length(from: from, page: "bmV4dA=="), last)
                + Self.answerPost(Self.length(from: overlap, page: nil), first)
                + Self.answerPost(Self.length(from: overlap, page: "bmV4dA=="), last) + [.end])
        let feed = try Self.feed(server, Self.mailgun)
        let one = try await feed.pull(after: nil, log: nil, limit: 500, wait: 0)
        #expect(one.hits.count == 2 && one.more && one.log == "Mailgun")
        let two = try await feed.pull(after: one.cursor, log: one.log, limit: 500, wait: 50)
        #expect(two.hits.isEmpty && !two.more)
        // Round again: what comes twice has the same numbers.
        let again = try await feed.pull(after: two.cursor, log: two.log, limit: 500, wait: 0)
        #expect(again.hits == one.hits)
        #expect(try await !feed.pull(after: again.cursor, log: again.log, limit: 500, wait: 0).more)
        let sent = try await server.received()
        #expect(sent.contains("Authorization: Basic YXBpOmtleS0x\r\n"))
        #expect(sent.contains(#""start":"Tue, 27 Oct 2026 11:20:00 +0000""#))
        #expect(sent.contains(#""start":"Thu, 26 Nov 2026 10:02:00 +0000""#))
        #expect(sent.contains(#""token":"bmV4dA==""#) && sent.contains(#""value":"mg.example.org""#))
        #expect(try await server.failure() == nil)
    }

    /// A page that fails is asked for again: nothing of it is taken, and the cursor stands where it stood.
    @Test func goesOnInTheMiddleAfterARestart() async throws {
        let page = { (id: String, second: Int) in
            Array(
                #"{"items":[{"id":"\#(id)","timestamp":17956890\#(second),"recipient":"a@b","#
                    .utf8)
                + Array(
                    #""message":{"headers":{"message-id":"\#(id)@x"}}}],"paging":{"next":"/v3/d/events/\#(id)"}}"#.utf8)
        }
        let first = "^GET /v3/d/events\\?event=opened&begin=1793100000&ascending=yes&limit=300 "
        let scripts: [[ScriptStep]] = [
            Self.answer(first, "200 OK", page("one", 10))
                + Self.answer("^GET /v3/d/events/one ", "200 OK", Array(page("two", 20).dropLast())) + [.close()],
            Self.answer("^GET /v3/d/events/one ", "200 OK", page("two", 20))
                + Self.answer(
                    "^GET /v3/d/events/two ", "200 OK", Array(#"{"items":[],"paging":{"next":"/v3/d/x"}}"#.utf8))
                + [.end],
        ]
        let server = try await ScriptedServer.start(scripts: scripts)
        let api = { (url: String) -> any ProviderAPI in MailgunEvents(url: url, domain: "d") }
        let before = try Self.feed(server, api)
        let one = try await before.pull(after: nil, log: nil, limit: 500, wait: 0)
        let error = await #expect(throws: PullError.self) {
            try await before.pull(after: one.cursor, log: one.log, limit: 500, wait: 0)
        }
        guard case .unexpected = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let after = try Self.feed(server, api)
        let two = try await after.pull(after: one.cursor, log: one.log, limit: 500, wait: 0)
        #expect(one.hits.map(\.token) == ["mid:one@x a@b"] && two.hits.map(\.token) == ["mid:two@x a@b"])
        #expect(try await !after.pull(after: two.cursor, log: two.log, limit: 500, wait: 0).more)
    }

    /// Postmark calls mail by names of its own; what it is called otherwise is asked for once.
    @Test func asksPostmarkWhatAMailIsCalled() async throws {
        let opens = try ProviderAnswerTests.fixture("postmark")
        let details = try ProviderAnswerTests.fixture("postmark-details")
        let server = try await ScriptedServer.start(
            Self.answer("^GET /messages/outbound/opens\\?count=100&offset=0 ", "200 OK", opens)
                + Self.answer(
                    "^GET /messages/outbound/927e56d4-dc66-4070-bbf0-1db76c2ae14b/details ", "200 OK", details)
                + Self.answer(
                    "^GET /messages/outbound/b7bc2f4a-e38e-4336-af7d-e6c392c2f817/details ", "422 Unprocessable",
                    Array(#"{"ErrorCode":701}"#.utf8))
                + Self.answer("^GET /messages/outbound/opens\\?count=100&offset=0 ", "200 OK", opens) + [.end])
        let feed = try Self.feed(server) { Postmark(url: $0) }
        let one = try await feed.pull(after: nil, log: nil, limit: 500, wait: 0)
        #expect(
            one.hits.map(\.token) == [
                "mid:b7bc2f4a-e38e-4336-af7d-e6c392c2f817@mtasv.net ben@far.example",
                "mid:offer.1@example.org ann@far.example",
            ])
        #expect(!one.more)
        let two = try await feed.pull(after: one.cursor, log: one.log, limit: 500, wait: 0)
        // The other one is more than half an hour before it, and is not read again.
        #expect(two.hits == Array(one.hits.suffix(1)))
        #expect(try await server.received().contains("X-Postmark-Server-Token: key-1\r\n"))
        #expect(try await server.failure() == nil)
    }

    @Test func stopsWherePostmarkDoes() throws {
        let api = Postmark(url: "https://api.postmarkapp.com")
        let answer = try ProviderAnswerTests.answer(Array("{}".utf8))
        #expect(try api.next(after: answer, count: 100, page: nil) == "100")
        #expect(try api.next(after: answer, count: 99, page: "100") == nil)
        #expect(try api.next(after: answer, count: 100, page: "9900") == nil)
        let last = api.request(from: Self.now, until: Self.now, page: "9950").url
        #expect(last.hasSuffix("count=50&offset=9950"))
    }

    @Test func readsSparkPostAndItsLinks() async throws {
        let whole = try ProviderAnswerTests.fixture("sparkpost")
        let first =
            "^GET /api/v1/events/message\\?events=open,initial_open&from=2026-11-16T11:20:00Z&per_page=1000&cursor=initial "
        let second = "^GET /api/v1/events/message\\?cursor=WycyMDE3&per_page=1000 "
        let server = try await ScriptedServer.start(
            Self.answer(first, "200 OK", whole)
                + Self.answer(second, "200 OK", Array(#"{"results":[],"total_count":3,"links":{}}"#.utf8)) + [.end])
        let feed = try Self.feed(server) { SparkPost(url: $0) }
        let one = try await feed.pull(after: nil, log: nil, limit: 500, wait: 0)
        #expect(one.hits.count == 2 && one.more)
        #expect(try await !feed.pull(after: one.cursor, log: one.log, limit: 500, wait: 0).more)
        #expect(try await server.received().contains("Authorization: key-1\r\n"))
        #expect(try await server.failure() == nil)
    }

    @Test func readsAnyListOfJSON() async throws {
        let whole = try ProviderAnswerTests.fixture("json")
        let server = try await ScriptedServer.start(
            Self.answer("^GET /list\\?kind=open&since=1793100000000 ", "200 OK", whole)
                + Self.answer(
                    "^GET /list\\?kind=open&since=1793100000000&page=b%2F2 ", "200 OK",
                    Array(#"{"data":{"opens":[]}}"#.utf8))
                + [.end])
        let feed = try Self.feed(server, key: "Token a b") { ProviderAnswerTests.json($0 + "/list?kind=open") }
        let one = try await feed.pull(after: nil, log: nil, limit: 500, wait: 0)
        #expect(one.hits.map(\.signals).last?.contains(.reportedMachine) == false && one.more)
        #expect(try await !feed.pull(after: one.cursor, log: one.log, limit: 500, wait: 0).more)
        #expect(try await server.received().contains("X-Key: Token a b\r\n"))
        #expect(try await server.failure() == nil)
    }

    @Test(arguments: [
        ("401 Unauthorized", PullError.keyRefused(by: "SparkPost")), ("403 Forbidden", .keyRefused(by: "SparkPost")),
        ("429 Too Many", .busy(status: 429, after: .seconds(7))), ("502 Bad", .busy(status: 502, after: .seconds(7))),
    ])
    func refusalsAreTold(_ status: String, _ expected: PullError) async throws {
        let server = try await ScriptedServer.start(
            Self.answer("^GET ", status, [], headers: "Retry-After: 7\r\n") + [.end])
        let feed = try Self.feed(server) { SparkPost(url: $0) }
        await #expect(throws: expected) { try await feed.pull(after: nil, log: nil, limit: 500, wait: 0) }
    }

    /// Nobody but the provider may have the key, nor lead the agent round in a circle.
    @Test(arguments: ["https://evil.example/api", "/api/v1/events/message?cursor=a"])
    func linksThatLeadAstrayAreNotFollowed(_ link: String) async throws {
        let body = Array(#"{"results":[],"links":{"next":"\#(link)"}}"#.utf8)
        let server = try await ScriptedServer.start(
            Self.answer("^GET ", "200 OK", body) + Self.answer("^GET ", "200 OK", body) + [.end])
        let feed = try Self.feed(server) { SparkPost(url: $0) }
        let error = await #expect(throws: PullError.self) {
            let one = try await feed.pull(after: nil, log: nil, limit: 500, wait: 0)
            _ = try await feed.pull(after: one.cursor, log: one.log, limit: 500, wait: 0)
        }
        guard case .unexpected(let what) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains("next page"))
    }

    /// The first walk begins at once, each later one after what is to be waited; between pages nothing is.
    @Test func waitsBetweenWalks() async throws {
        let more = Array(#"{"results":[],"links":{"next":"/a"}}"#.utf8)
        let end = Array(#"{"results":[],"links":{}}"#.utf8)
        let server = try await ScriptedServer.start(
            Self.answer("^GET ", "200 OK", more) + Self.answer("^GET ", "200 OK", end)
                + Self.answer("^GET ", "200 OK", end) + [.end])
        let pauses = Mutex<[Duration]>([])
        let feed = try Self.feed(server, pause: { pause in pauses.withLock { $0.append(pause) } }) {
            SparkPost(url: $0)
        }
        var cursor: String?
        for expected in [[], [], [Duration.seconds(50)]] {
            cursor = try await feed.pull(after: cursor, log: nil, limit: 500, wait: 50).cursor
            #expect(pauses.withLock { $0 } == expected)
        }
    }

    @Test func aKeyThatCannotBeHadIsToldWithWhatToDo() async throws {
        let http = HTTPClient(on: try PullClientTests.poller.get())
        let feed = ProviderFeed(SparkPost(url: "http://127.0.0.1:1"), http: http, isMinimal: true, now: { Self.now }) {
            () throws(PullError) in throw .noKey("key: others can read it", action: "chmod 600 key")
        }
        let error = await #expect(throws: PullError.self) { try await feed.check() }
        #expect(error?.remedy == .needsUser("chmod 600 key"))
    }
}
