/// The message on a sendmail command's standard input, in pieces.
struct SendmailInput {
    /// Ends at a line with a dot alone, unless it is told to ignore them.
    private let ignoresDots: Bool
    private var pending: [UInt8] = []
    private var isAtLineStart = true
    private(set) var hasEnded = false

    init(ignoresDots: Bool) { self.ignoresDots = ignoresDots }

    /// What of the message is certain after these bytes; an empty piece is the end of the input.
    mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        if hasEnded { return [] }
        guard !ignoresDots else {
            hasEnded = piece.isEmpty
            return piece
        }
        pending += piece
        if piece.isEmpty {
            hasEnded = true
            defer { pending = [] }
            return isAtLineStart && (pending == [0x2e] || pending == [0x2e, 0x0d]) ? [] : pending
        }
        return takeLines()
    }

    private mutating func takeLines() -> [UInt8] {
        var start = pending.startIndex
        while start < pending.endIndex {
            let end = pending[start...].firstIndex(of: 0x0a)
            if isAtLineStart, pending[start] == 0x2e {
                // A dot may be all of its line: that shows at the line's end.
                guard let end else { break }
                let line = pending[start..<end]
                if line.count == 1 || line.count == 2 && line.last == 0x0d {
                    hasEnded = true
                    defer { pending = [] }
                    return Array(pending[..<start])
                }
            }
            start = end.map { $0 + 1 } ?? pending.endIndex
            isAtLineStart = end != nil
        }
        defer { pending.removeSubrange(..<start) }
        return Array(pending[..<start])
    }
}

/// Makes the lines of a file those of the wire.
struct NetworkLines {
    private var afterReturn = false
    /// A CR that ends no line: what it means is anybody's guess.
    private(set) var hasLoneReturn = false

    /// LF and CRLF become CRLF.
    mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(piece.count + piece.count / 32)
        for byte in piece {
            if afterReturn, byte != 0x0a { hasLoneReturn = true }
            if byte == 0x0a, !afterReturn { out.append(0x0d) }
            out.append(byte)
            afterReturn = byte == 0x0d
        }
        return out
    }

    /// The end of the last line, if it has none.
    mutating func finish(after last: UInt8?) -> [UInt8] {
        if afterReturn { hasLoneReturn = true }
        return last == nil || last == 0x0a ? [] : [0x0d, 0x0a]
    }
}
