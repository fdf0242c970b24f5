/// A system flag (`\Seen`) or a keyword (`$Forwarded`), compared without regard to case (RFC 9051 2.3.2).
///
/// The first spelling seen is kept: servers fold keywords to the spelling they met first.
package struct Flag: Sendable, CustomStringConvertible {
    package let spelling: String

    /// As a server wrote it; nothing is checked.
    package init(spelling: String) { self.spelling = spelling }

    /// A keyword that every known server stores unchanged: 1…50 letters, digits, `-`, `_`, `.` and `$` (Dovecot refuses
    /// longer ones, Courier refuses brackets).
    package init?(keyword: String) {
        guard (1...50).contains(keyword.utf8.count), keyword.utf8.allSatisfy({ Self.isPortable($0) }) else {
            return nil
        }
        spelling = keyword
    }

    package static let seen = Flag(spelling: "\\Seen")
    package static let answered = Flag(spelling: "\\Answered")
    package static let flagged = Flag(spelling: "\\Flagged")
    package static let deleted = Flag(spelling: "\\Deleted")
    package static let draft = Flag(spelling: "\\Draft")
    package static let recent = Flag(spelling: "\\Recent")
    /// In PERMANENTFLAGS: new keywords may be made.
    package static let any = Flag(spelling: "\\*")

    package var isKeyword: Bool { spelling.utf8.first != UInt8(ascii: "\\") }
    package var description: String { spelling }

    /// Whether it can be sent: an atom, or a backslash and an atom.
    package var isWellFormed: Bool {
        let name = isKeyword ? spelling.utf8[...] : spelling.utf8.dropFirst()
        return !name.isEmpty && name.allSatisfy(\.isAtomCharacter)
    }

    private static func isPortable(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "-_.$".utf8.contains(byte)
    }
}

extension Flag: Hashable {
    package static func == (left: Flag, right: Flag) -> Bool { left.spelling.utf8.equalsIgnoringCase(right.spelling) }

    package func hash(into hasher: inout Hasher) {
        // Eight octets at once: a call for each would cost more than all the rest.
        var word: UInt64 = 0
        var count = 0
        for byte in spelling.utf8 {
            word = word << 8 | UInt64(byte.folded)
            count += 1
            guard count % 8 == 0 else { continue }
            hasher.combine(word)
            word = 0
        }
        hasher.combine(word)
    }
}
