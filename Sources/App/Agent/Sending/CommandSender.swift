import Host
import MIME
import Outgoing
import Secrets
import Settings
import Submission
import Transport

/// What a command needs to send mail for an account, without an agent around it.
package struct CommandSender: Sendable {
    private let settings: Settings
    private let directories: Directories
    private let inputs: Services.Inputs?

    /// Without what signs tokens, mail goes out all the same.
    package init(_ settings: Settings, directories: Directories) {
        self.settings = settings
        self.directories = directories
        inputs = try? Services.Inputs(settings)
    }

    /// The account that sends from the address; the only one if it is none's. `nil` if that cannot be said.
    package func account(for sender: EnvelopeAddress?) -> SubmissionAccount? {
        let isOwner = { (account: Settings.Account) in
            account.addresses.compactMap { EnvelopeAddress($0) }.contains { own in sender?.belongs(to: own) ?? false }
        }
        let candidates = settings.accounts.filter { $0.smtp != nil }
        let account =
            settings.accounts.first(where: isOwner)
            ?? (candidates.count == 1 ? candidates.first : settings.accounts.count == 1 ? settings.accounts.first : nil)
        return account.map(submissionAccount)
    }

    /// All that mail can be submitted for.
    package func accounts() -> SubmissionAccounts {
        // Nobody has to give a password: whoever runs the command could read it.
        SubmissionAccounts(settings.accounts.filter { $0.smtp != nil }.map(submissionAccount), password: Secret(""))
    }

    private func submissionAccount(_ account: Settings.Account) -> SubmissionAccount {
        SubmissionAccount(
            name: account.name, users: [], addresses: account.addresses.compactMap { EnvelopeAddress($0) },
            provider: account.smtp?.url.text ?? "",
            rules: settings.submission.flatMap { inputs?.rules($0, for: account) },
            log: CommandLog(directories, account: account.name)
        ) {
            guard let provider = account.smtp else {
                throw AccountProblem(
                    description: "account \(account.name): where its mail is sent is not configured; "
                        + "add smtp = \"smtps://…\" to it, or upstream to [submission]")
            }
            return try await Upstream.open(account, provider, on: Poller())
        }
    }
}
