extension Dialogue {
    package init(parsing text: String) throws(DialogueError) {
        var why: String?
        var steps: [Step] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            if line.isEmpty { continue }
            if line.hasPrefix("#") {
                why = why ?? String(line.drop { $0 == "#" || $0 == " " })
            } else {
                do throws(Reason) {
                    steps.append(Step(line: number, action: try Self.action(line)))
                } catch {
                    throw DialogueError(line: number, reason: error.text)
                }
            }
        }
        guard let why, !why.isEmpty else { throw DialogueError(line: 1, reason: "no comment says why") }
        self.init(why: why, steps: steps)
    }

    private struct Reason: Error {
        let text: String
    }

    private static func action(_ line: Substring) throws(Reason) -> Action {
        if line == "S." { return .hangUp }
        if line.hasPrefix(">") { return .start(String(line.dropFirst().drop { $0 == " " })) }
        let content = line.dropFirst(2).first == " " ? line.dropFirst(3) : line.dropFirst(2)
        switch line.prefix(2) {
        case "C:": return .client(Array(content.utf8) + [0x0D, 0x0A])
        case "S:": return .server(Array(content.utf8) + [0x0D, 0x0A])
        case "C+": return .client(try unescaped(content))
        case "S+": return .server(try unescaped(content))
        case "C*": return .client(try repeated(content))
        case "S*": return .server(try repeated(content))
        case "E:": return .expect(String(content))
        case "T:":
            guard let milliseconds = Int64(content), milliseconds >= 0 else {
                throw Reason(text: "no time: \(content)")
            }
            return .pass(milliseconds: milliseconds)
        default: throw Reason(text: "unknown kind of line: \(line)")
        }
    }

    private static func unescaped(_ text: Substring) throws(Reason) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "\\"): result.append(0x5C)
            case UInt8(ascii: "x"):
                guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2
                else {
                    throw Reason(text: "\\x needs two hexadecimal digits")
                }
                rest = rest.dropFirst(2)
                result.append(value)
            default: throw Reason(text: "unknown escape in: \(text)")
            }
        }
        return result
    }

    /// At most 16 MB, so that a slip of the pen costs no machine.
    private static func repeated(_ text: Substring) throws(Reason) -> [UInt8] {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let count = Int(words[0]), count > 0 else { throw Reason(text: "no count: \(text)") }
        let unit = try unescaped(words[1])
        guard !unit.isEmpty, count <= (16 << 20) / unit.count else { throw Reason(text: "too much: \(text)") }
        return Array(repeatElement(unit, count: count).joined())
    }
}
