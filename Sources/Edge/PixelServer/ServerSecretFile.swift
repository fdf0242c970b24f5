import Foundation
import Secrets
import Tokens

/// The pixel server's root key as a file: 32 bytes as they are, or as base32 text.
package enum ServerSecretFile {
    /// `nil` when there is none. `.permission` when others can read it, `.unreadable` when it holds something else.
    package static func load(_ url: URL) throws(PixelServerError) -> ServerSecret? {
        guard let bytes = try PrivateFile.read(url, maximum: 256) else { return nil }
        let text = bytes.filter { ![0x09, 0x0a, 0x0d, 0x20].contains($0) }
        let key = bytes.count == ServerSecret.byteCount ? bytes : Base32.decode(text)
        guard let key, let secret = ServerSecret(Secret(key)) else {
            throw PixelServerError(
                .unreadable, "\(url.path): not a server secret (32 bytes, or 52 characters of base32)",
                .needsUser("restore it from a backup; with a new one all tokens sent so far are worthless"))
        }
        return secret
    }

    /// Makes it from `random` when there is none, with its directory; of two that try at once one wins for both.
    package static func loadOrCreate(_ url: URL, random: RandomBytes) throws(PixelServerError) -> ServerSecret {
        if let secret = try load(url) { return secret }
        try PrivateFile.makeDirectory(url.deletingLastPathComponent())
        let text = Base32.encode(random(ServerSecret.byteCount)) + "\n"
        try PrivateFile.write(Array(text.utf8), to: url, exclusive: true)
        guard let secret = try load(url) else { throw PrivateFile.refusal(url, ENOENT) }
        return secret
    }
}
