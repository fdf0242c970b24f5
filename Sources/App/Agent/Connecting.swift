import HitSources
import Host
import Secrets
import Settings
import Tokens
import Transport

extension ConnectionOptions {
    /// Obtains the account's secret anew: passwords change, tokens expire.
    package init(_ account: Settings.Account) async throws {
        let endpoint = try Endpoint(account.imap.text, cleartext: account.cleartext)
        let login: Login =
            switch account.login {
            case .password(let origin):
                .password(user: account.user, try await origin.read(), authorization: account.authorization)
            case .bearer(let command): .bearer(user: account.user, try await CommandSecret(command).read())
            }
        self.init(endpoint, login: login, caFile: account.caFile, proxy: account.proxy?.text ?? "")
    }
}

extension Settings.SecretOrigin {
    package func read() async throws -> Secret {
        switch self {
        case .command(let arguments): try await CommandSecret(arguments).read()
        case .file(let path): try SecretFile.read(path)
        case .credential(let name): try SystemdCredential.read(name)
        case .literal(let secret): secret
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
