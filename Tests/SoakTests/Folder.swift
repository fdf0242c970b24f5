import IMAP

/// The mailboxes of the modelled account.
enum Folder: String, Sendable, CaseIterable {
    case inbox = "INBOX"
    case sent = "Sent"
    case archive = "Archive"
    /// Where copies of opened messages go, with ``Showing/copies``. It is not there before somebody makes it.
    case copies = "Seen"

    init?(_ name: MailboxName) { self.init(rawValue: name.display) }

    /// The folders that hold messages of people, whose flags are looked after.
    static let watched: [Folder] = [.sent, .archive]

    /// RFC 6154.
    var use: String {
        switch self {
        case .sent: " \\Sent"
        case .archive: " \\Archive"
        case .inbox, .copies: ""
        }
    }
}
