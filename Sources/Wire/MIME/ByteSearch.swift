/// Finds the next of up to three bytes, eight at a time: mail is large and what matters in it is sparse.
package enum ByteSearch {
    /// The index of the first of the three at or after `start`, or `bytes.count`.
    package static func first(
        of a: UInt8, _ b: UInt8, _ c: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return bytes.count }
        let (aaaa, bbbb, cccc) = (spread(a), spread(b), spread(c))
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let hits = zeroBytes(word ^ aaaa) | zeroBytes(word ^ bbbb) | zeroBytes(word ^ cccc)
            if hits != 0 { return index + hits.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == a || byte == b || byte == c { return index }
            index += 1
        }
        return index
    }

    /// The index of the first `byte` at or after `start`, or `bytes.count`.
    package static func first(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        first(of: byte, byte, byte, in: bytes, from: start)
    }

    private static func spread(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    /// The top bit of each byte that is zero; exact for the lowest one, which is all that is asked of it.
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}
