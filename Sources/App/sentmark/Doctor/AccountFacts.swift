import IMAP
import SentSync
import Servers

/// What was found when an account was tried, as far as it went.
struct AccountFacts: Sendable {
    struct Server: Sendable {
        /// Host and port.
        var address: String
        var isEncrypted: Bool
        var capabilities: Capabilities
    }

    struct Folder: Sendable {
        var name: String
        var messages: UInt32
        var offer: MailboxOffer
        /// `nil` when nothing was tried.
        var probe: Result<KeywordProbe.Outcome, Failure>?
    }

    var account: String
    /// Getting the password or token, connecting and logging in.
    var secret: Failure?
    var login: Result<Server, Failure>?
    /// Who answered; `nil` when that was not found out.
    var server: MailServer?
    var sent: Result<SentFolder.Choice, Failure>?
    var folders: [Result<Folder, Failure>] = []
    /// `nil` without one.
    var outbox: Result<OutboxFacts, Failure>?

    init(account: String) { self.account = account }
}
