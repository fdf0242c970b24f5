import Tokens

/// A token as people hand it around: alone, or in the URL of its pixel.
enum PixelText {
    /// Reads the shape only; in a URL the token stands between `/i/` and `.gif`, in either case.
    static func token(in text: String) -> Token? {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let text = words.first else { return nil }
        if let token = Token(text: text.utf8) { return token }
        guard let start = text.firstRange(of: PixelURL.pathPrefix)?.upperBound,
            let end = text[start...].firstRange(of: PixelURL.pathSuffix)?.lowerBound
        else { return nil }
        return Token(text: text[start..<end].utf8)
    }
}
