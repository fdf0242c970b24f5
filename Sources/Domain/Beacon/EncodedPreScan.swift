import MIME

/// Tells of a part as it is transferred, quicker than its transfer encoding could be undone, that there can be no finding.
///
/// It must never miss, so it looks for what ``PreScan`` looks for, however it is encoded: a character of a token is
/// itself or an escape, soft line breaks may cut anything anywhere, and blanks before a line end do not count. Whatever is
/// not plain enough is left to ``PreScan``.
extension PreScan {
    /// Whether there may be a finding in quoted-printable text in which, once it is decoded, ASCII means ASCII.
    func mayFind(inQuotedPrintable text: UnsafeBufferPointer<UInt8>) -> Bool {
        anchors != nil || Self.mayHoldEscape(text) || Self.mayHoldToken(text)
    }

    /// Whether a character may be written otherwise in the HTML, or the text is none that encoders write.
    private static func mayHoldEscape(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while true {
            // `=26`, `=25`, `=5C`
            index = ByteSearch.firstInQuotedPrintable(
                of: UInt8(ascii: "&"), UInt8(ascii: "%"), UInt8(ascii: "\\"),
                escapedBehind: (UInt8(ascii: "2"), UInt8(ascii: "5")), in: text, from: index)
            guard index < text.count else { return false }
            let mayMatter =
                switch text[index] {
                case UInt8(ascii: "&"): mayBeReference(text, after: index + 1)
                case UInt8(ascii: "%"): mayBePercentEncoded(text, after: index + 1)
                case UInt8(ascii: "\\"): mayBeBackslashed(text, after: index + 1)
                case UInt8(ascii: "="): mayBeSign(text, after: index + 1)
                default: true
                }
            if mayMatter { return true }
            index += 1
        }
    }

    /// What can be something else than it is, once it is decoded.
    private static func isUndecided(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "=") || byte.isIgnoredInURLs }

    private static func mayBeSign(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        guard start + 1 < text.count, let high = text[start].hexValue, let low = text[start + 1].hexValue else {
            return false
        }
        let value = high << 4 | low
        return value == UInt8(ascii: "&") || value == UInt8(ascii: "%") || value == UInt8(ascii: "\\")
    }

    private static func mayBeReference(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        guard start < text.count else { return false }
        if text[start] == UInt8(ascii: "=") { return true }
        guard text[start] == UInt8(ascii: "#") else {
            guard beginsName[Int(text[start])] else { return false }
            return namedReferences.contains { name in
                let (end, _) = zip(text[start...], name.dropFirst()).reduce((start, true)) { seen, pair in
                    seen.1 && pair.0 == pair.1 ? (seen.0 + 1, true) : (seen.0, false)
                }
                return end - start == name.count - 1 || end < text.count && text[end] == UInt8(ascii: "=")
            }
        }
        let (value, end) = numericReference(text, at: start)
        return matters(value) || end < text.count && text[end] == UInt8(ascii: "=")
    }

    private static func mayBePercentEncoded(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        guard start < text.count else { return false }
        guard let high = text[start].hexValue else { return isUndecided(text[start]) }
        guard start + 1 < text.count else { return false }
        guard let low = text[start + 1].hexValue else { return isUndecided(text[start + 1]) }
        let value = high << 4 | low
        return value == UInt8(ascii: "%") || value.isLetterOrDigit
    }

    private static func mayBeBackslashed(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        start < text.count && (text[start].isLetterOrDigit || isUndecided(text[start]))
    }
}

extension PreScan {
    /// A token takes no fewer bytes than it has characters, and none of them is a blank or punctuation.
    private static func mayHoldToken(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        firstRun(of: inEncodedRun, in: text) { holdsToken(text, $0) }
    }

    /// What a token's characters, what URLs ignore, and escapes of both are written with.
    private static let inEncodedRun: [Bool] = (0...255).map { (byte: UInt8) in
        byte.isBase32 || byte.isIgnoredInURLs || byte.hexValue != nil || byte == UInt8(ascii: "=")
    }

    private static func holdsToken(_ text: UnsafeBufferPointer<UInt8>, _ run: Range<Int>) -> Bool {
        var index = run.lowerBound
        var count = 0
        while index < run.upperBound {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: "="), index < text.count {
                if index + 1 < text.count, let high = text[index].hexValue, let low = text[index + 1].hexValue {
                    byte = high << 4 | low
                    index += 2
                } else if text[index] == 0x0d || text[index] == 0x0a {
                    continue
                }
            }
            if byte.isBase32 {
                count += 1
            } else if !byte.isIgnoredInURLs {
                if count >= tokenLength, isDot(byte) { return true }
                count = 0
            }
        }
        return count >= tokenLength && run.upperBound < text.count && isDot(text[run.upperBound])
    }
}
