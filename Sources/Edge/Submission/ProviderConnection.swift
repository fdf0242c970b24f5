import Logging
import Outgoing
import SMTP

/// The provider of whom a session sends for: connected to when there is mail, and kept for the next one.
final class ProviderConnection {
    private let accounts: SubmissionAccounts
    private let logger: Logger
    private(set) var account: SubmissionAccount?
    private(set) var upstream: Upstream?
    /// The last transaction is not over for certain.
    private var isDirty = false
    /// It has been idle since a mail before.
    private var wasIdle = false
    /// Whether the provider has not refused the mail's size with a token.
    private(set) var mayGrow = true

    static let noAnswer = Reply(451, "4.4.2", "the provider gave no answer")

    init(_ accounts: SubmissionAccounts, logger: Logger) {
        self.accounts = accounts
        self.logger = logger
    }

    /// Why not, if there is no connection then.
    func connect(for account: SubmissionAccount) async -> Reply? {
        if account.name != self.account?.name {
            await quit()
            self.account = account
        }
        if let open = upstream {
            // What is idle may have been closed, and a new one does as well.
            if !open.isClosed, !isDirty { return nil }
            if !open.isClosed, (try? await open.reset()) != nil {
                isDirty = false
                return nil
            }
            await open.close()
        }
        isDirty = false
        wasIdle = false
        do {
            // Reading secrets and asking programs for them is not for this thread.
            let opened = try await withTaskExecutorPreference(globalConcurrentExecutor) { try await account.open() }
            accounts.note(opened.extensions, of: account)
            upstream = opened
            return nil
        } catch {
            upstream = nil
            logger.warning("provider", metadata: ["account": "\(account.name)", "reason": "\(error)"])
            return ProviderTrouble.reply(to: error)
        }
    }

    /// A reply for each. MAIL, with which a transaction begins, is asked with the size that the mail has with a token;
    /// should that alone be too much, it is sent without.
    func ask(_ mail: MailCommand?, _ recipients: [RecipientCommand]) async -> [Reply] {
        guard let mail else { return await exchange(nil, recipients) }
        mayGrow = true
        let declared = declaringGrowth(mail)
        let answers = await exchange(declared, recipients)
        guard declared != mail, let first = answers.first, first.code == 452 || first.code == 552 else {
            return answers
        }
        mayGrow = false
        return await exchange(mail, recipients)
    }

    func transactionEnded(isClean: Bool) {
        isDirty = !isClean
        wasIdle = true
    }

    func quit() async {
        await upstream?.quit()
        upstream = nil
    }

    private func declaringGrowth(_ mail: MailCommand) -> MailCommand {
        guard let rules = account?.rules, rules.policy.track != .never, let size = mail.size else { return mail }
        let grown = size + MailInTransit.usualGrowth
        if case .limit(let limit) = upstream?.extensions.size, grown > limit { return mail }
        return mail.declaring(size: grown)
    }

    private func exchange(_ mail: MailCommand?, _ recipients: [RecipientCommand]) async -> [Reply] {
        let count = (mail == nil ? 0 : 1) + recipients.count
        guard let upstream, let account else { return Array(repeating: Self.noAnswer, count: count) }
        let trouble: UpstreamError
        do {
            let answers = try await upstream.envelope(mail, recipients)
            // That it closes what has been idle is no answer to this mail.
            guard wasIdle, mail != nil, let closing = answers.first, closing.code == 421 else { return answers }
            trouble = .ended(closing.text)
        } catch {
            trouble = error
        }
        // A connection that was kept from the mail before may have been closed meanwhile.
        if let mail {
            if let refusal = await connect(for: account) { return Array(repeating: refusal, count: count) }
            if let fresh = self.upstream, let answers = try? await fresh.envelope(mail, recipients) { return answers }
        }
        return Array(repeating: Reply(451, "4.4.2", "\(trouble.text); nothing was sent"), count: count)
    }
}
