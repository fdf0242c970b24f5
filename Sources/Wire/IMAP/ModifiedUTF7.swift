/// RFC 3501 5.1.3: printable ASCII as it is, `&-` for `&`, the rest as UTF-16 in a Base64 of its own between `&` and `-`.
enum ModifiedUTF7 {
    static func encode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var run: [UInt16] = []
        func flush() {
            if run.isEmpty { return }
            result.append(UInt8(ascii: "&"))
            var bits: UInt32 = 0
            var count = 0
            for unit in run {
                bits = bits << 16 | UInt32(unit)
                count += 16
                while count >= 6 {
                    count -= 6
                    result.append(alphabet[Int(bits >> UInt32(count) & 63)])
                }
                bits &= 63
            }
            if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
            result.append(UInt8(ascii: "-"))
            run = []
        }
        for unit in text.utf16 {
            switch unit {
            case 0x26:
                flush()
                result += Array("&-".utf8)
            case 0x20...0x7E:
                flush()
                result.append(UInt8(unit))
            default:
                run.append(unit)
            }
        }
        flush()
        return result
    }

    /// A shift that is not valid is shown as it stands; 8-bit names are taken for UTF-8.
    static func decode(_ wire: [UInt8]) -> String {
        var result: [UInt8] = []
        var rest = wire[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "&") else {
                result.append(byte)
                continue
            }
            guard let end = rest.firstIndex(of: UInt8(ascii: "-")) else {
                result.append(byte)
                continue
            }
            let shifted = rest[..<end]
            if shifted.isEmpty {
                result.append(byte)
            } else if let text = decodeShift(shifted) {
                result += Array(text.utf8)
            } else {
                result.append(byte)
                continue
            }
            rest = rest[(end + 1)...]
        }
        return result.text
    }

    private static func decodeShift(_ bytes: ArraySlice<UInt8>) -> String? {
        var units: [UInt16] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            guard let value = values[byte] else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 16 {
                count -= 16
                units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        guard count < 6, bits == 0 else { return nil }
        return String(validating: units, as: UTF16.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)
    private static let values = Dictionary(
        uniqueKeysWithValues: alphabet.enumerated().map { ($0.element, UInt8($0.offset)) })
}
