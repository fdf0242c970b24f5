/// RFC 4648 section 6 base32, lower case, without padding. Reads either case: mail filters fold case.
package enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes(encode) }

    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        let count = (bytes.count * 8 + 4) / 5
        return String(unsafeUninitializedCapacity: count) { out in
            var buffer: UInt32 = 0
            var bits: UInt32 = 0
            var written = 0
            func write(_ value: UInt32) {
                out[written] = alphabet[Int(value & 31)]
                written += 1
            }
            for byte in bytes {
                buffer = buffer << 8 | UInt32(byte)
                bits += 8
                while bits >= 5 {
                    bits -= 5
                    write(buffer >> bits)
                }
                buffer &= (1 << bits) - 1
            }
            if bits > 0 { write(buffer << (5 - bits)) }
            return written
        }
    }

    /// `nil` on a character outside the alphabet, an impossible length, or bits left over that are not zero,
    /// so that every value has exactly one lower-case spelling.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        let text = ContiguousArray(text)
        let count = text.count * 5 / 8
        var isRead = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, written in
            isRead = text.withUnsafeBufferPointer { read($0, into: UnsafeMutableRawBufferPointer(out)) }
            written = isRead ? count : 0
        }
        return isRead ? bytes : nil
    }

    /// The same into a buffer, which it has to fill; `false` where it does not, or where it would be `nil`.
    static func decode(_ text: some Sequence<UInt8>, into out: UnsafeMutableRawBufferPointer) -> Bool {
        // At once: what other modules give would be read through witnesses, a byte at a time.
        text.withContiguousStorageIfAvailable { read($0, into: out) }
            ?? Array(text).withUnsafeBufferPointer { read($0, into: out) }
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>, into out: UnsafeMutableRawBufferPointer) -> Bool {
        guard out.count == text.count * 5 / 8, ![1, 3, 6].contains(text.count % 8) else { return false }
        var buffer: UInt32 = 0
        var bits = 0
        var written = 0
        for character in text {
            guard let value = value(of: character) else { return false }
            buffer = buffer << 5 | value
            bits += 5
            if bits >= 8 {
                bits -= 8
                out[written] = UInt8(truncatingIfNeeded: buffer >> UInt32(bits))
                written += 1
                buffer &= (1 << UInt32(bits)) - 1
            }
        }
        return buffer == 0
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(character - UInt8(ascii: "2")) + 26
        default: nil
        }
    }
}
