/// Turns text of any charset, piece by piece, into bytes in which ASCII means ASCII, so that markup can be scanned.
///
/// UTF-16 becomes UTF-8 (a half of a surrogate pair becomes U+FFFD: no markup is lost by it), ISO-2022 has the bytes of
/// its other sets replaced by SUB, and everything else, being a superset of ASCII where markup is concerned, passes.
/// A byte order mark wins over the name, and a name of UTF-16 on bytes that plainly are not is not believed.
package struct CharsetConverter: Sendable {
    private enum Form {
        case undecided
        case passing
        case utf16(bigEndian: Bool)
        case iso2022(Shift)
    }

    private enum Shift {
        case ascii
        case other
        /// After ESC.
        case escape
        /// After ESC and an opening parenthesis.
        case designating
    }

    private let charset: Charset
    private var form = Form.undecided
    /// The first bytes until the form is decided, later half a UTF-16 unit.
    private var held: [UInt8] = []

    package init(_ charset: Charset) { self.charset = charset }

    /// Whether what comes from here on stays as it is: then there is no need to ask.
    package var isPassing: Bool { if case .passing = form { true } else { false } }

    package mutating func convert(_ chunk: some Collection<UInt8>, into out: inout [UInt8]) {
        let contiguous: Void? = chunk.withContiguousStorageIfAvailable { convert($0, into: &out) }
        if contiguous == nil { Array(chunk).withUnsafeBufferPointer { convert($0, into: &out) } }
    }

    package mutating func finish(into out: inout [UInt8]) {
        if case .undecided = form {
            decide()
            flushHeld(into: &out)
        }
    }

    private mutating func convert(_ chunk: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
        switch form {
        case .undecided:
            let taken = min(4 - held.count, chunk.count)
            held += chunk.prefix(taken)
            guard held.count == 4 else { return }
            decide()
            flushHeld(into: &out)
            convert(UnsafeBufferPointer(rebasing: chunk.dropFirst(taken)), into: &out)
        case .passing:
            out.append(contentsOf: chunk)
        case .utf16(let bigEndian):
            for byte in chunk { appendUnit(byte, bigEndian: bigEndian, to: &out) }
        case .iso2022(var shift):
            for byte in chunk { out.append(Self.shifted(byte, &shift)) }
            form = .iso2022(shift)
        }
    }

    private mutating func flushHeld(into out: inout [UInt8]) {
        let first = held
        held = []
        first.withUnsafeBufferPointer { convert($0, into: &out) }
    }

    private mutating func decide() {
        if held.starts(with: [0xff, 0xfe]) {
            form = .utf16(bigEndian: false)
            held.removeFirst(2)
        } else if held.starts(with: [0xfe, 0xff]) {
            form = .utf16(bigEndian: true)
            held.removeFirst(2)
        } else if held.starts(with: [0xef, 0xbb, 0xbf]) {
            form = .passing
            held.removeFirst(3)
        } else if let bigEndian = unmarkedUTF16 {
            form = .utf16(bigEndian: bigEndian)
        } else if charset == .iso2022 {
            form = .iso2022(.ascii)
        } else {
            form = .passing
        }
    }

    /// Markup in UTF-16 has NUL in every other place; whether there are more than one is asked where no name says so.
    private var unmarkedUTF16: Bool? {
        let nuls = held.indices.filter { held[$0] == 0 }
        switch charset {
        case .utf16LittleEndian: return nuls.isEmpty ? nil : false
        case .utf16BigEndian: return nuls.isEmpty ? nil : true
        case .utf16: return nuls.isEmpty ? nil : nuls[0] % 2 == 0
        case .utf8, .windows1252, .latin9, .iso2022, .unknown:
            return nuls == [0, 2] ? true : nuls == [1, 3] ? false : nil
        }
    }

    private mutating func appendUnit(_ byte: UInt8, bigEndian: Bool, to out: inout [UInt8]) {
        guard let first = held.popLast() else {
            held.append(byte)
            return
        }
        let unit = bigEndian ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first)
        if unit < 0x80 {
            out.append(UInt8(unit))
        } else {
            out.append(contentsOf: (Unicode.Scalar(unit) ?? "\u{fffd}").utf8)
        }
    }

    /// ISO 2022: `ESC ( B` and `ESC ( J` are ASCII, every other designation is not (RFC 1468, RFC 1557).
    private static func shifted(_ byte: UInt8, _ shift: inout Shift) -> UInt8 {
        let substitute: UInt8 = 0x1a
        switch shift {
        case .ascii:
            if byte == 0x1b { shift = .escape }
            return byte == 0x1b ? substitute : byte
        case .other:
            if byte == 0x1b { shift = .escape }
            return byte == 0x0d || byte == 0x0a ? byte : substitute
        case .escape:
            shift = byte == UInt8(ascii: "(") ? .designating : .other
            return substitute
        case .designating:
            shift = byte == UInt8(ascii: "B") || byte == UInt8(ascii: "J") ? .ascii : .other
            return substitute
        }
    }
}
