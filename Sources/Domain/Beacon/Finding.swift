import Tokens

/// A token that a mail program would fetch when it shows the message.
package struct Finding: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Of our own form, at any host. Whether it is genuine only its MAC tells.
        case own(Token)
        /// Of a configured pattern, as it is spelled in the message.
        case foreign(String)
    }

    package let kind: Kind
    /// It stands in quoted or forwarded text only: the message that is quoted is tracked, not this one.
    package let quoted: Bool

    package init(kind: Kind, quoted: Bool) {
        self.kind = kind
        self.quoted = quoted
    }
}

/// Findings in the order of the document, each token once, at most ``limit``.
struct FindingList: Sendable {
    static let limit = 64
    private var order: [Finding.Kind] = []
    private var quoted: [Finding.Kind: Bool] = [:]

    mutating func add(_ kind: Finding.Kind, quoted isQuoted: Bool) {
        if let known = quoted[kind] {
            quoted[kind] = known && isQuoted
        } else if order.count < Self.limit {
            order.append(kind)
            quoted[kind] = isQuoted
        }
    }

    var findings: [Finding] { order.map { Finding(kind: $0, quoted: quoted[$0] ?? false) } }
}
