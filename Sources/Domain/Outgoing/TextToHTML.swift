/// HTML that shows a plain text as it is: its lines, its blanks, and what it quotes as a quotation.
struct TextToHTML {
    /// `format=flowed` and `delsp=yes` (RFC 3676).
    let isFlowed: Bool
    let deletesSpaces: Bool

    /// In the text's own charset, which is a superset of ASCII.
    func convert(_ text: [UInt8], lineEnd: [UInt8]) -> [UInt8] {
        var out = Array("<html><body>".utf8) + lineEnd
        var isQuoted = false
        for line in paragraphs(text) {
            if line.depth > 0, !isQuoted { out += Array(Self.quotation.utf8) }
            if line.depth == 0, isQuoted { out += Array("</blockquote>".utf8) }
            isQuoted = line.depth > 0
            append(line, to: &out)
            out += Array("<br>".utf8) + lineEnd
        }
        if isQuoted { out += Array("</blockquote>".utf8) }
        return out + Array("</body></html>".utf8) + lineEnd
    }

    /// The marks of the text's own quotation are kept, so it needs no line beside it.
    private static let quotation = "<blockquote type=\"cite\" style=\"margin:0;padding:0;border:0\">"

    private struct Line {
        var depth: Int
        var text: [UInt8]
    }

    /// Lines, of a flowed text put together again.
    private func paragraphs(_ text: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var flows = false
        for range in TextLines.ranges(of: text) {
            let line = split(text[range])
            let isSignature = line.text.elementsEqual("-- ".utf8)
            if flows, !isSignature, let last = lines.last, last.depth == line.depth {
                lines[lines.count - 1].text += line.text
            } else {
                lines.append(line)
            }
            flows = isFlowed && !isSignature && line.text.last == 0x20
            if flows, deletesSpaces { lines[lines.count - 1].text.removeLast() }
        }
        return lines
    }

    /// RFC 3676 4.4 and 4.5. In a text that does not flow the marks are part of it.
    private func split(_ line: ArraySlice<UInt8>) -> Line {
        let depth = line.prefix { $0 == UInt8(ascii: ">") }.count
        guard isFlowed else { return Line(depth: depth, text: Array(line)) }
        var text = line.dropFirst(depth)
        if text.first == 0x20, !(depth == 0 && line.elementsEqual("-- ".utf8)) { text = text.dropFirst() }
        return Line(depth: depth, text: Array(text))
    }

    private func append(_ line: Line, to out: inout [UInt8]) {
        if isFlowed, line.depth > 0 {
            out += Array(String(repeating: "&gt;", count: line.depth).utf8) + [0x20]
        }
        var wasBlank = true
        for byte in line.text {
            switch byte {
            case UInt8(ascii: "&"): out += Array("&amp;".utf8)
            case UInt8(ascii: "<"): out += Array("&lt;".utf8)
            case UInt8(ascii: ">"): out += Array("&gt;".utf8)
            case 0x09: out += Array("&nbsp; &nbsp; ".utf8)
            // A blank behind another one, or that begins the line, would not be shown.
            case 0x20 where wasBlank: out += Array("&nbsp;".utf8)
            default: out.append(byte)
            }
            wasBlank = byte == 0x20 ? !wasBlank : byte == 0x09
        }
    }
}
