/// RFC 4648 section 6 base32, lower case, without padding. Reads either case: mail filters fold case.
package enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
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
        // At once: what other modules give would be read through witnesses, a byte at a time.
        text.withContiguousStorageIfAvailable(read) ?? Array(text).withUnsafeBufferPointer(read)
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(text.count * 5 / 8)
        var buffer: UInt32 = 0
        var bits = 0
        var count = 0
        for character in text {
            guard let value = value(of: character) else { return nil }
            count += 1
            buffer = buffer << 5 | value
            bits += 5
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
                buffer &= (1 << UInt32(bits)) - 1
            }
        }
        guard buffer == 0, ![1, 3, 6].contains(count % 8) else { return nil }
        return out
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
