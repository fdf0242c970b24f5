import CCrypto

/// HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869) over libcrypto.
package enum KeyedHash {
    /// 32 bytes. `nil` only when libcrypto itself fails (no memory, or a policy that forbids SHA-256).
    package static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: 32)
        return ccrypto_hmac_sha256(key, key.count, message, message.count, &out) == 1 ? out : nil
    }

    /// The same into 32 bytes; `false` where that is `nil`.
    static func hmac(
        key: [UInt8], _ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard out.count == 32 else { return false }
        return ccrypto_hmac_sha256(key, key.count, message.baseAddress, message.count, out.baseAddress) == 1
    }

    /// 32 bytes of output keying material: extract without salt, one block of expand.
    package static func derive(from secret: [UInt8], info: [UInt8]) -> [UInt8]? {
        extract(secret).flatMap { expand($0, info: info) }
    }

    /// RFC 5869 section 2.2, without salt: the pseudorandom key that ``expand(_:info:)`` takes.
    package static func extract(_ secret: [UInt8]) -> [UInt8]? { hmac(key: [UInt8](repeating: 0, count: 32), secret) }

    /// RFC 5869 section 2.3: 32 bytes of output keying material, which is one block.
    package static func expand(_ pseudorandomKey: [UInt8], info: [UInt8]) -> [UInt8]? {
        hmac(key: pseudorandomKey, info + [1])
    }

    package static func sha256(_ message: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: 32)
        return ccrypto_sha256(message, message.count, &out) == 1 ? out : nil
    }

    /// Compares without telling by its duration where the two differ; unequal lengths are unequal at once.
    package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && ccrypto_compare(a, b, a.count) == 0
    }
}
