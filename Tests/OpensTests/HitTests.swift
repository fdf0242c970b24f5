import Foundation
import Testing

@testable import Opens

struct HitTests {
    static let full =
        #"{"asn":15169,"at":"2026-11-23T15:04:05.123Z","family":"gmail-proxy","method":"GET","net":"9f0c","netclass":"google-proxy","self_net":false,"seq":1234,"signals":["accept-language","gpc","purpose-prefetch"],"token":"abc","ua":"Mozilla/5.0 (…)"}"#
    static let minimal = #"{"at":"1999-12-31T23:59:59.000Z","family":"other","netclass":"vpn","seq":7,"token":"abc"}"#

    static func decode(_ text: String) throws -> Hit { try JSONDecoder().decode(Hit.self, from: Data(text.utf8)) }
    static func encode(_ hit: Hit) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(hit), as: UTF8.self)
    }

    @Test(arguments: [full, minimal]) func jsonRoundTrip(text: String) throws {
        #expect(try Self.encode(Self.decode(text)) == text)
    }

    @Test func unknownAndMissingFieldsAreTolerated() throws {
        let hit = try Self.decode(
            #"{"seq":1,"at":"2026-01-01T00:00:00.000Z","token":"ABC","new":[1],"ua":null,"signals":["x-new","gpc","gpc"]}"#
        )
        #expect(hit.token == "abc")
        #expect(hit.method == nil && hit.ua == nil && !hit.selfNet)
        #expect(hit.signals == [.globalPrivacyControl, Signal(rawValue: "x-new")])
        let long = try Self.decode(
            #"{"seq":1,"at":"2026-01-01T00:00:00.000Z","token":"a","ua":"\#(String(repeating: "u", count: 70_000))"}"#)
        #expect(long.ua?.count == 256)
    }

    /// A character can have any number of marks, and some letters have more bytes in lower case.
    @Test func whatIsKeptOfAHitIsBounded() throws {
        func decode(_ fields: String) throws -> Hit {
            try Self.decode(#"{"seq":1,"at":"2026-01-01T00:00:00.000Z",\#(fields)}"#)
        }
        let marked = "e" + String(repeating: "\u{301}", count: 70_000)
        let hit = try decode(
            ["ua", "method", "net", "netclass", "family"].map { "\"\($0)\":\"\(marked)\"" }.joined(separator: ",")
                + #","token":"a","signals":["\#(marked)"]"#)
        #expect(hit.ua?.unicodeScalars.count == 256)
        let names = [hit.method, hit.net, hit.netclass?.rawValue, hit.family?.rawValue, hit.signals.first?.rawValue]
        #expect(names.allSatisfy { $0?.unicodeScalars.count == 64 })
        let dotted = String(repeating: "\u{130}", count: 256)
        #expect(throws: (any Error).self) { try decode(#""token":"\#(dotted)""#) }
    }

    @Test(arguments: [
        #"{"at":"2026-01-01T00:00:00.000Z","token":"a"}"#, #"{"seq":1,"token":"a"}"#,
        #"{"seq":1,"at":"2026-01-01T00:00:00.000Z"}"#, #"{"seq":0,"at":"2026-01-01T00:00:00.000Z","token":"a"}"#,
        #"{"seq":1,"at":"2026-01-01T00:00:00Z","token":"a"}"#, #"{"seq":1,"at":"2026-01-01T00:00:00.000Z","token":""}"#,
        #"{"seq":1,"at":"2026-01-01T00:00:00.000Z","token":"a","asn":-1}"#,
        #"{"seq":1,"at":"2026-01-01T00:00:00.000Z","token":"a","self_net":"no"}"#, "[]", "7",
    ])
    func wrongHitsAreRefused(text: String) {
        #expect(throws: (any Error).self) { try Self.decode(text) }
    }

    @Test func aCutHitIsRefused() {
        for count in 0..<Self.full.utf8.count {
            let cut = Data(Self.full.utf8.prefix(count))
            #expect(throws: (any Error).self) { try JSONDecoder().decode(Hit.self, from: cut) }
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0.0), ("2001-01-01T00:00:00.000Z", 978_307_200),
        ("2000-02-29T12:00:00.001Z", 951_825_600.001),
        ("1969-12-31T23:59:59.999Z", -0.001), ("2100-03-01T00:00:00.000Z", 4_107_542_400),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799.999), ("2026-11-23T15:04:05.123Z", 1_795_446_245.123),
    ])
    func timesRoundTrip(text: String, seconds: Double) throws {
        let date = try #require(Timestamp.parse(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.0005)
        #expect(Timestamp.format(date) == text)
        #expect(Timestamp.parse(Timestamp.format(date)) == date)
    }

    @Test func daysOfEightCenturiesRoundTrip() {
        for day in stride(from: -146_097, to: 146_097, by: 17) {
            let date = Date(timeIntervalSinceReferenceDate: Double(day) * 86_400 + 3661.25)
            if Timestamp.parse(Timestamp.format(date)) != date { Issue.record("\(date)") }
        }
    }

    @Test(arguments: [
        "", "2026-11-23T15:04:05Z", "2026-11-23T15:04:05.12Z", "2026-11-23T15:04:05.1234Z", "2026-11-23 15:04:05.123Z",
        "2026-11-23T15:04:05.123+", "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00.000Z", "2026-02-29T00:00:00.000Z",
        "2026-11-31T00:00:00.000Z", "2026-11-23T24:00:00.000Z", "2026-11-23T15:60:00.000Z", "2026-11-23T15:04:60.000Z",
        "2026-11-23T15:04:05.1２3Z", "+026-11-23T15:04:05.123Z",
    ])
    func wrongTimesAreRefused(text: String) { #expect(Timestamp.parse(text) == nil) }

    @Test(arguments: [
        (-Double.infinity, "0000-01-01T00:00:00.000Z"), (.infinity, "9999-12-31T23:59:59.999Z"),
        (.nan, "0000-01-01T00:00:00.000Z"),
        (0.9996, "2001-01-01T00:00:01.000Z"),
    ])
    func impossibleTimesAreClamped(seconds: Double, text: String) {
        #expect(Timestamp.format(Date(timeIntervalSinceReferenceDate: seconds)) == text)
    }
}
