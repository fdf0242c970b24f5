import Foundation
import Host
import Mailbox
import Secrets
import SentSync
import Settings
import Transport

/// Opens the connections of all accounts: with the secret as it is kept, one more time with a new one if the server
/// refuses it, and a few at a time to each host.
struct LoginDesk: Sendable {
    let poller: Poller
    let credentials = Credentials()
    let turns = LoginTurns()
    let elapsed: @Sendable () -> Duration = HostClock.system.elapsed

    /// An open connection, and what opened it.
    struct Opened {
        let connection: Connection
        let options: ConnectionOptions
    }

    /// `pace` learns of each time that the server was given credentials.
    func open(_ account: Settings.Account, _ pace: inout LoginPace) async throws -> Opened {
        let command = account.login.command
        var options = try await ConnectionOptions(account, credentials)
        do {
            return Opened(connection: try await open(options, &pace), options: options)
        } catch let refusal as MailboxError where refusal.isAboutCredentials {
            guard let command, let secret = options.login.secret,
                let other = try await another(than: secret, command, refusal)
            else { throw refusal }
            options.login = options.login.with(other)
            return Opened(connection: try await open(options, &pace), options: options)
        }
    }

    private func another(
        than secret: Secret, _ command: [String], _ refusal: MailboxError
    ) async throws -> Secret? {
        do {
            return try await credentials.another(than: secret, from: command)
        } catch let error as HostError where error.code != .cancelled {
            throw AccountProblem(description: "\(refusal); asked for another one: \(error)")
        }
    }

    /// The server has ended the session: with a token, that is how it says that it has expired.
    func sessionEnded(_ error: any Error, _ account: Settings.Account, _ options: ConnectionOptions) async {
        guard case .closed(.bye)? = error as? MailboxError, let command = account.login.command,
            let secret = options.login.secret
        else { return }
        await credentials.forget(secret, from: command)
    }

    private func open(_ options: ConnectionOptions, _ pace: inout LoginPace) async throws -> Connection {
        let host = options.endpoint.description
        guard await turns.take(at: host) else { throw MailboxError.cancelled }
        do {
            let connection = try await Connection.open(options, on: poller)
            pace.loggedIn(now: elapsed())
            await turns.giveBack(at: host)
            return connection
        } catch {
            if error.showedCredentials { pace.loggedIn(now: elapsed()) }
            await turns.giveBack(at: host)
            throw error
        }
    }
}

extension Settings.Login {
    /// The command that prints the secret, if one does.
    var command: [String]? {
        switch self {
        case .bearer(let command), .password(.command(let command)): command
        case .password(.file), .password(.credential), .password(.literal): nil
        }
    }
}

extension Login {
    fileprivate var secret: Secret? {
        switch self {
        case .password(_, let secret, _), .bearer(_, let secret, _): secret
        case .none: nil
        }
    }

    fileprivate func with(_ secret: Secret) -> Login {
        switch self {
        case .password(let user, _, let authorization): .password(user: user, secret, authorization: authorization)
        case .bearer(let user, _, let mechanism): .bearer(user: user, secret, mechanism)
        case .none: .none
        }
    }
}

extension MailboxError {
    fileprivate var isAboutCredentials: Bool {
        if case .transport(let error) = self, case .credentialsRejected = error.kind { true } else { false }
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
