import Foundation
import Testing

@testable import Opens

/// One labelled scenario: the line itself and what is true of it.
struct LabelledScenario: Sendable, CustomTestStringConvertible {
    struct Truth: Sendable {
        var acceptable: Set<String>
        var hitClass: String
        var person: Double
        var maximumConfidence: Double
    }

    var id: String
    var isDocumented: Bool
    var hits: [Truth]
    var message: String
    /// Without `expected`: the engine must not see it.
    var object: [String: JSON]

    var testDescription: String { id }

    func line() throws -> [UInt8] { Array(try JSONEncoder().encode(object)) }

    /// - Parameter name: `open-scenarios`, the given ones; `more-scenarios`, labelled before the engine had seen them.
    static func all(_ name: String) throws -> [LabelledScenario] {
        guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "jsonl") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).map { line in
            try LabelledScenario(JSONDecoder().decode([String: JSON].self, from: Data(line)))
        }
    }

    init(_ object: [String: JSON]) throws {
        var object = object
        let expected = object.removeValue(forKey: "expected")?.object ?? [:]
        id = object["id"]?.text ?? "?"
        isDocumented = object["basis"]?.text == "documented"
        message = expected["message"]?.text ?? "?"
        hits = (expected["hits"]?.array ?? []).map { hit in
            let hit = hit.object ?? [:]
            let hitClass = hit["class"]?.text ?? "?"
            return Truth(
                acceptable: Set((hit["also_acceptable"]?.array ?? []).compactMap(\.text) + [hitClass]),
                hitClass: hitClass,
                person: hit["p_person"]?.number ?? 0, maximumConfidence: hit["max_confidence"]?.number ?? 1)
        }
        self.object = object
    }
}

/// What `classify` prints.
struct ClassifiedLine: Decodable {
    struct HitVerdict: Decodable {
        var `class`: String
        var p_person: Double
        var confidence: Double
        var rule: String
    }
    var id: String
    var hits: [HitVerdict]
    var message: String
}

enum JSON: Codable, Sendable, Equatable {
    case null, bool(Bool), number(Double), text(String), array([JSON]), object([String: JSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let array = try? value.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .number(let number):
            if let whole = Int64(exactly: number) { try value.encode(whole) } else { try value.encode(number) }
        case .text(let text): try value.encode(text)
        case .array(let array): try value.encode(array)
        case .object(let object): try value.encode(object)
        }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
    var object: [String: JSON]? { if case .object(let object) = self { object } else { nil } }
}
