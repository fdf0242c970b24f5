import Foundation
import Testing

@testable import Opens

/// What the quick reader takes is what `JSONDecoder` makes of it, and it takes what hit logs write.
struct PlainJSONTests {
    private static let start = #"{"seq":7,"at":"2026-11-23T15:04:05.123Z","token":"abc""#

    static let plain = [
        HitTests.full, HitTests.minimal, start + "}",
        " \t\r\n{ \"token\" : \"ABC\" , \"seq\" : 1 ,\n\"at\" : \"2026-01-01T00:00:00.000Z\" } ",
        start + #","ua":"a \"b\" \\ \/ \b\f\n\r\t \u0041\u00e9\u6f22 é 漢 😀","signals":[ "gpc" , "dnt" ]}"#,
        #"{"seq":9223372036854775807,"at":"2026-11-23T15:04:05.123Z","token":"abc"}"#,
        start + #","signals":[],"self_net":true,"asn":0}"#, start + #","asn":4294967295}"#,
        start + ",\"ua\":\"\(String(repeating: "ü", count: 300))\",\"net\":\"\(String(repeating: "n", count: 70))\"}",
        start + #","signals":[\#((0..<40).map { "\"s\($0)\"" }.joined(separator: ","))]}"#,
    ]

    static let odd = [
        start + #","new":[1]}"#, start + #","ua":null}"#, start + #","seq":7}"#, start + #","ua":"\ud83d\ude00"}"#,
        start + #","asn":1.0}"#, start + #","asn":1e1}"#, start + #","asn":-0}"#,
        #"{"seq":7,"\u0061t":"2026-11-23T15:04:05.123Z","token":"abc"}"#,
        start + #","\#(String(repeating: "x", count: 70))":true}"#, start + ",}", start + #","signals":["a",]}"#,
    ]

    static let wrong = [
        "", "{}", "[]", "{", start, start + "}}", start + "} x", start + #","ua":"a"#,
        start + #","ua":"\"}"#,
        start + #","ua":"\x"}"#, start + #","ua":"\u00"}"#, start + #","ua":"\ud800"}"#, start + ",\"ua\":\"\u{1}\"}",
        start + #","asn":4294967296}"#, start + #","asn":01}"#, start + #","asn":"1"}"#, start + #","self_net":tru}"#,
        start + #","self_net":1}"#, start + #","signals":["a",,]}"#, start + #","signals":["a"}"#,
        start + #","ua" "x"}"#,
        #"{"seq":9223372036854775808,"at":"2026-11-23T15:04:05.123Z","token":"abc"}"#,
        #"{"seq":0,"at":"2026-11-23T15:04:05.123Z","token":"abc"}"#, #"{"seq":7,"token":"abc"}"#,
        #"{"seq":7,"at":"2026-11-23T15:04:05.123Z","token":""}"#, #"{"seq":7,"at":"2026-11-23","token":"abc"}"#,
        #"{"seq":7,"at":"2026-11-23T15:04:05.123Z","token":"\#(String(repeating: "t", count: 513))"}"#,
    ]

    private static func plainly(_ bytes: [UInt8]) -> Hit? {
        var text = PlainJSON(bytes)
        guard let hit = Hit(plain: &text), text.isAtEnd else { return nil }
        return hit
    }

    private static func decoded(_ bytes: [UInt8]) -> Hit? { try? JSONDecoder().decode(Hit.self, from: Data(bytes)) }

    @Test(arguments: plain) func isReadAlike(_ text: String) throws {
        let hit = try #require(Self.plainly(Array(text.utf8)))
        #expect(hit == Self.decoded(Array(text.utf8)) && hit == Hit(json: Array(text.utf8)))
    }

    /// Not plain, and a hit all the same.
    @Test(arguments: odd) func isLeftToTheDecoder(_ text: String) {
        #expect(Self.plainly(Array(text.utf8)) == nil)
        #expect(Hit(json: Array(text.utf8)) == Self.decoded(Array(text.utf8)))
    }

    @Test func whatIsOddIsAHitStill() { #expect(Hit(json: Array(Self.odd[0].utf8))?.seq == 7) }

    @Test(arguments: wrong) func isNoHit(_ text: String) {
        #expect(Self.plainly(Array(text.utf8)) == nil && Hit(json: Array(text.utf8)) == nil)
    }

    @Test func aCutHitIsNone() {
        for count in 0..<HitTests.full.utf8.count {
            #expect(Hit(json: Array(HitTests.full.utf8.prefix(count))) == nil, "cut at \(count)")
        }
    }

    /// Whatever stands in its place: what one reader says, the other says, or the quick one says nothing.
    @Test func anyOctetAnywhereIsReadAlike() {
        let bytes = Array(Self.plain[4].utf8)
        for index in bytes.indices {
            for octet: UInt8 in [
                0, 0x1f, 0x20, 0x22, 0x2c, 0x30, 0x3a, 0x41, 0x5c, 0x5d, 0x75, 0x7d, 0x7f, 0x80, 0xc3, 0xff,
            ] {
                var changed = bytes
                changed[index] = octet
                guard let hit = Self.plainly(changed) else { continue }
                #expect(hit == Self.decoded(changed), "\(octet) at \(index)")
            }
        }
    }

    @Test(arguments: HitReadingTests.hits)
    func whatIsWrittenIsWhatTheTypeWrites(_ what: String, _ hit: Hit) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let again = try JSONSerialization.jsonObject(with: Data(hit.json)) as? NSDictionary
        #expect(again == (try JSONSerialization.jsonObject(with: encoder.encode(hit)) as? NSDictionary), "\(what)")
    }
}
