/// Why a draft from the outbox is not sent.
package enum OutboxRefusal: Error, Sendable, Equatable {
    case noRecipient
    case badRecipient(String)
    case tooManyRecipients
    case noSender
    case severalSenders
    case foreignSender(String)
    case malformedHeader
    case nul
    case received
    case resent
    /// Octets.
    case tooLarge(limit: Int)
    case alreadySent
    /// What the provider said.
    case provider(String)
    /// What stood in the way last.
    case expired(String)

    /// A clause that begins in lower case and has no full stop. It holds nothing that steers a terminal.
    package var explanation: String {
        switch self {
        case .noRecipient: "it has no recipient in To, Cc or Bcc"
        case .badRecipient(let text): "“\(text.shown)” is no address that mail can be sent to"
        case .tooManyRecipients: "it has more than \(OutboxMail.recipientLimit) recipients"
        case .noSender: "it has no From"
        case .severalSenders: "it has more than one address in From"
        case .foreignSender(let text): "its From, “\(text.shown)”, is none of the addresses of this account"
        case .malformedHeader: "its header is damaged, or has a field twice that may be there once"
        case .nul: "it holds NUL bytes"
        case .received: "it is a message that has been received, no draft"
        case .resent: "it is a message that is to be sent on unchanged (Resent-…)"
        case .tooLarge(let limit): "it is larger than \(limit >> 20) MB"
        case .alreadySent: "it is in Sent already"
        case .provider(let text): "the provider refused it: \(text.shown)"
        case .expired(let text): "it could not be sent for two days: \(text.shown)"
        }
    }
}

extension String {
    /// Without controls, and at most 300 characters.
    fileprivate var shown: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(300).map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
