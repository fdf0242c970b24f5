/// The word that ties a tagged response to its command.
package struct Tag: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }
}

/// Makes tags that are never repeated in one session: prefix and number.
struct TagSource: Sendable {
    private let prefix: String
    private var number = 0

    init(prefix: String) {
        let kept = prefix.utf8.filter { $0.isLetter || $0.isDigit }.prefix(32)
        self.prefix = kept.isEmpty ? "s" : String(decoding: kept, as: UTF8.self)
    }

    mutating func next() -> Tag {
        number += 1
        return Tag("\(prefix)\(number)")
    }
}
