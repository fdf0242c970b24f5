import HitSources
import Host
import Opens
import Secrets
import Settings
import Tokens
import Transport

extension ConnectionOptions {
    /// Obtains the account's secret for a single connection.
    package init(_ account: Settings.Account) async throws {
        self = try await LoginAttempt(account, Credentials()).options
    }
}

/// All that it takes to log in once.
struct LoginAttempt: Sendable {
    private(set) var options: ConnectionOptions
    /// When the token ends, in time that has elapsed; `nil` for a password.
    private(set) var tokenEnd: Duration?

    init(_ account: Settings.Account, _ credentials: Credentials) async throws {
        try await self.init(account, at: Endpoint(account.imap.text, cleartext: account.cleartext), credentials)
    }

    /// Files are read anew each time: passwords change.
    init(_ account: Settings.Account, at endpoint: Endpoint, _ credentials: Credentials) async throws {
        let login: Login
        switch account.login {
        case .password(let origin):
            let secret = try await origin.read(credentials)
            login = .password(user: account.user, secret, authorization: account.authorization)
        case .bearer(let command):
            let token = try await credentials.token(from: command)
            login = .bearer(user: account.user, token.secret)
            tokenEnd = token.end
        }
        options = ConnectionOptions(
            endpoint, login: login, caFile: account.caFile, proxy: account.proxy?.text ?? "")
    }

    var secret: Secret? {
        switch options.login {
        case .password(_, let secret, _), .bearer(_, let secret, _): secret
        case .none: nil
        }
    }

    /// The same with another secret.
    func with(_ current: Credentials.Current) -> LoginAttempt {
        var other = self
        other.tokenEnd = current.end
        switch options.login {
        case .password(let user, _, let authorization):
            other.options.login = .password(user: user, current.secret, authorization: authorization)
        case .bearer(let user, _, let mechanism): other.options.login = .bearer(user: user, current.secret, mechanism)
        case .none: break
        }
        return other
    }
}

extension Settings.SecretOrigin {
    func read(_ credentials: Credentials) async throws -> Secret {
        switch self {
        case .command(let arguments): try await credentials.secret(from: .password(arguments)).secret
        case .file(let path): try SecretFile.read(path)
        case .credential(let name): try SystemdCredential.read(name)
        case .literal(let secret): secret
        }
    }
}

extension Credentials {
    /// A token command that fails wants its user to log in again, and says so in its own words.
    fileprivate func token(from command: [String]) async throws -> Current {
        do {
            return try await secret(from: .token(command))
        } catch let error as HostError where error.code == .failed {
            throw AccountProblem(description: error.description)
        }
    }
}

extension Settings.Source {
    func feed(_ credential: StreamCredential, _ poller: Poller, lookup: @escaping NetworkLookup) -> any HitFeed {
        switch kind {
        case .sentmark: PullClient(self, credential, poller)
        case .accessLog(let path, let format):
            AccessLogFeed(
                path: path, format: format == .json ? .json : .combined, credential: credential, lookup: lookup)
        }
    }
}

extension PullClient {
    package init(_ source: Settings.Source, _ credential: StreamCredential, _ poller: Poller) {
        self.init(
            url: source.url.text, bearer: credential.bearer.text,
            http: HTTPClient(.init(caFile: source.caFile, proxy: source.proxy?.text ?? ""), on: poller))
    }
}
