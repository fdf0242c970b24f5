import MIME

/// Tells quickly, over transfer-decoded HTML, that there can be no finding, or none behind a certain place.
///
/// It must never miss, so it looks for what every finding needs, however it is written:
/// - An own token is 40 base32 characters with a dot after them. Written plainly it is a run of them, broken at most by
///   bytes that URLs ignore, before `.`, or the `%`, `&` or `\` that begins an escaped dot.
/// - A foreign one needs its pattern's ``TokenPattern/anchor``, letters and digits.
/// - Written otherwise, a letter, a digit, an ignored byte or a sign that begins another escape is itself escaped: as a
///   numeric or named reference, percent-encoded, or by a backslash in a style. Mail hardly ever does that.
struct PreScan: Sendable {
    let anchors: AnchorAutomaton?
    /// Characters of a token's text.
    static let tokenLength = 40

    init(patterns: [TokenPattern]) { anchors = AnchorAutomaton(patterns.map(\.anchor)) }

    /// A byte of the last finding that there may be, or one behind it; `nil` if there can be none.
    func lastCandidate(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        if anchors?.matches(bytes) == true { return bytes.count - 1 }
        guard let plain = Self.lastPlainToken(bytes) else { return Self.lastEscapedCharacter(bytes) }
        return max(plain, Self.lastEscapedCharacter(bytes) ?? 0)
    }

    private static func lastPlainToken(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var last: Int?
        _ = firstRun(of: inRun, in: bytes) { run in
            let end = run.upperBound
            if end < bytes.count, isDot(bytes[end]), bytes[run].lazy.filter(\.isBase32).count >= tokenLength {
                last = end
            }
            return false
        }
        return last
    }

    /// Whether `matches` says so of a run that could hold a token, the first ones first. What is in a run is neither blank
    /// nor punctuation.
    static func firstRun(
        of inRun: [Bool], in bytes: UnsafeBufferPointer<UInt8>, where matches: (Range<Int>) -> Bool
    ) -> Bool {
        inRun.withUnsafeBufferPointer { inRun in
            var block = 0
            while true {
                block = ByteSearch.firstBlock(withoutPunctuationIn: bytes, from: block)
                guard block < bytes.count else { return false }
                var end = block
                while end < bytes.count, inRun[Int(bytes[end])] { end += 1 }
                guard end - block >= ByteSearch.blockLength else {
                    block += ByteSearch.blockLength
                    continue
                }
                var start = block
                while start > 0, inRun[Int(bytes[start - 1])] { start -= 1 }
                if end - start >= tokenLength, matches(start..<end) { return true }
                block = end
            }
        }
    }

    private static let inRun: [Bool] = (0...255).map { UInt8($0).isBase32 || UInt8($0).isIgnoredInURLs }

    /// The dot after a token, or the beginning of an escaped one.
    static func isDot(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "&")
            || byte == UInt8(ascii: "\\")
    }

    private static func lastEscapedCharacter(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var last: Int?
        var index = 0
        while true {
            index = ByteSearch.first(
                of: UInt8(ascii: "&"), UInt8(ascii: "%"), UInt8(ascii: "\\"), in: bytes, from: index)
            guard index < bytes.count else { return last }
            let isEscape =
                switch bytes[index] {
                case UInt8(ascii: "&"): isReference(bytes, after: index + 1)
                case UInt8(ascii: "%"): isPercentEncoded(bytes, after: index + 1)
                default: isBackslashed(bytes, after: index + 1)
                }
            if isEscape { last = index }
            index += 1
        }
    }

    /// A numeric reference (HTML 13.2.5.75) to a character that matters, or a named one.
    private static func isReference(_ bytes: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        guard start < bytes.count else { return false }
        guard bytes[start] == UInt8(ascii: "#") else {
            return beginsName[Int(bytes[start])]
                && namedReferences.contains { bytes[(start - 1)...].starts(with: $0) }
        }
        return matters(numericReference(bytes, at: start).value)
    }

    /// What the number behind `#`, which is at `start`, stands for, no more than 0x110000; and where it ends.
    static func numericReference(
        _ bytes: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> (value: UInt32, end: Int) {
        var index = start + 1
        let isHex = index < bytes.count && bytes[index].lowercased == UInt8(ascii: "x")
        if isHex { index += 1 }
        var value: UInt32 = 0
        while index < bytes.count, let digit = bytes[index].hexValue, isHex || digit < 10 {
            value = min(value * (isHex ? 16 : 10) + UInt32(digit), 0x110000)
            index += 1
        }
        return (value, index)
    }

    /// Whether a reference to this character could hide a part of a URL.
    static func matters(_ value: UInt32) -> Bool {
        guard let character = UInt8(exactly: value) else { return false }
        return character.isLetterOrDigit || character.isIgnoredInURLs || character == UInt8(ascii: "%")
            || character == UInt8(ascii: "\\")
    }

    static let namedReferences = URLText.namedReferences.filter {
        $0.value.isIgnoredInURLs || $0.value == UInt8(ascii: "%") || $0.value == UInt8(ascii: "\\")
    }.map(\.name)

    /// Most references are to other characters.
    static let beginsName: [Bool] = (0...255).map { byte in
        namedReferences.contains { $0.dropFirst().first == UInt8(byte) }
    }

    /// `%41`, also `%2541`, and broken by what URLs ignore.
    private static func isPercentEncoded(_ bytes: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        var index = start
        func nextDigit() -> UInt8? {
            while index < bytes.count, bytes[index].isIgnoredInURLs { index += 1 }
            guard index < bytes.count, let digit = bytes[index].hexValue else { return nil }
            index += 1
            return digit
        }
        while let high = nextDigit(), let low = nextDigit() {
            let value = high << 4 | low
            if value != UInt8(ascii: "%") { return value.isLetterOrDigit }
        }
        return false
    }

    /// A backslash before anything that it would make a letter or digit (CSS Syntax 4.3.7).
    private static func isBackslashed(_ bytes: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        start < bytes.count && (bytes[start].isLetterOrDigit || bytes[start].isIgnoredInURLs)
    }
}
