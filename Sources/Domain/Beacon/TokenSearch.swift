import Tokens

/// Finds tokens in a URL.
struct TokenSearch: Sendable {
    private static let ownPrefix = Array(PixelURL.pathPrefix.utf8)
    private static let ownSuffix = Array(PixelURL.pathSuffix.utf8)

    let patterns: [TokenPattern]

    /// In the order of the URL for each kind; a token may come more than once.
    func tokens(inAttribute attribute: [UInt8]) -> [Finding.Kind] {
        URLText.spellings(of: attribute).flatMap { spelling in
            let lower = spelling.map(\.lowercased)
            return own(in: lower) + patterns.flatMap { foreign($0, in: spelling, lower) }
        }
    }

    private func own(in lower: [UInt8]) -> [Finding.Kind] {
        var found: [Finding.Kind] = []
        var index = 0
        while let start = lower.firstRange(of: Self.ownPrefix, from: index) {
            index = start + 1
            let tokenStart = start + Self.ownPrefix.count
            let tokenEnd = tokenStart + Token.textCount
            guard tokenEnd <= lower.count, lower[tokenEnd...].starts(with: Self.ownSuffix),
                let token = Token(text: lower[tokenStart..<tokenEnd])
            else { continue }
            found.append(.own(token))
        }
        return found
    }

    private func foreign(_ pattern: TokenPattern, in spelling: [UInt8], _ lower: [UInt8]) -> [Finding.Kind] {
        var found: [Finding.Kind] = []
        var index = 0
        while let start = lower.firstRange(of: pattern.prefix, from: index) {
            index = start + 1
            let token = spelling[(start + pattern.prefix.count)...].prefix(TokenPattern.tokenLength.upperBound + 1)
                .prefix { $0.isTokenCharacter }
            let rest = lower[token.endIndex...]
            // Without a suffix a percent sign would be the token's own: it is complete in the next spelling.
            guard TokenPattern.tokenLength.contains(token.count), rest.starts(with: pattern.suffix),
                !(pattern.suffix.isEmpty && rest.first == UInt8(ascii: "%"))
            else { continue }
            found.append(.foreign(String(decoding: token, as: UTF8.self)))
        }
        return found
    }
}
