/// Finds the next of up to three bytes, sixteen at a time: mail is large and what matters in it is sparse.
package enum ByteSearch {
    /// The index of the first of the three at or after `start`, or `bytes.count`.
    package static func first(
        of a: UInt8, _ b: UInt8, _ c: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        let (aaaa, bbbb, cccc) = (Block(repeating: a), Block(repeating: b), Block(repeating: c))
        return first(in: bytes, from: start) {
            ($0 .== aaaa) .| ($0 .== bbbb) .| ($0 .== cccc)
        } or: {
            $0 == a || $0 == b || $0 == c
        }
    }

    /// The index of the first `byte` at or after `start`, or `bytes.count`.
    package static func first(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let needle = Block(repeating: byte)
        return first(in: bytes, from: start) {
            $0 .== needle
        } or: {
            $0 == byte
        }
    }

    /// The index of the first of two equal bytes side by side at or after `start`, or `bytes.count`.
    package static func firstPair(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return bytes.count }
        let needle = Block(repeating: byte)
        var index = start
        while index + Block.scalarCount < bytes.count {
            if let lane = firstLane((block(base, at: index) .== needle) .& (block(base, at: index + 1) .== needle)) {
                return index + lane
            }
            index += Block.scalarCount
        }
        while index + 1 < bytes.count {
            if bytes[index] == byte, bytes[index + 1] == byte { return index }
            index += 1
        }
        return bytes.count
    }

    typealias Block = SIMD16<UInt8>

    /// As many bytes as a block has, at any address.
    @inline(__always)
    static func block(_ base: UnsafeRawPointer, at index: Int) -> Block {
        base.loadUnaligned(fromByteOffset: index, as: Block.self)
    }

    @inline(__always)
    private static func first(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ matches: (Block) -> SIMDMask<Block.MaskStorage>,
        or isMatch: (UInt8) -> Bool
    ) -> Int {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return bytes.count }
        var index = start
        while index + Block.scalarCount <= bytes.count {
            if let lane = firstLane(matches(block(base, at: index))) { return index + lane }
            index += Block.scalarCount
        }
        while index < bytes.count, !isMatch(bytes[index]) { index += 1 }
        return index
    }

    /// The first lane that is true: all its bits are set.
    @inline(__always)
    private static func firstLane(_ mask: SIMDMask<Block.MaskStorage>) -> Int? {
        let halves = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        if halves[0] != 0 { return UInt64(littleEndian: halves[0]).trailingZeroBitCount / 8 }
        return halves[1] == 0 ? nil : 8 + UInt64(littleEndian: halves[1]).trailingZeroBitCount / 8
    }
}
