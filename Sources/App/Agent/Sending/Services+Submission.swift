import Foundation
import Host
import Logging
import Outgoing
import Settings
import Submission
import Synchronization
import Tokens

extension Services {
    /// To be read again costs the next session a millisecond or two.
    private static let trimmingPause = Duration.seconds(60)

    /// Those that say where their mail goes.
    static func submissionAccounts(
        _ settings: Settings.Submission, _ inputs: Inputs, desk: LoginDesk, logs: [String: AccountLog]
    ) -> [SubmissionAccount] {
        var accounts: [SubmissionAccount] = []
        for account in inputs.settings.accounts {
            guard let provider = account.smtp, let log = logs[account.name] else { continue }
            accounts.append(
                SubmissionAccount(
                    name: account.name, users: Set([account.name, account.user].map { $0.lowercased() }),
                    addresses: account.addresses.compactMap { .init($0) },
                    provider: provider.url.text, rules: inputs.rules(settings, for: account), log: log
                ) { try await desk.openProvider(account, provider) })
        }
        return accounts
    }

    /// `nil` without accounts: then there is the sendmail command alone.
    static func submissionServer(
        _ settings: Settings.Submission, for accounts: [SubmissionAccount], desk: LoginDesk, logger: Logger
    ) async throws -> SubmissionServer? {
        guard !accounts.isEmpty else { return nil }
        let password = try await settings.password.read(desk.credentials)
        var configuration = try SubmissionServer.Configuration(settings)
        configuration.mailIsLong = { Memory.trim() }
        // What the start ran, and most sessions did not, is in memory until then.
        let trimmed = Mutex(ContinuousClock.Instant?.none)
        configuration.isAtRest = {
            let isDue = trimmed.withLock { last in
                if let last, .now - last < trimmingPause { return false }
                last = .now
                return true
            }
            if isDue { Memory.trim() }
        }
        return try SubmissionServer(
            configuration, accounts: SubmissionAccounts(accounts, password: password),
            on: desk.poller, logger: logger)
    }
}

extension Services.Inputs {
    /// `nil` if there is no key to sign tokens with.
    func rules(_ submission: Settings.Submission, for account: Settings.Account) -> SendingRules? {
        guard let index = settings.sources.firstIndex(where: { $0.name == submission.source }) else { return nil }
        return SendingRules(
            submission, account, among: settings.accounts, pixelURL: settings.sources[index].pixelURL.text,
            credential: credentials[index], level: settings.privacy.level, isOurs: isOurs)
    }
}

extension SubmissionServer.Configuration {
    init(_ settings: Settings.Submission) throws(HostError) {
        self.init(listen: (settings.listen.host, Int(settings.listen.port)))
        listenTLS = settings.listenTLS.map { ($0.host, Int($0.port)) }
        guard let files = settings.certificate else { return }
        certificate = try files.read(for: "[submission]")
        requiresTLS = !settings.isLoopback
    }
}
