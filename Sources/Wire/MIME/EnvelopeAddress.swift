/// The address of an SMTP envelope (RFC 5321 4.1.2 `Mailbox`, with the characters of RFC 6531).
///
/// It is read strictly, since it is written into commands again: it holds no control character, no line end and no
/// bracket outside of quotes.
package struct EnvelopeAddress: Sendable, Hashable {
    /// As written, with its quotes if it has any.
    package let local: String
    /// In lower case: a name, or a literal in brackets.
    package let domain: String

    /// `nil` if it is not of the grammar, or longer than a path may be (RFC 5321 4.5.3.1).
    package init?(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard bytes.count <= 254, let whole = String(validating: bytes, as: UTF8.self),
            let at = bytes.lastIndex(of: UInt8(ascii: "@")), (1...64).contains(at)
        else { return nil }
        let (local, domain) = (bytes[..<at], bytes[(at + 1)...])
        guard Self.isQuoted(local) || Self.isDotString(local), Self.isLiteral(domain) || Self.isDomain(domain) else {
            return nil
        }
        // C1 controls steer terminals, and are no letters of any script.
        guard !whole.unicodeScalars.contains(where: { (0x80..<0xa0).contains($0.value) }) else { return nil }
        self.local = String(decoding: local, as: UTF8.self)
        self.domain = domain.lowercasedText
    }

    package init?(_ text: String) { self.init(text.utf8) }

    package var text: String { local + "@" + domain }

    /// The local part without what a `+` adds to it, and that; `nil` without one.
    package var subaddress: (user: String, detail: String)? {
        guard let plus = local.firstIndex(of: "+"), plus != local.startIndex else { return nil }
        return (String(local[..<plus]), String(local[local.index(after: plus)...]))
    }

    /// Whether both name one mailbox, as far as anybody does it: local parts in any case.
    package func isSame(as other: EnvelopeAddress) -> Bool {
        domain == other.domain && local.lowercased() == other.local.lowercased()
    }

    /// Whether it is that address, or one that adds something to it with a `+`.
    package func belongs(to own: EnvelopeAddress) -> Bool {
        let plain = subaddress.flatMap { EnvelopeAddress("\($0.user)@\(domain)") }
        return own.isSame(as: self) || plain.map(own.isSame) == true
    }

    private static func isDotString(_ local: ArraySlice<UInt8>) -> Bool {
        let atoms = local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return atoms.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomText) }
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte >= 0x80 || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isQuoted(_ local: ArraySlice<UInt8>) -> Bool {
        guard local.count >= 2, local.first == UInt8(ascii: "\""), local.last == UInt8(ascii: "\"") else {
            return false
        }
        var isPair = false
        for byte in local.dropFirst().dropLast() {
            guard byte >= 0x20, byte != 0x7f, isPair || byte != UInt8(ascii: "\"") else { return false }
            isPair = !isPair && byte == UInt8(ascii: "\\")
        }
        return !isPair
    }

    private static func isDomain(_ domain: ArraySlice<UInt8>) -> Bool {
        let labels = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { $0.isLetter || $0.isDigit || $0 >= 0x80 || $0 == UInt8(ascii: "-") }
        }
    }

    /// RFC 5321 4.1.3.
    private static func isLiteral(_ domain: ArraySlice<UInt8>) -> Bool {
        domain.count > 2 && domain.first == UInt8(ascii: "[") && domain.last == UInt8(ascii: "]")
            && domain.dropFirst().dropLast().allSatisfy { $0.isLetter || $0.isDigit || ".:-".utf8.contains($0) }
    }
}
