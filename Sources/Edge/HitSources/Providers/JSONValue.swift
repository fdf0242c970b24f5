import FoundationEssentials

/// JSON of which only the values at some paths matter.
enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Lists and objects within each other: no provider's answer has as many, and each takes a piece of the stack.
    static let depthLimit = 64

    /// `nil` if it is not JSON, or too deep.
    init?(parsing bytes: [UInt8]) {
        guard Self.isShallow(bytes), let value = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            return nil
        }
        self = value
    }

    private static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            if depth > depthLimit { return false }
        }
        return true
    }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let object = try? value.decode([String: JSONValue].self) {
            self = .object(object)
        } else if let array = try? value.decode([JSONValue].self) {
            self = .array(array)
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else {
            self = .number(try value.decode(Double.self))
        }
    }
}

extension JSONValue {
    /// A text, or a whole number as text: identifiers are either. `nil` for all else, and for an empty text.
    var text: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let number): String(number)
        case .null, .boolean, .number, .array, .object: nil
        }
    }

    /// `nil` for what is no number, nor the text of one.
    var seconds: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .string(let text): Double(text)
        case .null, .boolean, .array, .object: nil
        }
    }

    /// Whether it says yes: `true`, and every text and number but those that say no.
    var isAffirmed: Bool {
        switch self {
        case .boolean(let value): value
        case .string(let text): !["", "false", "no", "0"].contains(text.lowercased())
        case .integer(let number): number != 0
        case .number(let number): number != 0
        case .null, .array, .object: false
        }
    }
}

/// Where a value is in JSON: names of members, and numbers of elements from 0.
package struct JSONPath: Sendable, Equatable, ExpressibleByArrayLiteral, CustomStringConvertible {
    let steps: [String]

    package init(_ steps: [String]) { self.steps = steps }
    package init(arrayLiteral steps: String...) { self.steps = steps }

    package var description: String { steps.joined(separator: ".") }

    /// `nil` if there is none, or `null`.
    func value(in root: JSONValue) -> JSONValue? {
        var value = root
        for step in steps {
            switch value {
            case .object(let members):
                guard let member = members[step] else { return nil }
                value = member
            case .array(let elements):
                guard let index = Int(step), elements.indices.contains(index) else { return nil }
                value = elements[index]
            case .null, .boolean, .integer, .number, .string:
                return nil
            }
        }
        return value == .null ? nil : value
    }
}
