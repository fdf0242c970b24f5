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

    /// The index of the first place at or after `start`, or `bytes.count`, where quoted-printable text holds one of the
    /// three bytes plainly, begins an escape that may stand for one (`=2…`, `=5…` below), or has a blank before a line end,
    /// which decoding takes away.
    package static func firstInQuotedPrintable(
        of a: UInt8, _ b: UInt8, _ c: UInt8, escapedBehind digits: (UInt8, UInt8),
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        let (aaaa, bbbb, cccc) = (Block(repeating: a), Block(repeating: b), Block(repeating: c))
        let (first, second) = (Block(repeating: digits.0), Block(repeating: digits.1))
        let (equals, feed, carriageReturn) = (
            Block(repeating: UInt8(ascii: "=")), Block(repeating: 0x0a), Block(repeating: 0x0d)
        )
        let (space, tab) = (Block(repeating: 0x20), Block(repeating: 0x09))
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return bytes.count }
        var index = start
        while index + Block.scalarCount < bytes.count {
            let (here, next) = (block(base, at: index), block(base, at: index + 1))
            let isPlain = (here .== aaaa) .| (here .== bbbb) .| (here .== cccc)
            let isEscaped = (here .== equals) .& ((next .== first) .| (next .== second))
            let isPadding = ((here .== space) .| (here .== tab)) .& ((next .== feed) .| (next .== carriageReturn))
            if let lane = firstLane(isPlain .| isEscaped .| isPadding) { return index + lane }
            index += Block.scalarCount
        }
        while index < bytes.count {
            let (here, next) = (bytes[index], index + 1 < bytes.count ? bytes[index + 1] : 0x0d)
            if here == a || here == b || here == c { return index }
            if here == UInt8(ascii: "="), next == digits.0 || next == digits.1 { return index }
            if here == 0x20 || here == 0x09, next == 0x0a || next == 0x0d { return index }
            index += 1
        }
        return bytes.count
    }

    /// The index of the first quote, angle bracket, `/`, `\`, `%` or `&` at or after `start`, or `bytes.count`.
    package static func firstOfMarkup(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let (double, single) = (Block(repeating: UInt8(ascii: "\"")), Block(repeating: UInt8(ascii: "'")))
        let (opening, closing) = (Block(repeating: UInt8(ascii: "<")), Block(repeating: UInt8(ascii: ">")))
        let (slash, backslash) = (Block(repeating: UInt8(ascii: "/")), Block(repeating: UInt8(ascii: "\\")))
        let (percent, ampersand) = (Block(repeating: UInt8(ascii: "%")), Block(repeating: UInt8(ascii: "&")))
        return first(in: bytes, from: start) {
            let brackets = ($0 .== opening) .| ($0 .== closing) .| ($0 .== double) .| ($0 .== single)
            return brackets .| ($0 .== slash) .| ($0 .== backslash) .| ($0 .== percent) .| ($0 .== ampersand)
        } or: {
            switch $0 {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "/"),
                UInt8(ascii: "\\"), UInt8(ascii: "%"), UInt8(ascii: "&"):
                true
            default: false
            }
        }
    }

    /// Whatever is longer than two of ``firstBlock(withoutPunctuationIn:from:)`` less one byte covers one of them.
    package static let blockLength = Block.scalarCount

    /// Where, at or after `start`, the first whole block is that holds no blank and none of ``!"#$%&'()*+,-./``, or
    /// `bytes.count`. Blocks begin at multiples of ``blockLength``. In text nearly all of them hold one.
    package static func firstBlock(
        withoutPunctuationIn bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return bytes.count }
        let (blank, count) = (Block(repeating: 0x20), Block(repeating: 0x10))
        var index = (start + blockLength - 1) / blockLength * blockLength
        while index + blockLength <= bytes.count {
            guard firstLane((block(base, at: index) &- blank) .< count) != nil else { return index }
            index += blockLength
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
