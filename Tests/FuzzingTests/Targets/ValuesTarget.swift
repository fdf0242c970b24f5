import Secrets
import Tokens

@testable import IMAP

extension FuzzTarget {
    /// Small texts from outside, and that each of them is read as it is written.
    static let values = FuzzTarget("values", workPerByte: 1_600) { input in
        let length = input.choice(of: 256) + 1
        let cut = input.choice(of: 256)
        let bytes = input.text
        try checkBase32(bytes)
        try checkTokens(bytes)
        try checkNames(bytes)
        let first = UIDSet(String(decoding: bytes, as: UTF8.self))
        if let first { try check(first, maxLength: length) }
        let parts = [bytes.prefix(cut), bytes.dropFirst(cut)].map { UIDSet(wire: $0) ?? UIDSet() }
        try check(parts[0], parts[1])
    }

    private static func checkBase32(_ bytes: [UInt8]) throws {
        try require(Base32.decode(Base32.encode(bytes).utf8) == bytes, "base32 does not give back what was encoded")
        guard let decoded = Base32.decode(bytes) else { return }
        try require(Base32.encode(decoded).utf8.elementsEqual(lower(bytes)), "two spellings of one value in base32")
    }

    private static func checkTokens(_ bytes: [UInt8]) throws {
        if let token = Token(text: bytes) {
            try require(token.text.utf8.elementsEqual(lower(bytes)), "\(token) is spelled otherwise")
        }
        let secret = Secret(bytes)
        for text in [StreamCredential(secret)?.text, PullBearer(secret)?.text].compactMap(\.self) {
            try require(text.reveal { $0 == lower(bytes) }, "a credential is spelled otherwise")
        }
    }

    private static func lower(_ bytes: [UInt8]) -> [UInt8] { bytes.map(\.folded) }

    private static func checkNames(_ bytes: [UInt8]) throws {
        let shown = MailboxName(wire: bytes).display
        try require(shown.utf8.count <= 3 * bytes.count, "a name of \(shown.utf8.count) bytes out of \(bytes.count)")
        let text = String(decoding: bytes, as: UTF8.self)
        let wire = MailboxName(text).wire
        try require(wire.allSatisfy { (0x20...0x7e).contains($0) }, "modified UTF-7 that is not printable")
        // For people control characters are replaced.
        let expected = Array(text.utf8).text
        try require(MailboxName(wire: wire).display.utf8.elementsEqual(expected.utf8), "\(text) is read otherwise")
    }

    private static func check(_ set: UIDSet, maxLength: Int) throws {
        try checkOrder(set)
        try require(UIDSet(set.description) == set, "\(set) is read otherwise")
        let pieces = set.split(maxLength: maxLength)
        try require(UIDSet(ranges: pieces.flatMap(\.ranges)) == set, "\(set) in pieces is \(pieces)")
        for piece in pieces where piece.ranges.count > 1 {
            try require(piece.description.utf8.count <= maxLength, "\(piece) is longer than \(maxLength)")
        }
        var rest = set
        let newest = rest.removeNewest(maxLength)
        try require(newest.count == min(maxLength, set.count), "\(newest) for \(maxLength) of \(set)")
        try require(rest.union(newest) == set && rest.intersection(newest).isEmpty, "\(rest) and \(newest) of \(set)")
        if set.count < 100 {
            try require(set.uids.allSatisfy(set.contains) && UIDSet(set.uids) == set, "\(set) has other members")
        }
    }

    private static func check(_ a: UIDSet, _ b: UIDSet) throws {
        let sets = [a.union(b), a.intersection(b), a.subtracting(b), b.subtracting(a)]
        for set in sets { try checkOrder(set) }
        try require(sets[1] == b.intersection(a) && sets[0] == b.union(a), "order matters for \(a) and \(b)")
        try require(sets[0].count == a.count + b.count - sets[1].count, "\(a) and \(b) do not add up to \(sets[0])")
        try require(sets[2].union(sets[1]).union(sets[3]) == sets[0], "\(a) and \(b) are not \(sets)")
        var inserted = a
        for uid in b.ranges.flatMap({ [$0.lowerBound, $0.upperBound] }) { inserted.insert(uid) }
        try checkOrder(inserted)
    }

    /// Ascending, and none touches the next.
    private static func checkOrder(_ set: UIDSet) throws {
        for (earlier, later) in zip(set.ranges, set.ranges.dropFirst()) {
            let gap = Int(later.lowerBound.rawValue) - Int(earlier.upperBound.rawValue)
            try require(gap > 1, "ranges out of order: \(set.ranges)")
        }
    }
}
