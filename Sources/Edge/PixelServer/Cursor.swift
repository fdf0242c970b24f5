import Foundation
import Tokens

/// A hit log's identity. A log that was restored from a backup must get a new one: it works like UIDVALIDITY.
package struct LogIdentity: Equatable, Sendable {
    let uuid: UUID
    /// Authenticates cursors, so that one beyond the end of the log proves that the log has lost hits.
    let cursorKey: [UInt8]

    /// The 16 bytes of a UUID, version 4 (RFC 9562 5.4).
    static func uuid(_ random: RandomBytes) -> [UInt8] {
        var bytes = random(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }
}

/// A position in a hit log, as the pull API gives it out: opaque to clients.
///
/// base32 of the log's UUID (16 bytes) ‖ seq (8) ‖ first 8 bytes of HMAC-SHA256(cursor key, UUID ‖ seq).
struct Cursor: Equatable {
    enum Refusal: Error, Equatable {
        case malformed
        case otherLog
    }

    /// The last hit that the client has; 0 for the beginning.
    let seq: Int64

    init(seq: Int64) { self.seq = seq }

    init(_ text: String, of log: LogIdentity) throws(Refusal) {
        guard let bytes = Base32.decode(text.utf8), bytes.count == 32 else { throw .malformed }
        guard bytes.starts(with: Self.bytes(log.uuid)) else { throw .otherLog }
        guard let code = Self.code(Array(bytes[..<24]), log), KeyedHash.equal(Array(bytes[24...]), code) else {
            throw .malformed
        }
        seq = bytes[16..<24].reduce(0) { $0 << 8 | Int64($1) }
    }

    func text(of log: LogIdentity) -> String {
        let position = Self.bytes(log.uuid) + (0..<8).map { UInt8(truncatingIfNeeded: seq >> Int64(56 - 8 * $0)) }
        return Base32.encode(position + (Self.code(position, log) ?? [UInt8](repeating: 0, count: 8)))
    }

    private static func code(_ position: [UInt8], _ log: LogIdentity) -> [UInt8]? {
        KeyedHash.hmac(key: log.cursorKey, position).map { Array($0.prefix(8)) }
    }

    private static func bytes(_ uuid: UUID) -> [UInt8] { withUnsafeBytes(of: uuid.uuid) { Array($0) } }
}
