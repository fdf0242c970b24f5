import Foundation
import Host
import IMAP
import Mailbox
import Secrets
import SentSync
import Servers
import Settings
import Submission
import Synchronization
import Transport

/// Opens the connections of all accounts: with the secret as it is kept, one more time with a new one if the server
/// refuses it, and a few at a time to each host.
struct LoginDesk: Sendable {
    var poller: Poller
    let credentials = Credentials()
    let turns = LoginTurns()
    let elapsed: @Sendable () -> Duration = HostClock.system.elapsed

    /// An open connection, and what opened it.
    struct Opened: Sendable {
        let connection: Connection
        let attempt: LoginAttempt
    }

    func open(
        _ account: Settings.Account, _ logins: Logins, timing: Session.Timing = .init(),
        limits: Session.Limits = .init()
    ) async throws -> Opened {
        let attempt = try await LoginAttempt(account, credentials)
        do {
            return try await open(attempt, logins, timing, limits)
        } catch let refusal as MailboxError where refusal.isAboutCredentials {
            guard let other = try await another(than: attempt, account, refusal) else { throw refusal }
            return try await open(other, logins, timing, limits)
        }
    }

    /// One more connection beside an open one, with the token that comes after that one's; `nil` if there is none yet.
    func open(
        _ account: Settings.Account, after former: LoginAttempt, _ logins: Logins, timing: Session.Timing = .init(),
        limits: Session.Limits = .init()
    ) async throws -> Opened? {
        guard let command = account.login.command, let secret = former.secret,
            let token = try await credentials.another(than: secret, from: command)
        else { return nil }
        try await Task.sleep(for: logins.wait(now: elapsed()))
        do {
            return try await open(former.with(token), logins, timing, limits)
        } catch let refusal as MailboxError where refusal.isAboutCredentials {
            await credentials.forget(token.secret, from: command)
            throw refusal
        }
    }

    /// The same desk, whose connections are on another thread.
    func on(_ poller: Poller) -> LoginDesk {
        var desk = self
        desk.poller = poller
        return desk
    }

    private func another(
        than attempt: LoginAttempt, _ account: Settings.Account, _ refusal: MailboxError
    ) async throws -> LoginAttempt? {
        guard let command = account.login.command, let secret = attempt.secret else { return nil }
        do {
            return try await credentials.another(than: secret, from: command).map { attempt.with($0) }
        } catch let error as HostError where error.code != .cancelled {
            throw AccountProblem(description: "\(refusal); asked for another one: \(error)")
        }
    }

    /// A connection to where the account's mail is submitted. It is not counted among the logins: mail does not wait.
    func openProvider(_ account: Settings.Account, _ provider: Settings.Provider) async throws -> Upstream {
        let endpoint = try Endpoint(provider.url.text, cleartext: provider.cleartext)
        let attempt = try await LoginAttempt(account, at: endpoint, credentials)
        do {
            return try await Upstream.open(attempt.options, on: poller)
        } catch let refusal where refusal.kind.isAboutCredentials {
            guard let other = try await another(than: attempt, account, .transport(refusal)) else { throw refusal }
            return try await Upstream.open(other.options, on: poller)
        }
    }

    /// The server has ended the session: with a token, that is how it says that it has expired.
    func sessionEnded(_ error: any Error, _ account: Settings.Account, _ attempt: LoginAttempt) async {
        guard case .closed(.bye)? = error as? MailboxError, let command = account.login.command,
            let secret = attempt.secret
        else { return }
        await credentials.forget(secret, from: command)
    }

    private func open(
        _ attempt: LoginAttempt, _ logins: Logins, _ timing: Session.Timing = .init(),
        _ limits: Session.Limits = .init()
    ) async throws -> Opened {
        let host = attempt.options.endpoint.description
        guard await turns.take(at: host) else { throw MailboxError.cancelled }
        do {
            let connection = try await Connection.open(
                attempt.options, on: poller, timing: timing, limits: limits
            ) { greeting in
                MailServer.firstWanted(host: attempt.options.endpoint.host, greeting: greeting)
            }
            logins.loggedIn(now: elapsed())
            await turns.giveBack(at: host)
            return Opened(connection: connection, attempt: attempt)
        } catch {
            if error.showedCredentials { logins.loggedIn(now: elapsed()) }
            await turns.giveBack(at: host)
            throw error
        }
    }
}

extension Upstream {
    /// A connection to where the account's mail is submitted, by whoever is no agent.
    package static func open(
        _ account: Settings.Account, _ provider: Settings.Provider, on poller: Poller
    ) async throws -> Upstream {
        try await LoginDesk(poller: poller).openProvider(account, provider)
    }
}

/// When somebody has logged in, from whatever task.
final class Logins: Sendable {
    private let pace = Mutex(LoginPace())

    /// How long to wait before the next login.
    func wait(now: Duration) -> Duration { pace.withLock { $0.wait(now: now) } }

    /// The server has been given credentials, whether it liked them or not.
    func loggedIn(now: Duration) { pace.withLock { $0.loggedIn(now: now) } }
}

extension Settings.Login {
    /// The command that prints the secret, if one does.
    fileprivate var command: SecretCommand? {
        switch self {
        case .bearer(let command): .token(command)
        case .password(.command(let command)): .password(command)
        case .password(.file), .password(.credential), .password(.literal): nil
        }
    }
}

extension TransportError.Kind {
    fileprivate var isAboutCredentials: Bool { if case .credentialsRejected = self { true } else { false } }
}

extension MailboxError {
    fileprivate var isAboutCredentials: Bool {
        if case .transport(let error) = self { error.kind.isAboutCredentials } else { false }
    }

    /// Whether the attempt may count as a login with the server.
    fileprivate var showedCredentials: Bool {
        guard case .transport(let error) = self else { return true }
        switch error.kind {
        case .credentialsRejected, .serverUnavailable, .closed, .timeout: return true
        case .resolve, .refused, .tls, .starttlsUnavailable, .noUsableMechanism, .proxy, .cancelled, .other:
            return false
        }
    }
}
