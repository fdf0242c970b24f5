import Foundation
import Tokens

/// What is to be erased from the hit log.
package enum Erasure: Hashable, Sendable {
    /// Everything of a stream.
    case stream(StreamID)
    /// Everything of one token.
    case token(Token)
}

/// Erasures that are asked for and not yet done: the file `erasures.json` beside the hit log.
///
/// One process alone writes the log, and it may be a server that runs. So whoever wants something erased writes it down
/// here, and the server takes it from here within a second; a server that is killed at it goes on after its next start.
package struct Erasures: Sendable {
    private let url: URL

    package init(stateDirectory: URL) { url = stateDirectory.appendingPathComponent("erasures.json") }

    /// Those that are left to do; empty when there is no file.
    package func list() throws(PixelServerError) -> [Erasure] {
        guard let bytes = try PrivateFile.read(url, maximum: 1 << 24), !bytes.isEmpty else { return [] }
        do { return try JSONDecoder().decode([Erasure].self, from: Data(bytes)) } catch {
            throw PixelServerError(
                .unreadable, "\(url.path): not a list of erasures",
                .needsUser("remove it, and ask for what was to be erased once more"))
        }
    }

    /// On disk when it returns.
    package func add(_ wanted: [Erasure]) throws(PixelServerError) {
        try change { all in all + wanted.filter { !all.contains($0) } }
    }

    package enum Step: Equatable, Sendable {
        /// There is nothing to do.
        case none
        /// There is more to do of the first ones.
        case part
        /// They are done, and off the list.
        case whole
    }

    /// So many are carried out together.
    private static let atOnce = 100

    /// One step of the first that are left. `erase` says whether there is more to do of them.
    package func step(_ erase: ([Erasure]) throws(PixelServerError) -> Bool) throws(PixelServerError) -> Step {
        let first = try Array(list().prefix(Self.atOnce))
        guard !first.isEmpty else { return .none }
        if try erase(first) { return .part }
        try change { all in all.filter { !first.contains($0) } }
        return .whole
    }

    private func change(_ body: ([Erasure]) -> [Erasure]) throws(PixelServerError) {
        try PrivateFile.makeDirectory(url.deletingLastPathComponent())
        let lock = try FileLock(url.appendingPathExtension("lock"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        let left = body(try list())
        guard let data = try? JSONEncoder().encode(left) else { throw PrivateFile.refusal(url, EINVAL) }
        try PrivateFile.write(Array(data) + [0x0a], to: url)
    }
}

extension Erasure: Codable {
    private enum CodingKeys: CodingKey { case stream, token }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        if let stream = try fields.decodeIfPresent(UInt32.self, forKey: .stream).flatMap(StreamID.init) {
            self = .stream(stream)
        } else if let token = try Token(fields.decode(String.self, forKey: .token)) {
            self = .token(token)
        } else {
            throw DecodingError.dataCorruptedError(forKey: .token, in: fields, debugDescription: "not a token")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .stream(let stream): try fields.encode(stream.rawValue, forKey: .stream)
        case .token(let token): try fields.encode(token.text, forKey: .token)
        }
    }
}
