/// How the lines of a message end, and what no reader of messages agrees about.
package enum LineEnds: Sendable, Equatable {
    /// CRLF, as on the wire. Also where there is no line end at all.
    case crlf
    /// LF, as in files and on a sendmail command's standard input.
    case lf
    /// Both, or CR alone.
    case mixed
    /// There is a NUL.
    case binary

    /// A CR that is the last byte may be half of a CRLF.
    package init(of bytes: UnsafeBufferPointer<UInt8>) {
        let counts = Counts(bytes)
        let endsInReturn = bytes.last == 0x0d
        let pairs = counts.pairs + (endsInReturn ? 1 : 0)
        if counts.nuls > 0 {
            self = .binary
        } else if counts.returns > pairs || pairs > 0 && counts.feeds > counts.pairs {
            self = .mixed
        } else {
            self = counts.feeds > counts.pairs ? .lf : .crlf
        }
    }
}

/// Line ends come every few dozen bytes: to count them is quicker than to stop at each.
private struct Counts {
    var returns = 0
    var feeds = 0
    /// Of both, CR first.
    var pairs = 0
    var nuls = 0

    private typealias Block = ByteSearch.Block

    /// −1 in each lane that is true: all its bits are set.
    @inline(__always)
    private static func minusOnes(_ mask: SIMDMask<Block.MaskStorage>) -> Block {
        unsafeBitCast(mask, to: Block.self)
    }

    /// Blocks whose counts fit into a byte.
    private static let stretch = 255

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return }
        let (feed, carriageReturn) = (Block(repeating: 0x0a), Block(repeating: 0x0d))
        count(bytes, 0..<min(1, bytes.count))
        var index = 1
        while index + Block.scalarCount <= bytes.count {
            var (returns, feeds, pairs, nuls) = (Block.zero, Block.zero, Block.zero, Block.zero)
            let blocks = min(Self.stretch, (bytes.count - index) / Block.scalarCount)
            for _ in 0..<blocks {
                let block = ByteSearch.block(base, at: index)
                let isFeed = block .== feed
                returns &-= Self.minusOnes(block .== carriageReturn)
                feeds &-= Self.minusOnes(isFeed)
                nuls &-= Self.minusOnes(block .== .zero)
                pairs &-= Self.minusOnes(isFeed .& (ByteSearch.block(base, at: index - 1) .== carriageReturn))
                index += Block.scalarCount
            }
            for lane in 0..<Block.scalarCount {
                self.returns += Int(returns[lane])
                self.feeds += Int(feeds[lane])
                self.pairs += Int(pairs[lane])
                self.nuls += Int(nuls[lane])
            }
        }
        if index < bytes.count { count(bytes, index..<bytes.count) }
    }

    private mutating func count(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        for index in range {
            switch bytes[index] {
            case 0: nuls += 1
            case 0x0d: returns += 1
            case 0x0a:
                feeds += 1
                if index > 0, bytes[index - 1] == 0x0d { pairs += 1 }
            default: break
            }
        }
    }
}
