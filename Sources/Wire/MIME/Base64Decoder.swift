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
        // Whole groups are written four bytes at a time.
        out.append(contentsOf: repeatElement(0, count: (chunk.count + count) / 4 * 3 + 4))
        let end = out.withUnsafeMutableBufferPointer { buffer in
            Self.table.withUnsafeBufferPointer { table in
                Self.groups.withUnsafeBufferPointer { decode(chunk, table, $0, into: buffer, at: start) }
            }
        }
        out.removeLast(out.count - end)
    }

    mutating func finish(into out: inout [UInt8]) {
        endGroup { out.append($0) }
    }

    private mutating func decode(
        _ chunk: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>, _ groups: UnsafeBufferPointer<UInt32>,
        into out: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) -> Int {
        var write = start
        var read = 0
        while read < chunk.count {
            if count == 0 {
                let bytes = UnsafeMutableRawPointer(out.baseAddress)
                while read + 4 <= chunk.count {
                    let group =
                        groups[Int(chunk[read])] | groups[256 + Int(chunk[read + 1])]
                        | groups[512 + Int(chunk[read + 2])] | groups[768 + Int(chunk[read + 3])]
                    guard group & 0xff == 0 else { break }
                    bytes?.storeBytes(of: group.bigEndian, toByteOffset: write, as: UInt32.self)
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

    /// What each of a group's four characters adds to its three bytes, which stand above one that is 0 unless one of the
    /// characters is none of the alphabet.
    private static let groups: [UInt32] = (0..<4).flatMap { place in
        table.map { $0 < 64 ? UInt32($0) << UInt32(26 - 6 * place) : 0xff }
    }
}
