/// A mailbox of an address list (RFC 5322 3.4).
package struct Address: Sendable, Equatable, Hashable {
    /// As people see it, encoded words decoded; `nil` if there is none.
    package let displayName: String?
    /// `local@domain` as written, without brackets, route and comments. Of damaged input it may be any word.
    package let address: String

    package init(displayName: String?, address: String) {
        self.displayName = displayName
        self.address = address
    }

    /// The mailboxes of a field's value, groups taken apart, at most `limit`. Quotes and comments that are
    /// never closed are read as ordinary characters, so that one of them does not swallow the rest of the list.
    static func list(_ value: [UInt8], limit: Int) -> [Address] {
        var reader = AddressReader(value)
        var found: [Address] = []
        while found.count < limit, let mailbox = reader.next() {
            if !mailbox.address.isEmpty { found.append(mailbox) }
        }
        return found
    }
}

private struct AddressReader {
    private let bytes: [UInt8]
    private var position = 0
    /// From these places on the character opens nothing, since it is never closed.
    private var unclosedQuote = Int.max
    private var unclosedComment = Int.max

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next mailbox, with an empty address where there is none between two separators; `nil` at the end.
    mutating func next() -> Address? {
        guard position < bytes.count else { return nil }
        var words: [UInt8] = []
        var hasAt = false
        var comment: [UInt8] = []
        var bracketed: [UInt8]?
        scan: while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                position += 1
                break scan
            case UInt8(ascii: ":") where bracketed == nil && !hasAt:
                // A group's name (RFC 5322 3.4); its members follow.
                position += 1
                words = []
            case UInt8(ascii: "\""):
                if let content = quotedString() {
                    words += bracketed == nil && localPartFollows ? [byte] + content + [byte] : content
                } else {
                    take(byte, &words)
                }
            case UInt8(ascii: "("):
                if let content = skippedComment() { comment = content } else { take(byte, &words) }
            case UInt8(ascii: "<"):
                bracketed = bracket()
            default:
                hasAt = hasAt || byte == UInt8(ascii: "@")
                take(byte, &words)
            }
        }
        return mailbox(words: words, comment: comment, bracketed: bracketed)
    }

    private mutating func take(_ byte: UInt8, _ words: inout [UInt8]) {
        words.append(byte)
        position += 1
    }

    private func mailbox(words: [UInt8], comment: [UInt8], bracketed: [UInt8]?) -> Address {
        if let bracketed {
            return Address(displayName: display(words), address: addrSpec(bracketed))
        }
        // RFC 822 writers put the name into a comment: `me@example.org (Me)`.
        return Address(displayName: display(comment), address: addrSpec(words))
    }

    private func display(_ bytes: [UInt8]) -> String? {
        let name = EncodedWords.decode(Array(bytes.trimmed))
        return name.isEmpty ? nil : name
    }

    private func addrSpec(_ bytes: [UInt8]) -> String {
        let plain = bytes.filter { $0 > 0x20 && $0 != 0x7f }
        // The obsolete route `@a,@b:` before the address (RFC 5322 4.4).
        guard plain.first == UInt8(ascii: "@"), let colon = plain.firstIndex(of: UInt8(ascii: ":")) else {
            return EncodedWords.decode(plain)
        }
        return EncodedWords.decode(Array(plain[(colon + 1)...]))
    }

    /// Whether the quoted string that was just read is a local part: an `@` comes next.
    private var localPartFollows: Bool { position < bytes.count && bytes[position] == UInt8(ascii: "@") }

    private mutating func quotedString() -> [UInt8]? {
        guard position < unclosedQuote else { return nil }
        var content: [UInt8] = []
        var index = position + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            content.append(bytes[index])
            index += 1
        }
        guard index < bytes.count else {
            unclosedQuote = position
            return nil
        }
        position = index + 1
        return content
    }

    private mutating func skippedComment() -> [UInt8]? {
        guard position < unclosedComment else { return nil }
        var depth = 0
        var content: [UInt8] = []
        var index = position
        while index < bytes.count {
            var byte = bytes[index]
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 {
                position = index + 1
                return Array(content.dropFirst())
            }
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                index += 1
                byte = bytes[index]
            }
            content.append(byte)
            index += 1
        }
        unclosedComment = position
        return nil
    }

    /// What follows `<`; if another `<` comes before the `>`, or none comes, it ends at the separator.
    private mutating func bracket() -> [UInt8] {
        let inside = bytes[(position + 1)...]
        let stop = inside.firstIndex { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") } ?? inside.endIndex
        if stop < inside.endIndex, bytes[stop] == UInt8(ascii: ">") {
            position = stop + 1
            return Array(inside[..<stop])
        }
        let end = inside[..<stop].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") } ?? stop
        position = end
        return Array(inside[..<end])
    }
}
