/// The response is outside the grammar, tolerances included.
struct GrammarError: Error {}

/// Reads one framed response from left to right. It never goes beyond the frame and never recurses.
struct Scanner {
    let frame: Frame
    let limits: ParserLimits
    var position = 0
    private var nextLiteral = 0

    init(_ frame: Frame, limits: ParserLimits) {
        self.frame = frame
        self.limits = limits
    }

    var isAtEnd: Bool { position >= frame.bytes.count }
    var peek: UInt8? { position < frame.bytes.count ? frame.bytes[position] : nil }
    /// What is left, literals included.
    var rest: ArraySlice<UInt8> { frame.bytes[min(position, frame.bytes.count)...] }

    /// Whether the byte was there; it is then behind us.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard let peek, peek == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: Unicode.Scalar) throws(GrammarError) {
        if !take(byte) { throw GrammarError() }
    }

    /// Any number of spaces, or none: `UID 12MODSEQ (5)` of old Zimbras has one too few, others have two.
    mutating func skipSpaces() {
        while let peek, peek == 0x20 || peek == 0x09 { position += 1 }
    }

    /// The bytes up to one that `isEnd` or up to a literal; possibly none.
    mutating func run(until isEnd: (UInt8) -> Bool) -> ArraySlice<UInt8> { frame.bytes[runRange(until: isEnd)] }

    private mutating func runRange(until isEnd: (UInt8) -> Bool) -> Range<Int> {
        let start = position
        let bound = nextLiteralStart
        while position < bound, !isEnd(frame.bytes[position]) { position += 1 }
        return start..<position
    }

    /// An atom, generously: anything up to a space, a parenthesis or a quote. Unquoted `]` stays inside (Gmail's labels).
    mutating func atom() throws(GrammarError) -> ArraySlice<UInt8> { frame.bytes[try atomRange()] }

    mutating func atomRange() throws(GrammarError) -> Range<Int> {
        let atom = runRange { $0 == 0x20 || $0 == 0x28 || $0 == 0x29 || $0 == 0x22 }
        if atom.isEmpty { throw GrammarError() }
        return atom
    }

    mutating func takeNil() -> Bool {
        guard position + 3 <= frame.bytes.count, frame.bytes[position].folded == UInt8(ascii: "n"),
            frame.bytes[position + 1].folded == UInt8(ascii: "i"), frame.bytes[position + 2].folded == UInt8(ascii: "l")
        else { return false }
        let next = position + 3 < frame.bytes.count ? frame.bytes[position + 3] : 0x20
        guard next == 0x20 || next == 0x29 || next == 0x5D else { return false }
        position += 3
        return true
    }
}

// Strings
extension Scanner {
    /// Where the next literal begins, or the end. What is in a literal is never read as anything else.
    private var nextLiteralStart: Int {
        nextLiteral < frame.literals.count ? frame.literals[nextLiteral].marker.lowerBound : frame.bytes.count
    }

    /// The literal that begins here, if one does.
    mutating func takeLiteral() -> SectionContent? {
        guard !isAtEnd, nextLiteralStart == position else { return nil }
        let literal = frame.literals[nextLiteral]
        nextLiteral += 1
        position = literal.marker.upperBound
        return switch literal.content {
        case .kept(let bytes): .bytes(bytes)
        case .oversized(let announced): .oversized(announced: announced)
        }
    }

    /// NIL, a quoted string, a literal or, where a server forgot the quotes, an atom.
    mutating func stringOrNil() throws(GrammarError) -> SectionContent {
        if takeNil() { return .absent }
        if let literal = takeLiteral() { return literal }
        if peek == UInt8(ascii: "\"") { return .bytes(try quoted()) }
        return .bytes(Array(try atom()))
    }

    /// As ``stringOrNil()``, but there has to be one that was kept.
    mutating func string() throws(GrammarError) -> [UInt8] {
        if let literal = takeLiteral() {
            guard let bytes = literal.bytes else { throw GrammarError() }
            return bytes
        }
        if peek == UInt8(ascii: "\"") { return try quoted() }
        return Array(try atom())
    }

    /// Quirk: `"<"a.b"@example.org>"` (iCloud). A quote that nothing of the grammar can follow does not end the string.
    /// - Parameter isEnd: whether the quote before the position it is given ends the string.
    mutating func quoted(
        endingWhere isEnd: (Scanner, Int) -> Bool = { $0.isDelimiter(at: $1) }
    ) throws(GrammarError) -> [UInt8] {
        if let plain = try plainQuoted(endingWhere: isEnd) { return Array(frame.bytes[plain]) }
        try expect("\"")
        let bound = nextLiteralStart
        var result: [UInt8] = []
        while position < bound {
            let byte = frame.bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                if isEnd(self, position) { return result }
                result.append(byte)
            case UInt8(ascii: "\\"):
                if let escaped = peek, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") {
                    result.append(escaped)
                    position += 1
                } else {
                    result.append(byte)
                }
            default:
                result.append(byte)
            }
        }
        throw GrammarError()
    }

    /// As ``quoted(endingWhere:)``, where in the response it stands; `nil`, and nothing is read, if there are escapes or
    /// quotes inside.
    mutating func plainQuoted(endingWhere isEnd: (Scanner, Int) -> Bool) throws(GrammarError) -> Range<Int>? {
        let start = position
        try expect("\"")
        let plain = runRange { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        if plain.upperBound < nextLiteralStart, frame.bytes[plain.upperBound] == UInt8(ascii: "\""),
            isEnd(self, plain.upperBound + 1)
        {
            position += 1
            return plain
        }
        position = start
        return nil
    }

    /// Whether a value may end before this position.
    func isDelimiter(at position: Int) -> Bool {
        guard position < frame.bytes.count else { return true }
        switch frame.bytes[position] {
        case 0x20, 0x09, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "]"): return true
        default: return false
        }
    }
}

// Numbers
extension Scanner {
    /// Digits only. Throws at other bytes and beyond 64 bits.
    mutating func number() throws(GrammarError) -> UInt64 {
        let digits = run { !$0.isDigit }
        guard !digits.isEmpty else { throw GrammarError() }
        var value: UInt64 = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 0x30))
            if overflow || carry { throw GrammarError() }
            value = sum
        }
        return value
    }

    mutating func number32() throws(GrammarError) -> UInt32 {
        guard let value = UInt32(exactly: try number()) else { throw GrammarError() }
        return value
    }

    /// A size. Quirk: `9.3736e+06` (mail.ru) is 9373600; a sign or rubbish is no size.
    mutating func size() throws(GrammarError) -> UInt64? {
        Self.size(try atom())
    }

    static func size(_ text: some Collection<UInt8>) -> UInt64? {
        var mantissa: UInt64 = 0
        var exponent = 0
        var hasPoint = false
        var rest = text[...]
        guard rest.first?.isDigit == true else { return nil }
        while let byte = rest.first, byte.isDigit || byte == UInt8(ascii: ".") && !hasPoint {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: ".") {
                hasPoint = true
                continue
            }
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
            if overflow || carry { return nil }
            mantissa = sum
            if hasPoint { exponent -= 1 }
        }
        if let e = rest.first {
            guard e.folded == UInt8(ascii: "e"), let power = Int8(String(decoding: rest.dropFirst(), as: UTF8.self))
            else { return nil }
            exponent += Int(power)
        }
        while exponent > 0, mantissa > 0 {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            mantissa = product
            exponent -= 1
        }
        while exponent < 0, mantissa > 0 {
            mantissa /= 10
            exponent += 1
        }
        return mantissa
    }

    /// In parentheses or bare. 0 and −1 (Zoho) are none.
    mutating func modificationSequence() throws(GrammarError) -> ModificationSequence? {
        let isWrapped = take("(")
        let text = try atom()
        if isWrapped { try expect(")") }
        guard let value = UInt64(String(decoding: text, as: UTF8.self)), (1...UInt64(Int64.max)).contains(value) else {
            return nil
        }
        return ModificationSequence(value)
    }

    mutating func uidSet() throws(GrammarError) -> UIDSet {
        let text = run { !($0.isDigit || $0 == 0x2A || $0 == 0x2C || $0 == 0x3A) }
        guard let set = UIDSet(wire: text, maximumRanges: limits.setRanges) else { throw GrammarError() }
        return set
    }
}

// Lists
extension Scanner {
    /// `(a b c)`, `()` or NIL.
    mutating func list<Element>(
        of element: (inout Scanner) throws(GrammarError) -> Element
    ) throws(GrammarError) -> [Element] {
        if takeNil() { return [] }
        try expect("(")
        var elements: [Element] = []
        skipSpaces()
        while !take(")") {
            guard elements.count < limits.items else { throw GrammarError() }
            elements.append(try element(&self))
            skipSpaces()
        }
        return elements
    }

    /// Values to the end of the response.
    mutating func remaining<Element>(
        of element: (inout Scanner) throws(GrammarError) -> Element
    ) throws(GrammarError) -> [Element] {
        var elements: [Element] = []
        skipSpaces()
        while !isAtEnd {
            guard elements.count < limits.items else { throw GrammarError() }
            elements.append(try element(&self))
            skipSpaces()
        }
        return elements
    }

    /// One value of any kind and depth, unread.
    mutating func skipValue() throws(GrammarError) {
        var depth = 0
        repeat {
            skipSpaces()
            guard let byte = peek else { throw GrammarError() }
            switch byte {
            case UInt8(ascii: "("):
                position += 1
                depth += 1
            case UInt8(ascii: ")"):
                guard depth > 0 else { throw GrammarError() }
                position += 1
                depth -= 1
            case UInt8(ascii: "\""):
                _ = try quoted()
            default:
                if takeLiteral() == nil { _ = try atom() }
            }
        } while depth > 0
    }
}
