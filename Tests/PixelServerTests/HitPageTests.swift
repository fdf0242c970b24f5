import Foundation
import Opens
import Testing

@testable import PixelServer

/// What is written by hand is what the type itself would have written.
struct HitPageTests {
    private static let identity = LogIdentity(uuid: UUID(), cursorKey: [])

    private static let hits: [Hit] = {
        let texts = [
            "", "plain", #"a "quoted" \ one"#, "\u{0}\u{1f}\t\r\n", "é 漢 😀", String(repeating: "x", count: 64),
        ]
        let full = texts.enumerated().map { index, text in
            Hit(
                seq: Int64(index + 1), at: Date(timeIntervalSince1970: 1_795_446_245.123 + Double(index)),
                token: "t\(index)",
                method: text, net: text, netclass: NetworkClass(rawValue: text), asn: index == 0 ? nil : .max,
                selfNet: index % 2 == 0, ua: text, family: ClientFamily(rawValue: text),
                signals: Set(texts.prefix(index).map(Signal.init(rawValue:))))
        }
        let minimal = Hit(seq: .max, at: .distantPast, token: "t", method: nil)
        return full + [minimal, Hit(seq: 9, at: .distantFuture, token: "t", method: nil, selfNet: true)]
    }()

    private struct Body: Codable {
        let log: String
        let cursor: String
        let hits: [Hit]
        let more: Bool
    }

    @Test(arguments: [0, 1, hits.count], [true, false])
    func isWhatTheTypeWrites(_ count: Int, more: Bool) throws {
        let hits = Array(Self.hits.prefix(count))
        let bytes = HitPage(hits: hits, more: more, log: Self.identity).json(cursor: "c.1")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let expected = Body(log: Self.identity.uuid.uuidString, cursor: "c.1", hits: hits, more: more)
        let found = try JSONDecoder().decode(Body.self, from: Data(bytes))
        #expect(try encoder.encode(found) == encoder.encode(expected))
        // Which fields are there and which are not.
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary
        let wanted = try JSONSerialization.jsonObject(with: encoder.encode(expected)) as? NSDictionary
        #expect(object == wanted)
    }
}
