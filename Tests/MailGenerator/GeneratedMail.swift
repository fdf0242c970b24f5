import Outgoing

/// A mail of which is known what becomes of it.
package struct GeneratedMail: Sendable {
    package enum Fate: Sendable, Equatable {
        case touched
        /// One of these reasons is right.
        case untouched([Untouched])
        /// It was damaged at random: whatever is done with it has to be right.
        case unknown
    }

    /// The HTML that the picture goes into.
    package struct HTML: Sendable {
        /// Where its encoded text lies.
        package let range: Range<Int>
        package let coding: PlainCoding
        package let content: [UInt8]
        /// The place for the picture in the content.
        package let place: Int
        /// A picture with an own token in quoted text.
        package let ownImage: Range<Int>?
    }

    /// What it is, to be read when something is wrong with it.
    package let description: String
    package let bytes: [UInt8]
    package let fate: Fate
    package let html: HTML?

    /// The token that stands in quoted text, which is one of the sender's own.
    package static let quotedToken = "iaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"
    /// What is put in.
    package static let token = "kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"
    package static let picture =
        "<img src=\"https://px.example.org/i/\(token).gif\" alt=\"\" width=\"1\" height=\"1\" border=\"0\" "
        + "style=\"border:0\" role=\"presentation\">"
}
