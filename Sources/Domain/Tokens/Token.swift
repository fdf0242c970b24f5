/// What a hit on the pixel may be remembered of; fixed when the message is sent and covered by the token's MAC.
package enum PrivacyLevel: UInt8, Sendable, CaseIterable, Codable {
    case minimal = 0
    case pseudonymous = 1
    case detailed = 2
}

/// The mailbox owner's feed on the pixel server: 24 bits.
package struct StreamID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: UInt32

    /// `nil` above 2²⁴ − 1.
    package init?(_ rawValue: UInt32) {
        guard rawValue < 1 << 24 else { return nil }
        self.rawValue = rawValue
    }

    init(bytes: ArraySlice<UInt8>) { rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) } & 0xff_ffff }

    package var bytes: [UInt8] { [UInt8(rawValue >> 16 & 255), UInt8(rawValue >> 8 & 255), UInt8(rawValue & 255)] }
    package var description: String { String(rawValue) }
    package static func < (a: StreamID, b: StreamID) -> Bool { a.rawValue < b.rawValue }
}

/// A tracking token of version 1: 25 bytes, written as 40 characters of base32.
///
/// Layout: byte 0 = version (2 bits), privacy level (2), key epoch (4); 1–3 stream; 4–11 message;
/// 12 recipient; 13–24 the first 96 bits of HMAC-SHA256(stream key, "sentmark/token/1" ‖ bytes 0–12).
/// It holds no address, subject or Message-ID.
package struct Token: Hashable, Sendable, CustomStringConvertible {
    package static let version: UInt8 = 1
    package static let byteCount = 25
    package static let textCount = 40
    static let authenticatedCount = 13

    /// Recipient numbers with a meaning of their own.
    package static let wholeMessage: UInt8 = 0
    package static let sendersCopy: UInt8 = 255

    let bytes: [UInt8]

    package var level: PrivacyLevel { PrivacyLevel(rawValue: bytes[0] >> 4 & 3) ?? .minimal }
    /// 0…15: which generation of the stream's key signed it.
    package var epoch: UInt8 { bytes[0] & 15 }
    package var stream: StreamID { StreamID(bytes: bytes[1...3]) }
    /// 64 random bits that name the message.
    package var message: UInt64 { bytes[4...11].reduce(0) { $0 << 8 | UInt64($1) } }
    /// 0 the message as a whole, 1–253 the nth recipient, 255 the sender's own copy.
    package var recipient: UInt8 { bytes[12] }
    /// 40 characters, lower case.
    package var text: String { Base32.encode(bytes) }
    package var description: String { text }

    /// Reads the shape only; whether it is genuine is ``isGenuine(under:)``.
    /// `nil` on another length, alphabet, version, the reserved level 3 or the reserved recipient 254.
    package init?(text: some Sequence<UInt8>) {
        guard let bytes = Base32.decode(text), bytes.count == Token.byteCount,
            bytes[0] >> 6 == Token.version, PrivacyLevel(rawValue: bytes[0] >> 4 & 3) != nil, bytes[12] != 254
        else { return nil }
        self.bytes = bytes
    }

    package init?(_ text: String) { self.init(text: text.utf8) }

    /// A new token. `message` must come from a cryptographic generator. `nil` if the epoch is above 15,
    /// the recipient is the reserved 254, or libcrypto fails.
    package static func mint(
        stream: StreamID, epoch: UInt8, key: StreamKey, message: UInt64, recipient: UInt8 = wholeMessage,
        level: PrivacyLevel
    ) -> Token? {
        guard epoch < 16, recipient != 254 else { return nil }
        var bytes = [version << 6 | level.rawValue << 4 | epoch]
        bytes += stream.bytes
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: message >> UInt64(56 - 8 * $0)) }
        bytes.append(recipient)
        guard let mac = key.authenticate(bytes) else { return nil }
        return Token(bytes: bytes + mac)
    }

    /// Compares in constant time.
    package func isGenuine(under key: StreamKey) -> Bool {
        guard let mac = key.authenticate(Array(bytes[..<Token.authenticatedCount])) else { return false }
        return KeyedHash.equal(mac, Array(bytes[Token.authenticatedCount...]))
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// What the texts of a stream's tokens begin with: 7 characters for each level and epoch, and for each value of the
    /// 3 bits of the message's number that share the seventh.
    package static func textPrefixes(of stream: StreamID) -> [String] {
        var prefixes: [String] = []
        for level in PrivacyLevel.allCases {
            for epoch: UInt8 in 0..<16 {
                for bits: UInt8 in 0..<8 {
                    let bytes = [version << 6 | level.rawValue << 4 | epoch] + stream.bytes + [bits << 5]
                    prefixes.append(String(Base32.encode(bytes).prefix(7)))
                }
            }
        }
        return prefixes
    }
}
