import Opens
import TestSupport
import Testing
import Transport

@testable import Networks

/// Over real HTTPS to a scripted server.
@Suite(.timeLimit(.minutes(2)))
struct ListFetcherTests {
    private static let poller = Result { () throws(TransportError) in try Poller() }

    private static func fetcher(_ server: ScriptedServer) throws -> ListFetcher {
        ListFetcher(HTTPClient(HTTPClient.Options(caFile: server.caFile), on: try poller.get()))
    }

    private static func url(_ server: ScriptedServer, _ path: String) -> String {
        "\(server.caFile == nil ? "http" : "https")://127.0.0.1:\(server.port)\(path)"
    }

    private static func answer(_ status: String, _ body: String = "", headers: String = "") -> [ScriptStep] {
        [
            .expect("^GET "), .headers,
            .send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"),
        ]
    }

    @Test func fetchesOverHTTPS() async throws {
        let server = try await ScriptedServer.start(.implicit, Self.answer("200 OK", "8.8.8.0/24\n") + [.end])
        let fetched = try await Self.fetcher(server).fetch(.linode, from: Self.url(server, "/a?b={uuid}"))
        #expect(fetched.bytes == Array("8.8.8.0/24\n".utf8))
        let sent = try await server.received()
        #expect(sent.contains(/^GET \/a\?b=[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12} HTTP/))
        // Nothing that would tell one machine from another.
        let fields = sent.split(separator: "\r\n").dropFirst().map { $0.prefix { $0 != ":" }.lowercased() }
        #expect(Set(fields) == ["host", "user-agent", "accept", "accept-encoding"])
        #expect(sent.contains("User-Agent: sentmark\r\n"))
    }

    @Test func anotherAuthorityIsRefused() async throws {
        let server = try await ScriptedServer.start(.implicit, Self.answer("200 OK"))
        let fetcher = ListFetcher(HTTPClient(on: try Self.poller.get()))
        let error = await #expect(throws: FetchError.self) {
            try await fetcher.fetch(.linode, from: Self.url(server, "/"))
        }
        #expect(error?.detail.contains("127.0.0.1") == true)
    }

    @Test func followsRedirectsWithinHTTPS() async throws {
        let server = try await ScriptedServer.start(
            .implicit,
            Self.answer("301 Moved", headers: "Location: /b\r\n")
                + Self.answer("302 Found", headers: "Location: c?d\r\n") + Self.answer("200 OK", "x") + [.end])
        let fetched = try await Self.fetcher(server).fetch(.linode, from: Self.url(server, "/a"))
        #expect(fetched.url == Self.url(server, "/c?d") && fetched.bytes == Array("x".utf8))
    }

    @Test(arguments: [
        ("301 Moved", "Location: http://127.0.0.1:1/\r\n", "redirects to nowhere, or out of HTTPS"),
        ("301 Moved", "", "redirects to nowhere"), ("404 Not Found", "", "answers 404"),
        ("503 Busy", "", "answers 503"), ("206 Partial", "", "answers 206"),
    ])
    func saysWhatWentWrong(_ status: String, _ headers: String, _ detail: String) async throws {
        let server = try await ScriptedServer.start(.implicit, Self.answer(status, headers: headers) + [.end])
        let url = Self.url(server, "/a")
        let error = await #expect(throws: FetchError.self) { try await Self.fetcher(server).fetch(.linode, from: url) }
        #expect(error?.detail.hasPrefix("\(url): \(detail)") == true)
    }

    @Test func aRingOfRedirectsEnds() async throws {
        let step = Self.answer("302 Found", headers: "Location: /a\r\n")
        let server = try await ScriptedServer.start(.implicit, (0..<6).flatMap { _ in step } + [.end])
        let error = await #expect(throws: FetchError.self) {
            try await Self.fetcher(server).fetch(.linode, from: Self.url(server, "/a"))
        }
        #expect(error?.detail.contains("more than 5 redirects") == true)
    }

    @Test func anAnswerThatStopsIsNoList() async throws {
        let server = try await ScriptedServer.start(
            .implicit,
            [.expect("^GET "), .headers, .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n8.8.8.0/24\n"), .close()])
        await #expect(throws: FetchError.self) {
            try await Self.fetcher(server).fetch(.linode, from: Self.url(server, "/"))
        }
    }

    @Test func aMirrorMayHaveAzuresListItself() async throws {
        let list = #" {"values":[]}"#
        let server = try await ScriptedServer.start(.implicit, Self.answer("200 OK", list) + [.end])
        let fetched = try await Self.fetcher(server).fetch(.azure, from: Self.url(server, "/azure.json"))
        #expect(fetched.bytes == Array(list.utf8))
    }

    /// Microsoft's server is not to be asked in a test: it is a page without a link that is.
    @Test func aPageWithoutALinkIsSaid() async throws {
        let server = try await ScriptedServer.start(.implicit, Self.answer("200 OK", "<html>") + [.end])
        let error = await #expect(throws: FetchError.self) {
            try await Self.fetcher(server).fetch(.azure, from: Self.url(server, "/page"))
        }
        #expect(error?.detail.contains("ServiceTags_Public_") == true)
    }
}

struct DownloadPageTests {
    private let link = "https://download.microsoft.com/download/7/1/d/71d8/ServiceTags_Public_20261123.json"

    @Test(arguments: [
        "<a href=\"LINK\">", "{\"url\":\"LINK\",\"size\":1}", "x ServiceTags_Public_ 'LINK' LINK",
        "<a href=\"https://evil.example/ServiceTags_Public_1.json\"><a href=\"LINK\">",
    ])
    func findsTheLink(_ page: String) {
        let page = page.replacing("LINK", with: link)
        #expect(DownloadPage.link(in: Array(page.utf8), of: "https://www.microsoft.com/a") == link)
    }

    @Test(arguments: [
        "", "<a href=\"http://download.microsoft.com/ServiceTags_Public_1.json\">",
        "<a href=\"https://evil.example/ServiceTags_Public_1.json\">",
        "<a href=\"https://download.microsoft.com.evil.example/ServiceTags_Public_1.json\">",
        "<a href=\"https://download.microsoft.com/ServiceTags_Public_1.exe\">", "/ServiceTags_Public_",
        "https://download.microsoft.com/" + String(repeating: "a", count: 5000) + "/ServiceTags_Public_1.json",
    ])
    func findsNoOther(_ page: String) {
        #expect(DownloadPage.link(in: Array(page.utf8), of: "https://www.microsoft.com/a") == nil)
    }

    @Test func aMirrorMayPointToItself() {
        let page = Array("\"https://127.0.0.1:8443/x/ServiceTags_Public_1.json\"".utf8)
        #expect(
            DownloadPage.link(in: page, of: "https://127.0.0.1:8443/p")
                == "https://127.0.0.1:8443/x/ServiceTags_Public_1.json")
        #expect(DownloadPage.link(in: page, of: "https://127.0.0.1:844/p") == nil)
    }
}
