import Tokens

/// What the user has said about how a token goes into a message.
package struct InjectionOptions: Sendable {
    /// What becomes of messages with little HTML: SpamAssassin's HTML_IMAGE_ONLY rules give points to a picture in up to
    /// ``shortLimit`` bytes of it.
    package enum Short: String, Sendable, CaseIterable {
        /// A comment makes the HTML longer.
        case pad
        /// They carry no token.
        case skip
        case inject
    }

    /// Bytes of HTML, transfer encoding undone.
    package static let shortLimit = 3_200
    /// Bytes of a message that have to be at hand for a decision, if it has as many.
    package static let lookAhead = 8 << 20

    package var short = Short.pad
    /// Own tokens in quoted text are taken out; they would tell of the message that is quoted.
    package var stripQuoted = true
    /// A message with text alone gets an HTML version of it.
    package var htmlFromText = false
    /// A line that tells the recipient, put before the picture and into the text version.
    package var disclosure: String?

    package init() {}
}

/// Whether a token that has the shape of ours is ours: what its MAC says.
package typealias TokenPredicate = @Sendable (Token) -> Bool
