import IMAP
import Transport

/// Why a conversation with a mailbox ended or a command failed.
package enum MailboxError: Error, Sendable, CustomStringConvertible {
    case transport(TransportError)
    /// The conversation is over; commands that had no answer may or may not have been carried out.
    case closed(Session.CloseReason)
    /// The server answered NO or BAD.
    case refused(command: String, Completion)
    case unsendable(CommandError)
    case cancelled

    package var description: String {
        switch self {
        case .transport(let error): "\(error)"
        case .closed(let reason): "\(reason)"
        case .refused(let command, let completion): "the server refused \(command): \(completion.text)"
        case .unsendable(let error): "a command cannot be sent: \(error)"
        case .cancelled: "cancelled"
        }
    }

    /// Whether the conversation can go on.
    package var isAboutOneCommand: Bool {
        switch self {
        case .refused, .unsendable: true
        case .transport, .closed, .cancelled: false
        }
    }
}
