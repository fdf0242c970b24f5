import Foundation
import Host
import PixelServer
import Secrets
import Settings

extension PostgresServer {
    /// `nil` where hits are kept in SQLite.
    package init?(_ store: Settings.HitStore) {
        guard case .postgresql(let url, let password) = store else { return nil }
        self.init(url: url.text, encrypts: !url.isLocal, password: password.map(Self.reader(of:)))
    }

    /// Reads it anew each time: passwords that a command prints, or a file holds, may end.
    private static func reader(of password: Settings.SecretOrigin) -> @Sendable () throws -> Secret {
        switch password {
        case .command(let arguments): { try CommandSecret(arguments).readBlocking() }
        case .file(let path): { try SecretFile.read(path) }
        case .credential(let name): { try SystemdCredential.read(name) }
        case .literal(let secret): { secret }
        }
    }
}

extension Streams {
    /// Of the pixel server that the settings describe.
    package init(_ settings: Settings.Server, _ directories: Directories) {
        if let database = PostgresServer(settings.store) {
            self.init(PostgresStreams(database))
        } else {
            self.init(stateDirectory: PixelServer.Configuration(settings, directories).stateDirectory)
        }
    }
}

/// Does on a thread of its own what blocks.
package func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
