/// Writes content behind DATA: a dot is put before every line that begins with one (RFC 5321 4.5.2), also where CR or LF
/// alone might be taken for a line end.
struct ContentWriter: Sendable {
    /// The last two octets of the content; nothing counts as a line's end.
    private var last: (UInt8, UInt8) = (0x0d, 0x0a)

    mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard let final = bytes.last else { return [] }
        var written: [UInt8] = []
        written.reserveCapacity(bytes.count + bytes.count / 64 + 1)
        let isDotted = bytes[0] == UInt8(ascii: ".") && (last.1 == 0x0a || last.1 == 0x0d)
        var start = 0
        var index = isDotted ? 0 : LineSearch.firstDotBehindLineEnd(in: bytes, from: 1)
        while index < bytes.count {
            written += UnsafeBufferPointer(rebasing: bytes[start..<index])
            written.append(UInt8(ascii: "."))
            start = index
            index = LineSearch.firstDotBehindLineEnd(in: bytes, from: index + 1)
        }
        written += UnsafeBufferPointer(rebasing: bytes[start...])
        last = (bytes.count > 1 ? bytes[bytes.count - 2] : last.1, final)
        return written
    }

    /// What ends the content.
    func end() -> [UInt8] {
        let endsLine = last == (0x0d, 0x0a)
        return Array((endsLine ? ".\r\n" : "\r\n.\r\n").utf8)
    }
}
