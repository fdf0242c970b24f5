/// RFC 2045 6.8. Characters outside the alphabet are skipped; padding, wherever it is, ends a group of four, so that
/// several encoded pieces one after the other decode to all of them; missing padding is no loss.
struct Base64Decoder: Sendable {
    private var bits: UInt32 = 0
    private var count = 0

    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var decoder = Base64Decoder()
        var out: [UInt8] = []
        text.withUnsafeBufferPointer { decoder.decode($0, into: &out) }
        decoder.finish(into: &out)
        return out
    }

    mutating func decode(_ chunk: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: (chunk.count + count) / 4 * 3 + 3))
        let end = out.withUnsafeMutableBufferPointer { buffer in
            Self.table.withUnsafeBufferPointer { table in decode(chunk, table, into: buffer, at: start) }
        }
        out.removeLast(out.count - end)
    }

    mutating func finish(into out: inout [UInt8]) {
        endGroup { out.append($0) }
    }

    private mutating func decode(
        _ chunk: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>,
        into out: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) -> Int {
        var write = start
        var read = 0
        while read < chunk.count {
            if count == 0 {
                while read + 4 <= chunk.count {
                    let (a, b) = (table[Int(chunk[read])], table[Int(chunk[read + 1])])
                    let (c, d) = (table[Int(chunk[read + 2])], table[Int(chunk[read + 3])])
                    guard (a | b | c | d) & 0xc0 == 0 else { break }
                    let group = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
                    out[write] = UInt8(truncatingIfNeeded: group >> 16)
                    out[write + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    out[write + 2] = UInt8(truncatingIfNeeded: group)
                    write += 3
                    read += 4
                }
                guard read < chunk.count else { break }
            }
            let value = table[Int(chunk[read])]
            read += 1
            if value < 64 {
                bits = bits << 6 | UInt32(value)
                count += 1
            }
            if count == 4 || (value == Self.padding && count > 1) {
                endGroup {
                    out[write] = $0
                    write += 1
                }
            }
        }
        return write
    }

    /// Two characters hold one byte, three hold two, one alone holds none.
    private mutating func endGroup(_ append: (UInt8) -> Void) {
        let group = bits << UInt32(6 * (4 - count))
        for index in 0..<max(0, count - 1) { append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * index))) }
        bits = 0
        count = 0
    }

    private static let padding: UInt8 = 0x40
    private static let other: UInt8 = 0x80

    private static let table: [UInt8] = {
        var table = [UInt8](repeating: other, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { table[Int(character)] = UInt8(value) }
        table[Int(UInt8(ascii: "="))] = padding
        return table
    }()
}
