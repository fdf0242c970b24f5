/// RFC 2045 6.7. An `=` that begins no escape stays as it is; hexadecimal digits may be of either case; blanks before a
/// line end are padding of transport and dropped, also between `=` and the line end.
struct QuotedPrintableDecoder: Sendable {
    private enum State {
        case text
        /// After `=`, and what was read since.
        case equals
        case hex(UInt8)
        case paddedBreak
        /// After `=` CR: a soft break, whose LF may follow.
        case breakCR
    }

    /// Blanks of which only the next byte tells whether they end the line. More than this in a row are kept.
    private static let maximumPadding = 256

    private var state = State.text
    private var blanks: [UInt8] = []

    mutating func decode(_ chunk: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
        let start = out.count
        // No more comes out than was held, an `=` and a digit beside the blanks, and comes in.
        out.append(contentsOf: repeatElement(0, count: chunk.count + blanks.count + 2))
        let end = out.withUnsafeMutableBufferPointer { buffer in
            var out = Output(buffer: buffer, count: start)
            var index = 0
            while index < chunk.count {
                if case .text = state {
                    if blanks.isEmpty { lines(chunk, &index, into: &out) }
                    text(chunk, &index, into: &out)
                } else {
                    index += escape(chunk[index], into: &out) ? 1 : 0
                }
            }
            return out.count
        }
        out.removeLast(out.count - end)
    }

    /// What is decoded goes where there is room for it.
    private struct Output {
        let buffer: UnsafeMutableBufferPointer<UInt8>
        var count: Int

        mutating func append(_ byte: UInt8) {
            buffer[count] = byte
            count += 1
        }

        mutating func append(contentsOf bytes: Slice<UnsafeBufferPointer<UInt8>>) {
            count = buffer[count...].update(fromContentsOf: bytes)
        }

        mutating func append(contentsOf bytes: some Sequence<UInt8>) { for byte in bytes { append(byte) } }
    }

    mutating func finish(into out: inout [UInt8]) {
        switch state {
        case .text, .equals, .breakCR: break
        case .hex(let digit): out += [UInt8(ascii: "="), digit]
        case .paddedBreak: break
        }
        state = .text
        blanks = []
    }

    /// As far as nothing is cut, damaged or padded beyond measure, which is most of it.
    private func lines(_ chunk: UnsafeBufferPointer<UInt8>, _ index: inout Int, into out: inout Output) {
        while true {
            let end = ByteSearch.first(of: UInt8(ascii: "="), 0x0d, 0x0a, in: chunk, from: index)
            guard end + 2 < chunk.count else { return }
            if chunk[end] == UInt8(ascii: "=") {
                let (first, second) = (chunk[end + 1], chunk[end + 2])
                if let high = first.hexValue, let low = second.hexValue {
                    out.append(contentsOf: chunk[index..<end])
                    out.append(high << 4 | low)
                    index = end + 3
                } else if first == 0x0d, second == 0x0a {
                    out.append(contentsOf: chunk[index..<end])
                    index = end + 3
                } else if first == 0x0a {
                    out.append(contentsOf: chunk[index..<end])
                    index = end + 2
                } else {
                    return
                }
            } else {
                var padding = end
                while padding > index, chunk[padding - 1].isBlank { padding -= 1 }
                guard end - padding <= Self.maximumPadding else { return }
                out.append(contentsOf: chunk[index..<padding])
                out.append(chunk[end])
                index = end + 1
            }
        }
    }

    /// Copies up to the next line end or escape, and reads an escape that lies wholly in the chunk.
    private mutating func text(_ chunk: UnsafeBufferPointer<UInt8>, _ index: inout Int, into out: inout Output) {
        let end = ByteSearch.first(of: UInt8(ascii: "="), 0x0d, 0x0a, in: chunk, from: index)
        var padding = end
        while padding > index, chunk[padding - 1].isBlank { padding -= 1 }
        if padding > index {
            flushBlanks(into: &out)
            out.append(contentsOf: chunk[index..<padding])
        }
        hold(chunk[padding..<end], into: &out)
        index = end
        guard end < chunk.count else { return }
        index += 1
        guard chunk[end] == UInt8(ascii: "=") else {
            blanks.removeAll(keepingCapacity: true)
            out.append(chunk[end])
            return
        }
        flushBlanks(into: &out)
        if end + 2 < chunk.count, let high = chunk[end + 1].hexValue, let low = chunk[end + 2].hexValue {
            out.append(high << 4 | low)
            index += 2
        } else {
            state = .equals
        }
    }

    /// Whether the byte was used up; otherwise it is text again.
    private mutating func escape(_ byte: UInt8, into out: inout Output) -> Bool {
        switch state {
        case .text:
            return false
        case .equals:
            if byte.hexValue != nil {
                state = .hex(byte)
            } else if !softBreak(byte) {
                guard byte.isBlank else { return literal([], into: &out) }
                state = .paddedBreak
                blanks.append(byte)
            }
            return true
        case .hex(let digit):
            guard let high = digit.hexValue, let low = byte.hexValue else { return literal([digit], into: &out) }
            out.append(high << 4 | low)
            state = .text
            return true
        case .paddedBreak:
            if softBreak(byte) { return true }
            guard byte.isBlank, blanks.count < Self.maximumPadding else { return literal([], into: &out) }
            blanks.append(byte)
            return true
        case .breakCR:
            state = .text
            return byte == 0x0a
        }
    }

    private mutating func softBreak(_ byte: UInt8) -> Bool {
        guard byte == 0x0d || byte == 0x0a else { return false }
        blanks.removeAll(keepingCapacity: true)
        state = byte == 0x0d ? .breakCR : .text
        return true
    }

    /// No escape after all: what was read of it is text; blanks held are again undecided.
    private mutating func literal(_ rest: [UInt8], into out: inout Output) -> Bool {
        out.append(UInt8(ascii: "="))
        out.append(contentsOf: rest)
        state = .text
        return false
    }

    private mutating func flushBlanks(into out: inout Output) {
        guard !blanks.isEmpty else { return }
        out.append(contentsOf: blanks)
        blanks.removeAll(keepingCapacity: true)
    }

    private mutating func hold(_ more: Slice<UnsafeBufferPointer<UInt8>>, into out: inout Output) {
        guard !more.isEmpty else { return }
        blanks += more
        if blanks.count > Self.maximumPadding {
            out.append(contentsOf: blanks.prefix(blanks.count - Self.maximumPadding))
            blanks.removeFirst(blanks.count - Self.maximumPadding)
        }
    }
}
