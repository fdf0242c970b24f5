/// A word that begins a Subject and is an order to us, not part of what the recipient reads.
package enum SubjectPrefix {
    /// What takes the prefix, and the blanks behind it, off a field's value that lies at `value` in the message, in
    /// encoded words too (RFC 2047); `nil` if the value does not begin with it, in any case. `prefix` is ASCII.
    package static func removal(of prefix: String, from value: Range<Int>, in message: [UInt8]) -> MessageEdit? {
        guard !prefix.isEmpty, prefix.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else { return nil }
        let bytes = Array(message[value])
        var reader = PrefixReader(bytes: bytes, missing: Array(prefix.utf8)[...])
        guard let (range, inserted) = reader.read() else { return nil }
        return MessageEdit(
            offset: value.lowerBound + range.lowerBound, removed: range.count, inserted: inserted)
    }
}

private struct PrefixReader {
    let bytes: [UInt8]
    var missing: ArraySlice<UInt8>
    var position = 0

    init(bytes: [UInt8], missing: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.missing = missing
    }

    mutating func read() -> (Range<Int>, [UInt8])? {
        skipBlanks()
        let start = position
        var afterWord = false
        while !missing.isEmpty {
            guard position < bytes.count else { return nil }
            if let word = word {
                let length = min(missing.count, word.content.count)
                guard take(word.content.prefix(length)) else { return nil }
                position = word.end
                if missing.isEmpty {
                    let rest = Array(word.content.dropFirst(length).drop { $0 == 0x20 })
                    if !rest.isEmpty { return (start..<position, shortened(word, to: rest)) }
                } else {
                    // Blanks between two encoded words are none (RFC 2047 6.2).
                    skipBlanks()
                }
                afterWord = true
            } else {
                guard !afterWord, takePlain() else { return nil }
            }
        }
        skipBlanks()
        return (start..<position, [])
    }

    private var word: EncodedWord? {
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "="),
            bytes[position + 1] == UInt8(ascii: "?"), let word = EncodedWord(bytes, at: position)
        else { return nil }
        switch word.charset {
        case .utf16, .utf16LittleEndian, .utf16BigEndian: return nil
        case .utf8, .windows1252, .latin9, .iso2022, .unknown: return word
        }
    }

    private mutating func take(_ text: some Collection<UInt8>) -> Bool {
        guard missing.prefix(text.count).equalsIgnoringCase(text) else { return false }
        missing = missing.dropFirst(text.count)
        return true
    }

    private mutating func takePlain() -> Bool {
        // A folded line's end is not part of the text (RFC 5322 2.2.3).
        while position < bytes.count, bytes[position] == 0x0d || bytes[position] == 0x0a { position += 1 }
        guard position < bytes.count, take(CollectionOfOne(bytes[position] == 0x09 ? 0x20 : bytes[position])) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while position < bytes.count, bytes[position].isBlankOrLineEnd { position += 1 }
    }

    /// The word with the end of its content alone, in its own encoding.
    private func shortened(_ word: EncodedWord, to rest: [UInt8]) -> [UInt8] {
        let opening = Array(bytes[word.start..<word.text.lowerBound])
        let closing = bytes[word.text.upperBound..<word.end]
        if word.isBase64 {
            var encoder = Base64Encoder(width: nil, lineEnd: [], column: 0)
            encoder.encode(rest)
            return opening + encoder.text + closing
        }
        var index = word.text.lowerBound
        for _ in 0..<(word.content.count - rest.count) {
            let isEscape =
                bytes[index] == UInt8(ascii: "=") && index + 2 < word.text.upperBound
                && bytes[index + 1].hexValue != nil && bytes[index + 2].hexValue != nil
            index += isEscape ? 3 : 1
        }
        return opening + bytes[index..<word.text.upperBound] + closing
    }
}
