/// Passes over content that is as it should be, sixteen octets at a time: hardly a mail holds anything else.
enum LineSearch {
    private typealias Block = SIMD16<UInt8>

    /// Up to where, from `start` on, there are neither a CR or LF alone, nor NUL, nor a line that begins with a dot; or up to
    /// some octets before. What is at `start` is inside a line, or its first octet and no dot.
    static func endOfPlain(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        // What stands before it is no CR.
        guard let base = UnsafeRawPointer(bytes.baseAddress), start < bytes.count, bytes[start] != 0x0a else {
            return start
        }
        let (carriageReturn, feed) = (Block(repeating: 0x0d), Block(repeating: 0x0a))
        let (dot, nul) = (Block(repeating: UInt8(ascii: ".")), Block(repeating: 0))
        var index = start
        while index + Block.scalarCount < bytes.count {
            let (here, next) = (block(base, at: index), block(base, at: index + 1))
            let isLoose = (here .== carriageReturn) .^ (next .== feed)
            let isDotted = (here .== feed) .& (next .== dot)
            if isAny(isLoose .| isDotted .| (here .== nul)) { return index }
            index += Block.scalarCount
        }
        return index
    }

    /// The index of the first dot at or after `start`, which is not 0, that stands behind CR or LF; or `bytes.count`.
    static func firstDotBehindLineEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return bytes.count }
        let (carriageReturn, feed) = (Block(repeating: 0x0d), Block(repeating: 0x0a))
        let dot = Block(repeating: UInt8(ascii: "."))
        var index = start
        while index + Block.scalarCount <= bytes.count {
            let (before, here) = (block(base, at: index - 1), block(base, at: index))
            if isAny((here .== dot) .& ((before .== feed) .| (before .== carriageReturn))) { break }
            index += Block.scalarCount
        }
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "."), bytes[index - 1] == 0x0a || bytes[index - 1] == 0x0d { return index }
            index += 1
        }
        return bytes.count
    }

    @inline(__always)
    private static func block(_ base: UnsafeRawPointer, at index: Int) -> Block {
        base.loadUnaligned(fromByteOffset: index, as: Block.self)
    }

    /// All bits of a lane that is true are set.
    @inline(__always)
    private static func isAny(_ mask: SIMDMask<Block.MaskStorage>) -> Bool {
        let halves = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        return halves[0] | halves[1] != 0
    }
}
