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
        var (hasPairs, hasFeeds, hasReturns) = (false, false, false)
        var index = 0
        while true {
            index = ByteSearch.first(of: 0x0d, 0x0a, 0, in: bytes, from: index)
            guard index < bytes.count else { break }
            switch bytes[index] {
            case 0:
                self = .binary
                return
            case 0x0a:
                hasFeeds = true
            default:
                let isPair = index + 1 == bytes.count || bytes[index + 1] == 0x0a
                hasPairs = hasPairs || isPair
                hasReturns = hasReturns || !isPair
                if isPair { index += 1 }
            }
            index += 1
        }
        self = hasReturns || hasPairs && hasFeeds ? .mixed : hasFeeds ? .lf : .crlf
    }
}
