import Foundation
import Logging
import SentSync
import Servers
import Store

/// What a server may be asked for, until the next start: it may show that it had better not be.
struct ServerTrust: Sendable {
    /// Whether much may be transferred compressed.
    var compresses: Bool
    /// Whether it may tell of messages by itself.
    var notifies = true
}

/// What all that is done in folders of an account needs, over one connection.
final class FolderTools: Sendable {
    let account: AccountID
    let store: AgentStore
    let signs: Signs
    let server: MailServer
    let trust: ServerTrust
    /// Rung when there is something new to judge.
    let judge: Bell
    let awaited: AwaitedMail
    /// Copies of mail sent since then are replaced by clean ones; `nil`: none.
    let cleansSince: Date?
    /// Of the folder that is watched; it is selected again after each look into others.
    let changing = ChangingCopies()
    let report: @Sendable (AccountState) async -> Void
    let now: @Sendable () -> Date
    let logger: Logger
    /// Between two commits of a first scan; zero: each step is on disk before the next one.
    let commitInterval: Duration

    init(
        account: AccountID, store: AgentStore, signs: Signs, server: MailServer, trust: ServerTrust, judge: Bell,
        awaited: AwaitedMail, cleansSince: Date?, report: @escaping @Sendable (AccountState) async -> Void,
        now: @escaping @Sendable () -> Date, logger: Logger, commitInterval: Duration = .milliseconds(250)
    ) {
        self.account = account
        self.store = store
        self.signs = signs
        self.server = server
        self.trust = trust
        self.judge = judge
        self.awaited = awaited
        self.cleansSince = cleansSince
        self.report = report
        self.now = now
        self.logger = logger
        self.commitInterval = commitInterval
    }
}
