/// One response as it came, without its line end. What is in its literals stands beside it: so it need not be copied
/// once more for whoever reads it.
struct Frame: Equatable, Sendable {
    struct Literal: Equatable, Sendable {
        enum Content: Equatable, Sendable {
            case kept([UInt8])
            case oversized(announced: UInt64)
        }
        /// From `{` or `~{` through the line end behind `}`, behind which the line goes on.
        let marker: Range<Int>
        fileprivate(set) var content: Content
    }

    var bytes: [UInt8] = []
    var literals: [Literal] = []
}

/// Cuts the server's octets into responses. It alone decides what is a literal, so that the grammar behind it cannot
/// see another response's start than it did.
///
/// Every octet is looked at once, whatever the cuts of the input. A response is a line, or lines joined by literals. Only
/// data responses have literals: the `{5}` that ends a status text is text (RFC 9051, text).
struct ResponseFramer: Sendable {
    private enum State {
        case line
        case keeping(Int)
        case draining(UInt64)
    }

    private static let reserve = 64 << 10

    private let limits: ParserLimits
    private var input: [UInt8] = []
    private var consumed = 0
    private var state = State.line
    private var frame = Frame()
    /// The literal that is being read, as far as it has come.
    private var literal: [UInt8] = []
    /// Octets of the frame's literals.
    private var literalBytes = 0
    private var lineStart = 0
    private var lineBytes = 0
    private var nesting = Nesting()
    private var failure: IMAPSyntaxError?

    init(limits: ParserLimits) { self.limits = limits }

    /// Whether a response has begun and not ended.
    var isInsideResponse: Bool { !frame.bytes.isEmpty || consumed < input.count }

    mutating func append(_ bytes: [UInt8]) {
        if consumed == input.count {
            input = bytes
            consumed = 0
        } else {
            if consumed > input.count / 2 {
                input.removeFirst(consumed)
                consumed = 0
            }
            input += bytes
        }
    }

    /// The octets that were appended and not looked at, which belong to nobody from now on.
    mutating func takeRest() -> [UInt8] {
        defer {
            input = []
            consumed = 0
        }
        return Array(input[consumed...])
    }

    /// The next whole response, or `nil` until more octets are appended. An error is repeated for ever.
    mutating func next() throws(IMAPSyntaxError) -> Frame? {
        if let failure { throw failure }
        do throws(IMAPSyntaxError) {
            while true {
                switch state {
                case .line:
                    guard takeLine(within: try lineAllowance()) else { return nil }
                    if let frame = try endLine() { return frame }
                case .keeping(let missing):
                    let count = min(missing, input.count - consumed)
                    literal += input[consumed..<consumed + count]
                    consumed += count
                    guard count == missing else {
                        state = .keeping(missing - count)
                        return nil
                    }
                    endLiteral()
                case .draining(let missing):
                    let count = Int(min(missing, UInt64(input.count - consumed)))
                    consumed += count
                    guard count == missing else {
                        state = .draining(missing - UInt64(count))
                        return nil
                    }
                    beginLine()
                }
            }
        } catch {
            failure = error
            input = []
            consumed = 0
            frame = Frame()
            literal = []
            throw error
        }
    }
}

extension ResponseFramer {
    private func lineAllowance() throws(IMAPSyntaxError) -> Int {
        guard lineBytes < limits.line else { throw .lineTooLong(limit: limits.line) }
        return limits.line - lineBytes
    }

    private mutating func beginLine() {
        state = .line
        lineStart = frame.bytes.count
    }

    /// Moves octets up to a line feed, or as many as there are, to the frame. Whether there was a line feed.
    private mutating func takeLine(within allowance: Int) -> Bool {
        let available = input[consumed...].prefix(allowance)
        let end = available.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
        let taken = input[consumed..<(end ?? available.endIndex)]
        frame.bytes += taken
        lineBytes += taken.count
        consumed += taken.count
        return end != nil || taken.count == allowance
    }

    /// At a line feed: the whole response if it ends here.
    private mutating func endLine() throws(IMAPSyntaxError) -> Frame? {
        guard frame.bytes.last == UInt8(ascii: "\n") else { return nil }
        let hasReturn = frame.bytes.count - lineStart >= 2 && frame.bytes[frame.bytes.count - 2] == UInt8(ascii: "\r")
        // Quirk: a bare "\n" ends a line, but not inside a list or a string, where a file name from outside may hold it.
        if !hasReturn, !nesting.isOutside(frame) { return nil }
        let end = frame.bytes.count - (hasReturn ? 2 : 1)
        if let marker = LiteralMarker(endingAt: end, in: frame.bytes, from: lineStart), frame.isData {
            try beginLiteral(marker, marker: marker.start..<frame.bytes.count)
            return nil
        }
        frame.bytes.removeLast(frame.bytes.count - end)
        defer {
            frame = Frame()
            literalBytes = 0
            lineStart = 0
            lineBytes = 0
            nesting = Nesting()
        }
        return frame
    }

    private mutating func beginLiteral(_ literal: LiteralMarker, marker: Range<Int>) throws(IMAPSyntaxError) {
        guard let count = literal.count, count <= limits.drain else { throw .literalTooLarge(limit: limits.drain) }
        guard frame.literals.count < limits.literals else { throw .tooManyLiterals(limit: limits.literals) }
        if count <= UInt64(limits.literal), frame.bytes.count + literalBytes + Int(count) <= limits.response {
            frame.literals.append(.init(marker: marker, content: .kept([])))
            literalBytes += Int(count)
            // Most fit at once, without growing piece by piece; what is only announced gets no more memory than this.
            self.literal.reserveCapacity(min(Int(count), Self.reserve))
            state = .keeping(Int(count))
        } else {
            frame.literals.append(.init(marker: marker, content: .oversized(announced: count)))
            state = .draining(count)
        }
    }

    private mutating func endLiteral() {
        frame.literals[frame.literals.count - 1].content = .kept(literal)
        literal = []
        beginLine()
    }
}

/// `{12}`, `~{12}` (literal8), and `{12+}`, which some servers echo.
private struct LiteralMarker {
    let start: Int
    /// `nil`: more than 64 bits.
    let count: UInt64?

    init?(endingAt end: Int, in bytes: [UInt8], from lineStart: Int) {
        var index = end
        func previous(_ byte: UInt8) -> Bool { index > lineStart && bytes[index - 1] == byte }
        guard previous(UInt8(ascii: "}")) else { return nil }
        index -= 1
        if previous(UInt8(ascii: "+")) || previous(UInt8(ascii: "-")) { index -= 1 }
        let digitsEnd = index
        while index > lineStart, bytes[index - 1].isDigit { index -= 1 }
        guard index < digitsEnd, previous(UInt8(ascii: "{")) else { return nil }
        count = UInt64(String(decoding: bytes[index..<digitsEnd], as: UTF8.self))
        index -= 1
        if previous(UInt8(ascii: "~")) { index -= 1 }
        start = index
    }
}

extension Frame {
    /// `* ` and a word that is not a status: the only kind of response with literals.
    fileprivate var isData: Bool {
        guard bytes.first == UInt8(ascii: "*") else { return false }
        let word = bytes.dropFirst().drop { $0 == UInt8(ascii: " ") }.prefix(8).prefix { $0.isLetter || $0.isDigit }
        return !["OK", "NO", "BAD", "BYE", "PREAUTH"].contains { word.equalsIgnoringCase($0) }
    }
}

/// Follows quotes and parentheses up to a bare line feed; looks at each octet once.
private struct Nesting {
    private var position = 0
    private var depth = 0
    private var isQuoted = false
    private var isEscaped = false
    private var nextLiteral = 0

    mutating func isOutside(_ frame: Frame) -> Bool {
        guard frame.isData else { return true }
        while position < frame.bytes.count {
            if nextLiteral < frame.literals.count, frame.literals[nextLiteral].marker.lowerBound <= position {
                position = frame.literals[nextLiteral].marker.upperBound
                nextLiteral += 1
                continue
            }
            let byte = frame.bytes[position]
            position += 1
            if isEscaped {
                isEscaped = false
            } else if isQuoted {
                isEscaped = byte == UInt8(ascii: "\\")
                isQuoted = byte != UInt8(ascii: "\"")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isQuoted = true
                case UInt8(ascii: "("): depth += 1
                case UInt8(ascii: ")"): depth -= 1
                default: break
                }
            }
        }
        return depth <= 0 && !isQuoted
    }
}
