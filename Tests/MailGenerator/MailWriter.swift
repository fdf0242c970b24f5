/// Writes parts one after the other and remembers where the HTML has come to lie.
struct MailWriter {
    indirect enum Part {
        case leaf(header: [String], body: [UInt8], isLetter: Bool)
        case multipart(subtype: String, boundary: String, parameters: String, parts: [Part])

        var fields: [String] {
            switch self {
            case .leaf(let header, _, _): header
            case .multipart(let subtype, let boundary, let parameters, _):
                ["Content-Type: multipart/\(subtype); boundary=\"\(boundary)\"\(parameters)"]
            }
        }
    }

    let lineEnd: [UInt8]
    private(set) var bytes: [UInt8] = []
    private(set) var letter: Range<Int>?

    init(lineEnd: [UInt8]) { self.lineEnd = lineEnd }

    mutating func write(header: [String], _ part: Part, preamble: String, epilogue: String) {
        for field in header { line(field) }
        write(part, preamble: preamble)
        if case .multipart = part { line(epilogue) }
    }

    private mutating func line(_ text: String) {
        bytes += Array(text.utf8).flatMap { $0 == 0x0a ? lineEnd : [$0] } + lineEnd
    }

    private mutating func write(_ part: Part, preamble: String = "") {
        for field in part.fields { line(field) }
        bytes += lineEnd
        switch part {
        case .leaf(_, let body, let isLetter):
            let start = bytes.count
            bytes += body
            if isLetter { letter = start..<bytes.count }
        case .multipart(_, let boundary, _, let parts):
            if !preamble.isEmpty { line(preamble) }
            for (number, child) in parts.enumerated() {
                if number > 0 { bytes += lineEnd }
                line("--\(boundary)")
                write(child)
            }
            bytes += lineEnd
            line("--\(boundary)--")
        }
    }
}
