import MIME
import Outgoing

/// An account that mail is submitted for.
package struct SubmissionAccount: Sendable {
    /// As in the configuration.
    package let name: String
    /// What a mail client may give as its user to mean this account.
    package let users: Set<String>
    package let addresses: [EnvelopeAddress]
    /// Names the provider; accounts with the same are offered the same extensions.
    package let provider: String
    /// `nil`: there is no key to sign tokens with, and mail passes as it is.
    package let rules: SendingRules?
    package let log: any SendingLog
    /// Connects to the provider and logs in.
    package let open: @concurrent @Sendable () async throws -> Upstream

    package init(
        name: String, users: Set<String>, addresses: [EnvelopeAddress], provider: String, rules: SendingRules?,
        log: any SendingLog, open: @escaping @concurrent @Sendable () async throws -> Upstream
    ) {
        self.name = name
        self.users = users
        self.addresses = addresses
        self.provider = provider
        self.rules = rules
        self.log = log
        self.open = open
    }
}
