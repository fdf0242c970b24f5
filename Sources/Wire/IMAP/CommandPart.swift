/// A piece of a command: text of its line, or data that goes as a literal.
enum CommandPart: Equatable, Sendable {
    case text([UInt8])
    case literal([UInt8])

    var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .literal(let bytes): bytes
        }
    }
}

/// When a literal may be sent without waiting for the server's `+` (RFC 7888).
enum LiteralMode: Equatable, Sendable {
    case synchronising
    /// LITERAL-: up to 4,096 octets.
    case short
    /// LITERAL+
    case any

    init(_ capabilities: Capabilities) {
        if capabilities.contains(.literalPlus) {
            self = .any
        } else {
            self = capabilities.contains(.literalMinus) ? .short : .synchronising
        }
    }

    func mustWait(_ count: Int) -> Bool {
        switch self {
        case .synchronising: true
        case .short: count > 4096
        case .any: false
        }
    }
}

extension CommandPart {
    /// The octets to send, each piece but the first after a `+`. The line end of the last is the only one that is not
    /// behind a literal's announcement or in its data.
    static func pieces(of parts: [CommandPart], tag: Tag, literals: LiteralMode) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece = Array("\(tag) ".utf8)
        for part in parts {
            switch part {
            case .text(let text):
                piece += text
            case .literal(let data):
                let waits = literals.mustWait(data.count)
                piece += Array("{\(data.count)\(waits ? "" : "+")}\r\n".utf8)
                if waits {
                    pieces.append(piece)
                    piece = []
                }
                piece += data
            }
        }
        piece += Array("\r\n".utf8)
        pieces.append(piece)
        return pieces
    }
}

/// Collects the parts of one command and lets nothing into its line that could end it.
struct CommandWriter {
    private(set) var parts: [CommandPart] = []
    private var line: [UInt8] = []
    private var lineLength = 0

    /// Our own words and numbers.
    mutating func text(_ text: String) {
        line += Array(text.utf8)
    }

    /// Anything: quoted if it is plain printable ASCII, else a literal.
    mutating func string(_ bytes: [UInt8]) throws(CommandError) {
        if bytes.count <= 1000, bytes.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            line.append(UInt8(ascii: "\""))
            line += bytes
            line.append(UInt8(ascii: "\""))
        } else {
            try literal(bytes)
        }
    }

    mutating func string(_ text: String) throws(CommandError) { try string(Array(text.utf8)) }

    mutating func literal(_ bytes: [UInt8]) throws(CommandError) {
        if bytes.contains(0) { throw .containsNUL }
        endLine()
        parts.append(.literal(bytes))
    }

    mutating func set(_ set: UIDSet) throws(CommandError) {
        if set.isEmpty { throw .emptySet }
        text(set.description)
    }

    /// In parentheses.
    mutating func flags(_ flags: [Flag]) throws(CommandError) {
        for flag in flags where !flag.isWellFormed { throw .malformedFlag(flag.spelling) }
        text("(" + flags.map(\.spelling).joined(separator: " ") + ")")
    }

    /// The parts, if the text among them is short enough for every server.
    consuming func finished(maxLineLength: Int) throws(CommandError) -> [CommandPart] {
        endLine()
        if lineLength > maxLineLength { throw .lineTooLong(lineLength) }
        return parts
    }

    private mutating func endLine() {
        if line.isEmpty { return }
        lineLength += line.count
        parts.append(.text(line))
        line = []
    }
}
