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

    /// Of the lowest 24 bits.
    init(lowBits: UInt32) { rawValue = lowBits & 0xff_ffff }

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

    /// Bytes 0 to 3: version, level, epoch and stream.
    private let head: UInt32
    /// 64 random bits that name the message.
    package let message: UInt64
    /// 0 the message as a whole, 1–253 the nth recipient, 255 the sender's own copy.
    package let recipient: UInt8
    private let code: TokenCode

    package var level: PrivacyLevel { PrivacyLevel(rawValue: UInt8(head >> 28 & 3)) ?? .minimal }
    /// 0…15: which generation of the stream's key signed it.
    package var epoch: UInt8 { UInt8(head >> 24 & 15) }
    package var stream: StreamID { StreamID(lowBits: head) }
    /// 40 characters, lower case.
    package var text: String {
        withUnsafeTemporaryAllocation(byteCount: Token.byteCount, alignment: 1) { bytes in
            write(to: bytes)
            code.write(to: bytes, at: Token.authenticatedCount)
            return Base32.encode(UnsafeRawBufferPointer(bytes))
        }
    }
    package var description: String { text }

    /// Reads the shape only; whether it is genuine is ``isGenuine(under:)``.
    /// `nil` on another length, alphabet, version, the reserved level 3 or the reserved recipient 254.
    package init?(text: some Sequence<UInt8>) {
        let token: Token? = withUnsafeTemporaryAllocation(byteCount: Token.byteCount, alignment: 1) { bytes in
            Base32.decode(text, into: bytes) ? Token(bytes: UnsafeRawBufferPointer(bytes)) : nil
        }
        guard let token else { return nil }
        self = token
    }

    package init?(_ text: String) { self.init(text: text.utf8) }

    /// A new token. `message` must come from a cryptographic generator. `nil` if the epoch is above 15,
    /// the recipient is the reserved 254, or libcrypto fails.
    package static func mint(
        stream: StreamID, epoch: UInt8, key: StreamKey, message: UInt64, recipient: UInt8 = wholeMessage,
        level: PrivacyLevel
    ) -> Token? {
        guard epoch < 16, recipient != 254 else { return nil }
        let head = UInt32(version << 6 | level.rawValue << 4 | epoch) << 24 | stream.rawValue
        let unsigned = Token(head: head, message: message, recipient: recipient, code: TokenCode(high: 0, low: 0))
        return unsigned.code(under: key).map {
            Token(head: head, message: message, recipient: recipient, code: $0)
        }
    }

    /// Compares in constant time.
    package func isGenuine(under key: StreamKey) -> Bool { code(under: key)?.isEqual(to: code) ?? false }

    private func code(under key: StreamKey) -> TokenCode? {
        withUnsafeTemporaryAllocation(byteCount: Token.authenticatedCount, alignment: 1) { bytes in
            write(to: bytes)
            return key.authenticate(UnsafeRawBufferPointer(bytes))
        }
    }

    private init(head: UInt32, message: UInt64, recipient: UInt8, code: TokenCode) {
        self.head = head
        self.message = message
        self.recipient = recipient
        self.code = code
    }

    /// Of ``byteCount``.
    private init?(bytes: UnsafeRawBufferPointer) {
        let head = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        guard head >> 30 == UInt32(Token.version), PrivacyLevel(rawValue: UInt8(head >> 28 & 3)) != nil,
            bytes[12] != 254
        else { return nil }
        self.init(
            head: head, message: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self)),
            recipient: bytes[12], code: TokenCode(bytes, at: Token.authenticatedCount))
    }

    /// What is authenticated.
    private func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: head.bigEndian, toByteOffset: 0, as: UInt32.self)
        bytes.storeBytes(of: message.bigEndian, toByteOffset: 4, as: UInt64.self)
        bytes[12] = recipient
    }
}

extension Token {
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

/// The first 96 bits of an HMAC-SHA256.
struct TokenCode: Hashable, Sendable {
    let high: UInt64
    let low: UInt32

    init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        low = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
    }

    func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.storeBytes(of: high.bigEndian, toByteOffset: offset, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: offset + 8, as: UInt32.self)
    }

    /// Without telling by its duration where the two differ.
    func isEqual(to other: TokenCode) -> Bool { (high ^ other.high) | UInt64(low ^ other.low) == 0 }
}
