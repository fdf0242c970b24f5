/// A URL as it stands in an attribute, made comparable.
enum URLText {
    /// How often a proxy may have wrapped a URL into another one's query.
    private static let rounds = 3

    /// The spellings to look at: without what URL parsers ignore, with slashes for backslashes, and percent-decoded as
    /// often as something is left to decode.
    static func spellings(of attribute: [UInt8]) -> [[UInt8]] {
        var text = resolvingNamedReferences(attribute).compactMap { byte -> UInt8? in
            byte.isIgnoredInURLs ? nil : byte == UInt8(ascii: "\\") ? UInt8(ascii: "/") : byte
        }
        guard !text.prefix(5).map(\.lowercased).elementsEqual("data:".utf8) else { return [] }
        var spellings = [text]
        for _ in 0..<rounds {
            let decoded = percentDecoded(text)
            if decoded.count == text.count { break }
            spellings.append(decoded)
            text = decoded
        }
        return spellings
    }

    static func percentDecoded(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "%")) else { return text }
        var out: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count, let high = text[index + 1].hexValue,
                let low = text[index + 2].hexValue
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }

    /// The arguments of `url(…)` in a style sheet's text, its escapes resolved (CSS Syntax 4.3.7).
    static func arguments(ofStyle style: [UInt8]) -> [[UInt8]] {
        let text = resolvingEscapes(resolvingNamedReferences(style))
        let lower = text.map(\.lowercased)
        var found: [[UInt8]] = []
        var index = 0
        while let start = lower.firstRange(of: Array("url(".utf8), from: index) {
            let content = text[(start + 4)...]
            let end = content.firstIndex(of: UInt8(ascii: ")")) ?? text.endIndex
            found.append(Array(content[..<end]))
            index = end
        }
        return found
    }

    private static func resolvingEscapes(_ style: [UInt8]) -> [UInt8] {
        guard style.contains(UInt8(ascii: "\\")) else { return style }
        var out: [UInt8] = []
        var index = 0
        while index < style.count {
            guard style[index] == UInt8(ascii: "\\") else {
                out.append(style[index])
                index += 1
                continue
            }
            index += 1
            let digits = style[index...].prefix(6).prefix { $0.hexValue != nil }
            if digits.isEmpty { continue }
            let value = digits.reduce(UInt32(0)) { $0 << 4 | UInt32($1.hexValue ?? 0) }
            out.append(value > 0 && value < 0x80 ? UInt8(value) : PlainMarkup.substitute)
            index += digits.count
            if index < style.count, style[index] == 0x20 || style[index].isIgnoredInURLs { index += 1 }
        }
        return out
    }

    /// The references of HTML 5 to ASCII that libxml2, knowing HTML 4, leaves as they are.
    static let namedReferences: [(name: [UInt8], value: UInt8)] = [
        ("sol", "/"), ("period", "."), ("colon", ":"), ("quest", "?"), ("equals", "="), ("num", "#"), ("percnt", "%"),
        ("bsol", "\\"), ("lowbar", "_"), ("lpar", "("), ("rpar", ")"), ("Tab", "\t"), ("NewLine", "\n"),
    ].map { (Array("&\($0.0);".utf8), Character($0.1).asciiValue ?? PlainMarkup.substitute) }

    private static func resolvingNamedReferences(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "&")) else { return text }
        var out: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "&"),
                let reference = namedReferences.first(where: { text[index...].starts(with: $0.name) })
            {
                out.append(reference.value)
                index += reference.name.count
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }
}
