import CTOML

/// A place in a text file, both counted from 1; columns count code points.
package struct Position: Sendable, Hashable, Comparable {
    package let line: Int
    package let column: Int
    /// `nil` for the configuration itself; else the path of a list that it names.
    package let file: String?

    package init(line: Int, column: Int, file: String? = nil) {
        self.line = line
        self.column = column
        self.file = file
    }

    package static func < (a: Position, b: Position) -> Bool {
        (a.file ?? "", a.line, a.column) < (b.file ?? "", b.line, b.column)
    }
}

/// A TOML document in which every key and value knows where it stands.
struct TOMLTable {
    struct Entry {
        let key: String
        let keyPosition: Position
        let node: TOMLNode
    }

    let position: Position
    /// In the order of the file.
    let entries: [Entry]

    subscript(key: String) -> Entry? { entries.first { $0.key == key } }
}

struct TOMLNode {
    enum Value {
        case table(TOMLTable)
        case array([TOMLNode])
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        case dateOrTime
    }

    let position: Position
    let value: Value

    /// What it is, with its article, for "is …; expected …".
    var kind: String {
        switch value {
        case .table: "a table"
        case .array: "a list"
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a float"
        case .boolean(let value): value ? "true" : "false"
        case .dateOrTime: "a date or time"
        }
    }
}

struct TOMLError: Error {
    let position: Position?
    let reason: String
}

extension TOMLTable {
    static let maximumBytes = 1 << 20
    static let maximumDepth = 32

    init(parsing text: [UInt8]) throws(TOMLError) {
        guard text.count <= Self.maximumBytes else {
            throw TOMLError(position: nil, reason: "the file is larger than 1 MB")
        }
        let builder = TreeBuilder()
        var error = ctoml_error()
        let status = text.withUnsafeBytes { bytes in
            ctoml_parse(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, Self.maximumDepth,
                Unmanaged.passUnretained(builder).toOpaque(), visit, &error)
        }
        let position = error.line > 0 ? Position(line: Int(error.line), column: Int(error.column)) : nil
        switch status {
        case CTOML_OK:
            guard let root = builder.root else { throw TOMLError(position: nil, reason: "no document") }
            self = root
        case CTOML_TOO_DEEP:
            throw TOMLError(position: position, reason: "nested deeper than \(Self.maximumDepth) levels")
        case CTOML_SYNTAX:
            let text = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            let lead = "Error while "
            let message = text.hasPrefix(lead) ? String(text.dropFirst(lead.count)) : text
            throw TOMLError(position: position, reason: "not TOML: " + printable(message, limit: 256))
        default:
            throw TOMLError(position: nil, reason: "out of memory")
        }
    }
}

/// Puts the events of the walk together. Lives for one call of `ctoml_parse`.
private final class TreeBuilder {
    /// A table or list whose end has not come yet.
    private struct Container {
        let key: String
        let keyPosition: Position
        let position: Position
        let isTable: Bool
        var entries: [TOMLTable.Entry] = []
        var elements: [TOMLNode] = []
    }

    private var open: [Container] = []
    private(set) var root: TOMLTable?

    func add(_ event: ctoml_event) {
        let key = text(event.key, event.key_length)
        let keyPosition = Position(line: Int(event.key_line), column: Int(event.key_column))
        let position = Position(line: Int(event.line), column: Int(event.column))
        switch event.kind {
        case CTOML_TABLE, CTOML_ARRAY:
            open.append(
                Container(
                    key: key, keyPosition: keyPosition, position: position, isTable: event.kind == CTOML_TABLE))
        case CTOML_END: close()
        default: attach(TOMLNode(position: position, value: scalar(event)), key, keyPosition)
        }
    }

    private func scalar(_ event: ctoml_event) -> TOMLNode.Value {
        switch event.kind {
        case CTOML_STRING: .string(text(event.text, event.text_length))
        case CTOML_INTEGER: .integer(event.integer)
        case CTOML_FLOAT: .float(event.floating)
        case CTOML_BOOLEAN: .boolean(event.integer != 0)
        default: .dateOrTime
        }
    }

    private func close() {
        guard let container = open.popLast() else { return }
        guard container.isTable else {
            return attach(
                TOMLNode(position: container.position, value: .array(container.elements)), container.key,
                container.keyPosition)
        }
        // The walk goes by key; people read by line.
        let table = TOMLTable(
            position: container.position, entries: container.entries.sorted { $0.keyPosition < $1.keyPosition })
        if open.isEmpty {
            root = table
        } else {
            attach(TOMLNode(position: container.position, value: .table(table)), container.key, container.keyPosition)
        }
    }

    private func attach(_ node: TOMLNode, _ key: String, _ keyPosition: Position) {
        guard let last = open.indices.last else { return }
        if open[last].isTable {
            open[last].entries.append(.init(key: key, keyPosition: keyPosition, node: node))
        } else {
            open[last].elements.append(node)
        }
    }

    private func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
    }
}

private func visit(_ context: UnsafeMutableRawPointer?, _ event: UnsafePointer<ctoml_event>?) {
    guard let context, let event else { return }
    Unmanaged<TreeBuilder>.fromOpaque(context).takeUnretainedValue().add(event.pointee)
}
