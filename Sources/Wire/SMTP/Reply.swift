/// A server's answer to one command (RFC 5321 4.2).
package struct Reply: Sendable, Equatable {
    /// 200...599.
    package let code: Int
    /// At least one, each without code, separator and line end. They hold no control characters but TAB.
    package let lines: [[UInt8]]

    static let codes = 200...599
    static let maximumLines = 200
    /// Octets of a line with its line end (RFC 5321 4.5.3.1.5).
    private static let lineLength = 512

    /// Controls become blanks: what is sent on is read by another parser.
    init(code: Int, lines: [[UInt8]]) {
        self.code = code
        self.lines = lines.map { line in
            line.contains { $0.isControl && $0 != 0x09 } ? line.map { $0.isControl && $0 != 0x09 ? 0x20 : $0 } : line
        }
    }

    /// A reply of our own. Control characters become blanks; long text becomes several lines.
    /// - Parameter code: 200...599.
    /// - Parameter enhanced: the status code of RFC 3463, which then begins every line (RFC 2034 4).
    package init(_ code: Int, _ enhanced: String?, _ text: String) {
        precondition(Self.codes.contains(code), "\(code) is no reply code")
        let prefix: [UInt8] = enhanced.map { Array($0.utf8) + [0x20] } ?? []
        let width = Self.lineLength - "250-\r\n".utf8.count - prefix.count
        self.code = code
        if text.utf8.count <= width, text.utf8.allSatisfy(\.isPlain) {
            lines = [prefix + text.utf8]
            return
        }
        let plain = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
        lines = Self.wrapped(Array(plain.utf8), width: width).map { prefix + $0 }
    }

    package init(_ code: Int, _ text: String) { self.init(code, nil, text) }

    package var isPositive: Bool { code < 300 }
    package var isIntermediate: Bool { (300..<400).contains(code) }
    package var isTransient: Bool { (400..<500).contains(code) }
    package var isPermanent: Bool { code >= 500 }

    /// The lines, joined by blanks. Safe to show and to log: nothing in it steers a terminal.
    package var text: String {
        if lines.count == 1, lines[0].allSatisfy(\.isPlain) { return String(decoding: lines[0], as: UTF8.self) }
        let joined = String(decoding: Array(lines.joined(separator: [0x20])), as: UTF8.self)
        return String(String.UnicodeScalarView(joined.unicodeScalars.map { $0.steersTerminals ? "\u{fffd}" : $0 }))
    }

    /// As it is sent, with its line ends.
    package var bytes: [UInt8] {
        let digits = [code / 100, code / 10 % 10, code % 10].map { UInt8(0x30 + $0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.count + "250-\r\n".utf8.count })
        for (index, line) in lines.enumerated() {
            bytes += digits
            bytes.append(index == lines.count - 1 ? 0x20 : UInt8(ascii: "-"))
            bytes += line
            bytes += [0x0d, 0x0a]
        }
        return bytes
    }

    /// Breaks at blanks, else between characters. What is beyond the most lines is left out.
    private static func wrapped(_ text: [UInt8], width: Int) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = text[...]
        while lines.count < maximumLines {
            guard rest.count > width else {
                lines.append(Array(rest))
                break
            }
            var end = rest.startIndex + width
            if let blank = rest[...end].lastIndex(of: 0x20), blank > rest.startIndex {
                lines.append(Array(rest[..<blank]))
                rest = rest[(blank + 1)...]
            } else {
                while end > rest.startIndex + 1, rest[end] & 0xc0 == 0x80 { end -= 1 }
                lines.append(Array(rest[..<end]))
                rest = rest[end...]
            }
        }
        return lines
    }
}
