/// Why a message goes out as it is, byte for byte. The raw values are shown to users and stored: they do not change.
package enum Untouched: String, Error, Sendable, CaseIterable {
    // What a change would break.
    case signed
    case encrypted
    case inlinePGP = "inline-pgp"
    case dkim
    case checksum
    // What is no letter from a person.
    case calendar
    case report
    case attachedMessage = "attached-message"
    case fragment
    case winmail
    case amp
    // Where there is no place.
    case textOnly = "text-only"
    case noText = "no-text"
    case severalBodies = "several-bodies"
    case alreadyTracked = "already-tracked"
    case short
    case noPlace = "no-place"
    case tooLong = "too-long"
    case disclosure
    case noMessageID = "no-message-id"
    // What other readers might read in another way.
    case malformedHeader = "malformed-header"
    case malformedStructure = "malformed-structure"
    case tooManyParts = "too-many-parts"
    case lineEnds = "line-ends"
    case nul
    case transferEncoding = "transfer-encoding"
    case charset

    /// A clause that begins in lower case and has no full stop.
    package var explanation: String {
        switch self {
        case .signed: "it is signed (S/MIME or OpenPGP), and a change would break the signature"
        case .encrypted: "it is encrypted (S/MIME or OpenPGP)"
        case .inlinePGP: "its text holds an OpenPGP block"
        case .dkim: "it carries a DKIM or ARC signature already, which a change would break"
        case .checksum: "a part carries a checksum (Content-MD5)"
        case .calendar: "it holds a calendar invitation or answer"
        case .report: "it is a delivery report or a read receipt"
        case .attachedMessage: "a whole message is attached to it"
        case .fragment: "it is a fragment of a message, or names content that lies elsewhere"
        case .winmail: "its text is in Outlook's own format (winmail.dat)"
        case .amp: "it has an AMP version"
        case .textOnly: "it has no HTML, only text"
        case .noText: "it has neither HTML nor text, only attachments"
        case .severalBodies: "more than one part may be its text"
        case .alreadyTracked: "it carries a token of yours already"
        case .short: "its HTML is short, and spam filters dislike a picture with little text"
        case .noPlace: "there is no place in its HTML that all mail programs agree is text"
        case .tooLong: "its HTML or what goes with that is too far from its beginning"
        case .disclosure: "the disclosure cannot be written in its charset, or has no place in its text"
        case .noMessageID: "it has no Message-ID, by which its copy in Sent would be known"
        case .malformedHeader: "a header is damaged, ambiguous or too long"
        case .malformedStructure: "its parts are not delimited in a way that all mail programs agree about"
        case .tooManyParts: "it has too many parts"
        case .lineEnds: "its lines end in different ways"
        case .nul: "it holds NUL bytes"
        case .transferEncoding: "the transfer encoding of its text is damaged or unknown"
        case .charset: "the charset of its text is one in which a picture cannot be put in safely"
        }
    }
}
