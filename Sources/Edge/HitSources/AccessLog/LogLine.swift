import FoundationEssentials

/// One line of a web server's access log, as far as a pixel's request needs it.
struct LogLine: Equatable {
    var at: Date
    var address: String
    var method: String
    /// As requested, from the first slash on.
    var target: String
    var userAgent: String?
    var referer: String?
}

extension LogLine {
    /// nginx's and Apache's `combined`:
    /// `ADDRESS - USER [26/Nov/2026:05:37:58 +0000] "GET /path HTTP/1.1" 200 43 "REFERER" "USER-AGENT"`.
    /// `nil` for anything else. What comes behind the User-Agent does not matter.
    init?(combined line: [UInt8]) {
        var reader = LineReader(line)
        guard let address = reader.word(), reader.skip(to: UInt8(ascii: "[")),
            let time = reader.text(until: UInt8(ascii: "]")), let at = LogTime.combined(time),
            reader.skip(to: UInt8(ascii: "\"")), let request = reader.quoted(),
            let (method, target) = Self.request(request)
        else { return nil }
        self.at = at
        self.address = address
        self.method = method
        self.target = target
        // `common` has neither.
        if reader.skip(to: UInt8(ascii: "\"")) { referer = Self.field(reader.quoted()) }
        if reader.skip(to: UInt8(ascii: "\"")) { userAgent = Self.field(reader.quoted()) }
    }

    /// `GET /path HTTP/1.1`.
    static func request(_ text: String) -> (method: String, target: String)? {
        let words = text.split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/"), words[1].hasPrefix("/") else { return nil }
        return (String(words[0]), String(words[1]))
    }

    /// Servers write a hyphen where there is nothing.
    static func field(_ text: String?) -> String? { text == "-" || text?.isEmpty == true ? nil : text }
}

private struct LineReader {
    private var rest: ArraySlice<UInt8>

    init(_ line: [UInt8]) { rest = line[...] }

    mutating func word() -> String? {
        let word = rest.prefix { $0 != 0x20 }
        rest = rest[word.endIndex...]
        return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }

    mutating func skip(to byte: UInt8) -> Bool {
        guard let index = rest.firstIndex(of: byte) else { return false }
        rest = rest[(index + 1)...]
        return true
    }

    mutating func text(until byte: UInt8) -> String? {
        guard let index = rest.firstIndex(of: byte) else { return nil }
        defer { rest = rest[(index + 1)...] }
        return String(decoding: rest[..<index], as: UTF8.self)
    }

    /// Up to the next quotation mark that is none of the text: nginx writes `\x22` for one, Apache `\"`.
    mutating func quoted() -> String? {
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                text.append(byte)
                continue
            }
            if next == UInt8(ascii: "x"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                text.append(value)
                rest = rest.dropFirst(2)
            } else {
                text.append(next)
            }
        }
        return nil
    }
}
