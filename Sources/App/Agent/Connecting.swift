import HitSources
import Host
import Secrets
import Settings
import Tokens
import Transport

extension ConnectionOptions {
    /// Obtains the account's secret for a single connection.
    package init(_ account: Settings.Account) async throws { try await self.init(account, Credentials()) }

    /// Files are read anew each time: passwords change.
    init(_ account: Settings.Account, _ credentials: Credentials) async throws {
        let endpoint = try Endpoint(account.imap.text, cleartext: account.cleartext)
        let login: Login =
            switch account.login {
            case .password(let origin):
                .password(user: account.user, try await origin.read(credentials), authorization: account.authorization)
            case .bearer(let command): .bearer(user: account.user, try await credentials.token(from: command))
            }
        self.init(endpoint, login: login, caFile: account.caFile, proxy: account.proxy?.text ?? "")
    }
}

extension Settings.SecretOrigin {
    fileprivate func read(_ credentials: Credentials) async throws -> Secret {
        switch self {
        case .command(let arguments): try await credentials.secret(from: arguments)
        case .file(let path): try SecretFile.read(path)
        case .credential(let name): try SystemdCredential.read(name)
        case .literal(let secret): secret
        }
    }
}

extension Credentials {
    /// A token command that fails wants its user to log in again, and says so in its own words.
    fileprivate func token(from command: [String]) async throws -> Secret {
        do {
            return try await secret(from: command)
        } catch let error as HostError where error.code == .failed {
            throw AccountProblem(description: error.description)
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
