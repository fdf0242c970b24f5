import Foundation
import Opens
import Testing
import Transport

@testable import HitSources

struct PullAnswerTests {
    static let log = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

    static func fixture(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"))
        var bytes = try [UInt8](Data(contentsOf: url))
        // The last byte is the closing brace, so that every cut is one.
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        return bytes
    }

    static func page(_ hits: String, cursor: String = "next", more: Bool = false, log: String = log) -> [UInt8] {
        Array(#"{"log":"\#(log)","cursor":"\#(cursor)","hits":[\#(hits)],"more":\#(more)}"#.utf8)
    }

    static func hit(_ seq: Int64) -> String { #"{"seq":\#(seq),"at":"2026-11-23T15:04:05.123Z","token":"abc"}"# }

    static func read(
        _ body: [UInt8], status: Int = 200, after cursor: String? = "before", log: String? = log, limit: Int = 1000
    ) throws(PullError) -> Page {
        try PullAnswer.read(HTTPResponse(status: status, body: body), after: cursor, log: log, limit: limit)
    }

    @Test func readsAPage() throws {
        let page = try Self.read(Self.fixture("good-page"))
        #expect(page.log == Self.log)
        #expect(page.cursor == "aaaq7")
        #expect(page.more)
        #expect(page.hits.map(\.seq) == [1234, 1300])
        let first = try #require(page.hits.first)
        #expect(
            first
                == Hit(
                    seq: 1234, at: try #require(Timestamp.parse("2026-11-23T15:04:05.123Z")), token: "abc234",
                    net: "9f0c",
                    netclass: NetworkClass(rawValue: "google-proxy"), asn: 15169, selfNet: false, ua: "Mozilla/5.0 (é)",
                    family: ClientFamily(rawValue: "gmail-proxy"),
                    signals: [Signal(rawValue: "purpose-prefetch"), Signal(rawValue: "gpc")]))
        #expect(page.hits.last?.selfNet == true)
    }

    @Test func readsWhatOlderAndNewerServersSay() throws {
        let page = try Self.read(Self.fixture("good-minimal"), log: nil)
        #expect(page.log == Self.log)
        #expect(page.hits.map(\.token) == ["abc"])
        #expect(page.hits.first?.method == nil)
    }

    @Test(arguments: ["good-page", "good-minimal"])
    func acceptsNoPartOfAPage(_ name: String) throws {
        let whole = try Self.fixture(name)
        for count in whole.indices {
            #expect(throws: PullError.self, "cut at \(count)") { try Self.read(Array(whole[..<count])) }
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: [UInt8]
        var limit = 1000
    }

    @Test(arguments: [
        Bad(testDescription: "empty", body: []),
        Bad(testDescription: "a proxy's page", body: Array("<html>It works!</html>".utf8)),
        Bad(testDescription: "another kind of JSON", body: Array("[]".utf8)),
        Bad(testDescription: "nothing in it", body: Array("{}".utf8)),
        Bad(testDescription: "two pages", body: page("") + page("")),
        Bad(testDescription: "not UTF-8", body: page(#"{"seq":1,"at":"2026-11-23T15:04:05.123Z","token":"a"#) + [0xff]),
        Bad(testDescription: "endless nesting", body: [UInt8](repeating: UInt8(ascii: "["), count: 100_000)),
        Bad(testDescription: "no UUID", body: page("", log: "log")),
        Bad(testDescription: "empty cursor", body: page("", cursor: "")),
        Bad(testDescription: "long cursor", body: page("", cursor: String(repeating: "c", count: 513))),
        Bad(testDescription: "cursor with a space", body: page("", cursor: "a b")),
        Bad(testDescription: "descending", body: page("\(hit(2)),\(hit(1))")),
        Bad(testDescription: "twice the same", body: page("\(hit(2)),\(hit(2))")),
        Bad(testDescription: "seq 0", body: page(hit(0))),
        Bad(testDescription: "too many", body: page("\(hit(1)),\(hit(2)),\(hit(3))"), limit: 2),
        Bad(testDescription: "hits, but the cursor stands", body: page(hit(1), cursor: "before")),
        Bad(testDescription: "more of nothing", body: page("", more: true)),
        Bad(testDescription: "hit without token", body: page(#"{"seq":1,"at":"2026-11-23T15:04:05.123Z"}"#)),
        Bad(testDescription: "hit of another time", body: page(#"{"seq":1,"at":"yesterday","token":"abc"}"#)),
        Bad(testDescription: "seq as text", body: page(#"{"seq":"1","at":"2026-11-23T15:04:05.123Z","token":"abc"}"#)),
        Bad(
            testDescription: "seq beyond 64 bits",
            body: page(#"{"seq":9223372036854775808,"at":"2026-11-23T15:04:05.123Z","token":"abc"}"#)),
    ])
    func refuses(_ bad: Bad) {
        let error = #expect(throws: PullError.self) { try Self.read(bad.body, limit: bad.limit) }
        guard case .unexpected = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error.map { $0.description.utf8.count < 600 } == true)
    }

    @Test func errorsNameThePlace() {
        let error = #expect(throws: PullError.self) {
            try Self.read(Self.page(#"\#(Self.hit(1)),{"seq":2,"at":"yesterday","token":"abc"}"#))
        }
        #expect(error?.description.contains("hits.1.at: not of the form") == true)
    }

    @Test(arguments: [
        (401, PullError.unauthorised), (403, .unauthorised), (410, .otherLog),
        (429, .busy(status: 429, after: .seconds(9))),
        (503, .busy(status: 503, after: .seconds(9))), (500, .busy(status: 500, after: .seconds(9))),
    ])
    func statusesHaveAMeaning(_ status: Int, _ expected: PullError) {
        let response = HTTPResponse(status: status, body: Array("x".utf8), retryAfter: .seconds(9))
        #expect(throws: expected) { try PullAnswer.read(response, after: nil, log: nil, limit: 1) }
    }

    @Test(arguments: [204, 302, 400, 404, 418])
    func otherStatusesAreNotUnderstood(_ status: Int) {
        let error = #expect(throws: PullError.self) { try Self.read(Array("a\u{1b}[1mb\r\n".utf8), status: status) }
        #expect(error?.description.contains("\(status)") == true)
        #expect(error?.description.utf8.contains(27) == false)
    }

    @Test func anotherLogIsNoticed() {
        let other = "3f2504e0-4f89-41d3-9a0c-0305e82c3302"
        #expect(throws: PullError.otherLog) { try Self.read(Self.page("", log: other)) }
        #expect(throws: Never.self) { try Self.read(Self.page("", log: other), log: nil) }
        #expect(throws: Never.self) { try Self.read(Self.page("", log: Self.log.uppercased())) }
    }

    @Test(arguments: [
        (PullError.unauthorised, true), (.otherLog, false), (.busy(status: 503, after: .seconds(5)), false),
        (.unexpected("x"), false),
        (.transport(TransportError(.tls("x"), "no", .needsUser("look"))), true),
    ])
    func somebodyIsAskedWhenItHelps(_ error: PullError, _ asks: Bool) {
        let isAsking = if case .needsUser = error.remedy { true } else { false }
        #expect(isAsking == asks)
    }
}
