/// Where the pixel of a token is: `https://HOST/i/TOKEN.gif`, path only, no query.
package enum PixelURL {
    package static let pathPrefix = "/i/"
    package static let pathSuffix = ".gif"

    /// `base` is the pixel server's public URL without a slash at its end.
    package static func text(for token: Token, base: String) -> String { base + pathPrefix + token.text + pathSuffix }

    /// The element as it is put into a message: visible to blockers on purpose, silent for screen readers.
    package static func element(for token: Token, base: String) -> String {
        "<img src=\"\(text(for: token, base: base))\" alt=\"\" width=\"1\" height=\"1\" border=\"0\" "
            + "style=\"border:0\" role=\"presentation\">"
    }
}
