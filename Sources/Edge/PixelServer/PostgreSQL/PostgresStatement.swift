/// One statement of a pipeline.
struct PostgresStatement {
    /// Under which it is prepared, once for each connection; `nil`: it is not worth it.
    var name: String?
    let sql: String
    var parameters: [PostgresParameter] = []

    init(_ sql: String, _ parameters: [PostgresParameter] = [], name: String? = nil) {
        self.sql = sql
        self.parameters = parameters
        self.name = name
    }
}

/// A value, bound and never put into the statement's text.
enum PostgresParameter {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    /// `bigint[]`
    case integers([Int64?])
    /// `text[]`
    case texts([String?])
}

/// The answer to a statement: rows of values as text.
typealias PostgresRows = [[String?]]

extension PostgresRows {
    /// Where that is one number: it.
    var number: Int? { first?.first?.flatMap(Int.init) }
}

/// Parameters as libpq takes them: all values in one run of bytes.
struct PostgresParameters {
    /// Never empty, so that an empty value has a place too: to libpq no pointer is SQL's NULL.
    private(set) var bytes: [UInt8] = [0]
    /// Where each begins; `nil`: NULL.
    private(set) var offsets: [Int?] = []
    private(set) var lengths: [Int32] = []
    /// 0: text, 1: binary.
    private(set) var formats: [Int32] = []

    init(_ parameters: [PostgresParameter]) {
        for parameter in parameters {
            let start = bytes.count
            offsets.append(start)
            formats.append(1)
            switch parameter {
            case .null: offsets[offsets.count - 1] = nil
            case .integer(let value): appendText("\(value)")
            case .text(let text): appendText(text)
            case .bytes(let value): bytes += value
            case .integers(let values): append(arrayOf: Self.int8, values) { Self.bigEndian($0) }
            case .texts(let values): append(arrayOf: Self.text, values) { Array($0.utf8) }
            }
            lengths.append(Int32(clamping: bytes.count - start))
        }
        // A binary value at the end may be empty.
        bytes.append(0)
    }

    /// Text ends with a NUL, which a text cannot hold.
    private mutating func appendText(_ text: String) {
        formats[formats.count - 1] = 0
        bytes += text.utf8.lazy.filter { $0 != 0 }
        bytes.append(0)
    }

    /// The binary form of an array (array_recv in src/backend/utils/adt/arrayfuncs.c): dimensions, whether there are
    /// NULLs, the elements' type; the dimension's size and lower bound; of each element the length, -1 for NULL, and
    /// its bytes.
    private mutating func append<Element>(
        arrayOf type: UInt32, _ values: [Element?], _ encode: (Element) -> [UInt8]
    ) {
        let hasNull = values.contains { $0 == nil }
        bytes += Self.bigEndian(UInt32(values.isEmpty ? 0 : 1)) + Self.bigEndian(UInt32(hasNull ? 1 : 0))
        bytes += Self.bigEndian(type)
        guard !values.isEmpty else { return }
        bytes += Self.bigEndian(UInt32(clamping: values.count)) + Self.bigEndian(UInt32(1))
        for value in values {
            guard let value else {
                bytes += Self.bigEndian(UInt32.max)
                continue
            }
            let encoded = encode(value)
            bytes += Self.bigEndian(UInt32(clamping: encoded.count)) + encoded
        }
    }

    private static func bigEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// Numbers of types, the same in every PostgreSQL (src/include/catalog/pg_type.dat).
    private static let int8: UInt32 = 20
    private static let text: UInt32 = 25
}
