import MIME
import SMTP
import Secrets
import Synchronization
import Tokens

/// The accounts that a listener serves, the password for all of them, and what their providers are known to offer.
package final class SubmissionAccounts: Sendable {
    package let all: [SubmissionAccount]
    private let password: Secret
    private let known = Mutex<[String: Extensions]>([:])
    /// When a provider was asked in vain.
    private let failed = Mutex<[String: ContinuousClock.Instant]>([:])

    /// So long such a provider is not asked again: whoever says EHLO, without a password yet, could have us log in there
    /// time after time.
    private static let pause = Duration.seconds(60)

    package init(_ all: [SubmissionAccount], password: Secret) {
        self.all = all
        self.password = password
    }

    /// Takes as long for a wrong one as for the right one, whatever their lengths.
    func isPassword(_ given: Secret) -> Bool {
        guard let right = password.reveal({ KeyedHash.sha256($0) }), let given = given.reveal({ KeyedHash.sha256($0) })
        else { return false }
        return KeyedHash.equal(right, given)
    }

    /// `sentmark` means all of them: the sender's address then says which.
    func named(_ user: String) -> [SubmissionAccount] {
        if user.lowercased() == Self.anyUser { return all }
        return all.filter { $0.users.contains(user.lowercased()) }
    }

    static let anyUser = "sentmark"

    static func choose(from allowed: [SubmissionAccount], for sender: EnvelopeAddress?) -> SubmissionAccount? {
        if allowed.count == 1 { return allowed.first }
        return sender.flatMap { sender in allowed.first { $0.addresses.contains(where: sender.belongs) } }
    }

    func note(_ extensions: Extensions, of account: SubmissionAccount) {
        known.withLock { $0[account.provider] = extensions }
    }

    /// What all their providers offer. One that is not known yet is asked; one that cannot be reached offers nothing for
    /// now, since what was promised could not be kept.
    func extensions(of accounts: [SubmissionAccount]) async -> Extensions {
        var first: [String: SubmissionAccount] = [:]
        for account in accounts where first[account.provider] == nil { first[account.provider] = account }
        let now = ContinuousClock.now
        let recent = failed.withLock { $0.filter { now - $0.value < Self.pause } }
        let missing = known.withLock { known in first.filter { known[$0.key] == nil && recent[$0.key] == nil } }
        await withTaskGroup(of: Void.self) { group in
            for account in missing.values {
                group.addTask(executorPreference: globalConcurrentExecutor) {
                    guard let upstream = try? await account.open() else {
                        return self.failed.withLock { $0[account.provider] = .now }
                    }
                    self.note(upstream.extensions, of: account)
                    await upstream.quit()
                }
            }
        }
        let offers = known.withLock { known in first.keys.map { known[$0] ?? Extensions() } }
        guard var common = offers.first else { return Extensions() }
        for offer in offers.dropFirst() { common = common.intersection(offer) }
        return common
    }
}
