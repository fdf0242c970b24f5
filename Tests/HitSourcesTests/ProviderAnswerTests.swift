import Foundation
import Opens
import Secrets
import Testing
import Tokens
import Transport

@testable import HitSources

/// What the documented answers of each API are taken for.
struct ProviderAnswerTests {
    struct Documented: Sendable, CustomTestStringConvertible {
        let file: String
        let api: any ProviderAPI
        var testDescription: String { file }
    }

    static let all = [
        Documented(file: "mailgun-logs", api: MailgunLogs(url: "https://api.mailgun.net", domain: "mg.example.org")),
        Documented(
            file: "mailgun-events", api: MailgunEvents(url: "https://api.mailgun.net", domain: "mg.example.org")),
        Documented(file: "postmark", api: Postmark(url: "https://api.postmarkapp.com")),
        Documented(file: "sparkpost", api: SparkPost(url: "https://api.sparkpost.com")),
        Documented(file: "json", api: json()),
    ]

    static func json(
        _ url: String = "https://opens.example.org/list?kind=open", order: EventOrder = .newestFirst,
        since: String? = "since", paging: JSONSource.Paging = .cursor(["more"], parameter: "page")
    ) -> JSONSource {
        var paths = JSONSource.Paths(list: ["data", "opens"], id: ["n"], time: ["when.ms"])
        paths.messageID = ["mail", "name/id"]
        paths.recipient = ["to", "0"]
        paths.userAgent = ["ua"]
        paths.address = ["from"]
        paths.machine = ["robot"]
        return JSONSource(
            name: "opens", url: url, header: "X-Key", paths: paths, timeFormat: .unixMilliseconds, order: order,
            since: since, paging: paging)
    }

    static func fixture(_ name: String) throws -> [UInt8] { try PullAnswerTests.fixture("providers/\(name)") }

    static func answer(_ body: [UInt8], status: Int = 200) throws(PullError) -> ProviderAnswer {
        try ProviderAnswer(HTTPResponse(status: status, body: body, retryAfter: .seconds(9)), of: "Mailgun")
    }

    private func events(_ documented: Documented) throws -> [ProviderEvent] {
        let answer = try Self.answer(Self.fixture(documented.file))
        return try documented.api.shape.events(in: answer.value, limit: documented.api.pageSize)
    }

    /// All say the same of the same open.
    @Test(arguments: all)
    func readsWhatIsDocumented(_ documented: Documented) throws {
        let event = try #require(try events(documented).first)
        #expect(event.at == Timestamp.parse("2026-11-26T10:30:18.530Z") || documented.file == "sparkpost")
        #expect(event.recipient?.lowercased() == "ann@far.example")
        #expect(event.address == "192.0.2.10")
        #expect(event.userAgent?.isEmpty == false)
        let name = documented.file == "postmark" ? "927e56d4-dc66-4070-bbf0-1db76c2ae14b" : "Offer.1@example.org"
        #expect(MessageName(messageID: event.messageID ?? "") == MessageName(messageID: name))
    }

    @Test func tellsMachinesFromTheRest() throws {
        let signals = try Self.all.map { try events($0).map(\.signals) }
        #expect(
            signals == [
                [[], [.reportedPrefetch], [.reportedMachine]], [[.reportedMachine]], [[], []],
                [[], [.reportedPrefetch], []], [[], [.reportedMachine]],
            ])
    }

    /// Most mail of a provider's customer may be of no interest, and some has no name.
    @Test func anEventThatNamesNoMailIsNoHit() throws {
        let maker = ProviderHits(
            key: StreamKey(Secret("key")), isMinimal: false, lookup: { NetworkTable.builtIn.origin(of: $0) })
        let hits = try Self.all.map { try events($0).compactMap { maker.hit($0)?.token } }
        #expect(
            hits == [
                ["mid:offer.1@example.org ann@far.example", "mid:offer.1@example.org ben@far.example"],
                ["mid:offer.1@example.org ann@far.example"],
                [
                    "mid:927e56d4-dc66-4070-bbf0-1db76c2ae14b ann@far.example",
                    "mid:b7bc2f4a-e38e-4336-af7d-e6c392c2f817 ben@far.example",
                ],
                ["mid:offer.1@example.org ann@far.example", "mid:offer.1@example.org ben@far.example"],
                ["mid:offer.1@example.org ann@far.example", "mid:offer.1@example.org"],
            ])
    }

    @Test(arguments: all)
    func acceptsNoPartOfAnAnswer(_ documented: Documented) throws {
        let whole = try Self.fixture(documented.file)
        for count in whole.indices {
            #expect(throws: PullError.self, "cut at \(count)") {
                let answer = try Self.answer(Array(whole[..<count]))
                _ = try documented.api.shape.events(in: answer.value, limit: documented.api.pageSize)
            }
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let says: String
    }

    @Test(arguments: [
        Bad(testDescription: "empty", body: "", says: "no JSON"),
        Bad(testDescription: "a proxy's page", body: "<html>", says: "no JSON"),
        Bad(
            testDescription: "endless nesting", body: String(repeating: "[", count: 1 << 20), says: "lists within lists"
        ),
        Bad(
            testDescription: "nesting that ends",
            body: String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000), says: "lists within lists"),
        Bad(testDescription: "no list", body: "{}", says: "items: no list"),
        Bad(testDescription: "a list of another type", body: #"{"items":{"0":1}}"#, says: "items: no list"),
        Bad(testDescription: "too many", body: #"{"items":[1,2,3,4]}"#, says: "4 events where 3"),
        Bad(testDescription: "no object", body: #"{"items":[[]]}"#, says: "items[0].id: no identifier"),
        Bad(
            testDescription: "no identifier", body: #"{"items":[{"timestamp":1795689018}]}"#,
            says: "items[0].id: no identifier"),
        Bad(testDescription: "identifier of another type", body: #"{"items":[{"id":{}}]}"#, says: "items[0].id"),
        Bad(
            testDescription: "endless identifier",
            body: #"{"items":[{"id":"\#(String(repeating: "i", count: 1 << 20))"}]}"#, says: "items[0].id"),
        Bad(testDescription: "no time", body: #"{"items":[{"id":"a"}]}"#, says: "items[0].timestamp: no time"),
        Bad(
            testDescription: "a time of another type", body: #"{"items":[{"id":"a","timestamp":[1]}]}"#,
            says: "items[0].timestamp"),
        Bad(
            testDescription: "a time that never is", body: #"{"items":[{"id":"a","timestamp":1e300}]}"#,
            says: "items[0].timestamp"),
        Bad(
            testDescription: "the first hour of all", body: #"{"items":[{"id":"a","timestamp":0}]}"#,
            says: "items[0].timestamp"),
    ])
    func refuses(_ bad: Bad) {
        let error = #expect(throws: PullError.self) {
            let answer = try Self.answer(Array(bad.body.utf8))
            _ = try MailgunShape.shape(time: ["timestamp"], .unix).events(in: answer.value, limit: 3)
        }
        #expect(error?.description.contains(bad.says) == true, "\(String(describing: error))")
        #expect((error?.description.utf8.count ?? .max) < 300)
        #expect(error?.remedy == .retryLater(after: nil))
    }

    @Test(arguments: [
        (401, PullError.keyRefused(by: "Mailgun")), (403, .keyRefused(by: "Mailgun")),
        (429, .busy(status: 429, after: .seconds(9))), (503, .busy(status: 503, after: .seconds(9))),
    ])
    func statusesHaveAMeaning(_ status: Int, _ expected: PullError) {
        #expect(throws: expected) { try Self.answer([], status: status) }
    }

    /// The key goes with every request.
    @Test(arguments: [
        "https://evil.example/v3", "https://api.mailgun.net.evil.example/v3", "https://api.mailgun.net@evil.example/",
        "//evil.example/v3", "http://api.mailgun.net/v3", "https://api.mailgun.net:444/", "v3/next", "",
        "https://api.mailgun.net/" + String(repeating: "a", count: 5000), "https://api.mailgun.net/\r\nX: y",
        "https://api.mailgun.net/a b", "https://api.mailgun.net/\u{e9}", "https://api.mailgun.net\u{301}/",
    ])
    func aLinkToAnotherServerIsNotFollowed(_ link: String) {
        let links = PageLinks(of: "https://api.mailgun.net/v3/mg.example.org?x=1")
        #expect(throws: PullError.self) { try links.resolve(link) }
    }

    @Test(arguments: ["https://api.mailgun.net/v3/a?b=c", "/v3/a?b=c", "HTTPS://API.mailgun.net/v3/a?b=c"])
    func aLinkOnTheServerIs(_ link: String) throws {
        let links = PageLinks(of: "https://api.mailgun.net/base")
        #expect(try links.resolve(link).lowercased() == "https://api.mailgun.net/v3/a?b=c")
    }

    @Test func keepsLittleOfAnOpenIfItIsToldTo() throws {
        let event = try #require(try events(Self.all[0]).last { $0.messageID != nil })
        func hit(_ isMinimal: Bool, _ key: String = "key") throws -> Hit {
            let maker = ProviderHits(
                key: StreamKey(Secret(key)), isMinimal: isMinimal, lookup: { NetworkTable.builtIn.origin(of: $0) })
            return try #require(maker.hit(event))
        }
        let least = try hit(true)
        #expect(least.net == nil && least.ua == nil && least.method == nil && least.signals == [.reportedPrefetch])
        #expect(least.family == .appleBare && least.netclass == .appleRelay)
        let more = try hit(false)
        #expect(more.ua == "Mozilla/5.0" && more.seq == least.seq)
        let stored = String(decoding: try JSONEncoder().encode(more), as: UTF8.self)
        #expect(!stored.contains("172.225"))
        #expect(more.net?.count == 16)
        #expect(try hit(false, "another").net != more.net)
    }

    /// A token of ours is known by its signature, and nobody else can speak for it.
    @Test func aProviderDoesNotSpeakForOurTokens() throws {
        let maker = ProviderHits(key: StreamKey(Secret("key")), isMinimal: false, lookup: { _ in NetworkOrigin() })
        func token(_ text: String) -> String? {
            maker.hit(ProviderEvent(id: ["1"], at: Date(timeIntervalSince1970: 1.79e9), token: text))?.token
        }
        #expect(token("Xy-12") == "xy-12")
        #expect(token("kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6") == nil)
        #expect(token("mid:a@b") == nil)
        #expect(token(String(repeating: "a", count: 513)) == nil)
    }
}
