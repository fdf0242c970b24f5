import Foundation
import Host
import Secrets
import Settings
import Tokens

extension StreamCredential {
    /// The one to sign and pull with: the first line of the file. Throws as ``all(reading:)``.
    package init(reading path: String) throws {
        guard let first = try Self.all(reading: path).first else { throw Self.missing(in: path) }
        self = first
    }

    /// One a line: the first signs and pulls, those below it are earlier keys of the stream, by whose tokens mail is known
    /// that was sent with them. Throws ``HostError`` when the file cannot be used, and says so when a line of it is none.
    package static func all(reading path: String) throws -> [StreamCredential] {
        let lines = try SecretFile.read(path).reveal { bytes in
            bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).map {
                Secret(Array($0))
            }
        }
        let found = lines.prefix(maximumCount + 1).compactMap { StreamCredential($0) }
        guard !found.isEmpty, found.count == lines.count, found.count <= maximumCount else { throw missing(in: path) }
        return found
    }

    /// A stream has no more keys.
    private static var maximumCount: Int { 16 }

    private static func missing(in path: String) -> HostError {
        HostError(
            code: .unusable, subject: path, detail: "holds no credential of a pixel server",
            action: "put there what `sentmark stream add` printed (it begins with smk1_)")
    }
}

extension Settings.Certificate {
    /// The chain and the key; `section` is where the files are named.
    func read(for section: String) throws(HostError) -> (chain: [UInt8], key: Secret) {
        let key = try SecretFile.read(keyFile)
        guard let chain = FileManager.default.contents(atPath: chainFile) else {
            throw HostError(
                code: .notFound, subject: chainFile, detail: "cannot be read",
                action: "check certificate_file in \(section)")
        }
        return (Array(chain), key)
    }
}
