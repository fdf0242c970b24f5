/// Where another tracker keeps its token: `https://t.other.example/o/{token}.png`.
///
/// A token is 6 to 128 letters, digits, hyphens and underscores. Host and path match in any case, http and https are
/// one, and the URL may be part of another one, as image proxies make it.
package struct TokenPattern: Sendable, Hashable, CustomStringConvertible {
    package static let placeholder = "{token}"
    /// Letters and digits in a row that the text beside the placeholder must have: what a fast search looks for.
    package static let minimumAnchor = 4
    static let tokenLength = 6...128

    package let description: String
    /// What stands before the token, from `//` on, and after it; in lower case, percent-decoded.
    let prefix: [UInt8]
    let suffix: [UInt8]
    /// What stands before the token, without `//`: a text that messages with such a pixel hold.
    package var needle: String { String(decoding: prefix.dropFirst(2), as: UTF8.self) }
    /// The longest run of letters and digits in either.
    let anchor: [UInt8]

    package init(_ text: String) throws(TokenPatternError) {
        if let bad = text.first(where: { !Self.isAllowed($0) }) { throw .character(bad) }
        let pieces = text.split(separator: Self.placeholder, omittingEmptySubsequences: false)
        guard pieces.count > 1 else { throw .noToken }
        guard pieces.count == 2 else { throw .severalTokens }
        if let brace = (pieces[0] + pieces[1]).first(where: { $0 == "{" || $0 == "}" }) { throw .character(brace) }
        let lower = pieces[0].lowercased()
        guard let scheme = ["https:", "http:"].first(where: { lower.hasPrefix($0 + "//") }) else { throw .notHTTP }
        let suffix = URLText.percentDecoded(Array(pieces[1].lowercased().utf8))
        guard suffix.first.map({ !$0.isTokenCharacter }) ?? true else { throw .notDelimited }
        self.prefix = URLText.percentDecoded(Array(lower.utf8.dropFirst(scheme.utf8.count)))
        self.suffix = suffix
        anchor =
            [prefix, suffix].flatMap { $0.split { !$0.isLetterOrDigit } }.max { $0.count < $1.count }
            .map { Array($0.prefix(32)) } ?? []
        guard anchor.count >= Self.minimumAnchor else { throw .tooGeneral }
        description = text
    }

    /// Printable ASCII without what a URL cannot hold.
    private static func isAllowed(_ character: Character) -> Bool {
        guard let value = character.asciiValue else { return false }
        return value > 0x20 && value < 0x7f && !"\"<>\\^`|".contains(character)
    }
}

/// Why a text is no ``TokenPattern``.
package enum TokenPatternError: Error, Sendable, Equatable, CustomStringConvertible {
    case noToken
    case severalTokens
    case notHTTP
    case notDelimited
    case tooGeneral
    case character(Character)

    package var description: String {
        switch self {
        case .noToken: "it has no {token}; write {token} where the token stands"
        case .severalTokens: "it has more than one {token}"
        case .notHTTP: "it does not begin with https:// or http://"
        case .notDelimited: "after {token} comes a letter, digit, hyphen or underscore, which could be the token's own"
        case .tooGeneral:
            "beside {token} it needs \(TokenPattern.minimumAnchor) letters or digits in a row to be told from other URLs"
        case .character(let character): "\"\(character)\" cannot stand in a URL"
        }
    }
}
