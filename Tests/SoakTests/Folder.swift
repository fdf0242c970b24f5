import IMAP

/// The mailboxes of the modelled account.
enum Folder: String, Sendable, CaseIterable {
    case inbox = "INBOX"
    case sent = "Sent"
    case archive = "Archive"
    /// Where copies of opened messages go, with ``Showing/copies``. It is not there before somebody makes it.
    case copies = "Seen"
    /// Whose drafts are sent, and those below it.
    case outbox = "Outbox"
    case sending = "Outbox/Sending"
    case refused = "Outbox/Refused"
    case notSure = "Outbox/Not sure"

    init?(_ name: MailboxName) { self.init(rawValue: name.display) }

    /// The folders that hold messages of people, whose flags are looked after.
    static let watched: [Folder] = [.sent, .archive]

    var isOfOutbox: Bool { rawValue.hasPrefix(Folder.outbox.rawValue) }

    /// RFC 6154.
    var use: String {
        switch self {
        case .sent: " \\Sent"
        case .archive: " \\Archive"
        case .inbox, .copies, .outbox, .sending, .refused, .notSure: ""
        }
    }
}
