import Agent
import Foundation
import PixelServer
import Settings
import Tokens

/// Whom a token belongs to, as far as the keys on this machine can tell.
enum TokenOrigin: Equatable, Sendable {
    /// Signed with the key of this source's stream.
    case source(String)
    /// Signed by the pixel server of this machine, for another's stream.
    case server
    /// It names the stream of this source and is not signed with its key: damaged, or forged.
    case damaged(source: String)
    case unknown
}

/// The keys that the configuration names and that can be read here.
struct StreamKeys: Sendable {
    private let sources: [(name: String, credential: StreamCredential)]
    private let server: ServerSecret?

    init(sources: [(name: String, credential: StreamCredential)] = [], server: ServerSecret? = nil) {
        self.sources = sources
        self.server = server
    }

    /// Keys that cannot be read are left out: what needs one says so itself.
    init(of settings: Settings?) {
        self.init(
            sources: (settings?.sources ?? []).flatMap { source in
                ((try? StreamCredential.all(reading: source.credentialFile)) ?? []).map { (source.name, $0) }
            },
            server: (settings?.server?.secretFile).flatMap { path in
                (try? ServerSecretFile.load(URL(filePath: path))).flatMap(\.self)
            })
    }

    func origin(of token: Token) -> TokenOrigin {
        let named = sources.filter { $0.credential.stream == token.stream && $0.credential.epoch == token.epoch }
        if let signer = named.first(where: { token.isGenuine(under: $0.credential.streamKey) }) {
            return .source(signer.name)
        }
        if let server, server.signed(token) { return .server }
        return named.first.map { .damaged(source: $0.name) } ?? .unknown
    }
}
