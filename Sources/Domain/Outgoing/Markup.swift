import MIME

/// HTML as bytes in which ASCII means ASCII, each at the place where it is in the part's content.
enum Markup {
    static func bytes(of leaf: LeafText, charset label: String?) throws(Untouched) -> [UInt8] {
        let content = leaf.content
        // Beginnings of UTF-16, and of UTF-8, whose mark is no harm.
        if content.starts(with: [0xff, 0xfe]) || content.starts(with: [0xfe, 0xff]) { throw .charset }
        // Hardly any has one of the two, so one look is enough.
        let isSimple = content.withUnsafeBufferPointer {
            ByteSearch.first(of: 0, escape, escape, in: $0, from: 0) == $0.count
        }
        if !isSimple, holds(0, content) { throw .charset }
        let escapes = !isSimple && holds(escape, content)
        switch Charsets.kind(of: label) {
        case .plain:
            if escapes { throw .charset }
            return content
        case .shifting:
            guard escapes else { return content }
            var converter = CharsetConverter(.iso2022)
            var out: [UInt8] = []
            converter.convert(content, into: &out)
            converter.finish(into: &out)
            guard out.count == content.count else { throw .charset }
            return out
        case nil:
            throw .charset
        }
    }

    /// In a charset with shifts, ASCII is to be had only where the markup is ASCII on both sides.
    static func isSafe(_ place: Int, in markup: [UInt8], of leaf: LeafText) -> Bool {
        place < markup.count && markup[place] == UInt8(ascii: "<") || !holds(escape, leaf.content)
    }

    private static let escape: UInt8 = 0x1b

    private static func holds(_ byte: UInt8, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { ByteSearch.first(of: byte, in: $0, from: 0) < $0.count }
    }
}

/// The charsets in which a picture can be put between two bytes.
enum Charsets {
    enum Kind {
        /// `<`, `>`, `&` and quotes are these characters wherever they come, and ASCII can stand between any two others.
        case plain
        /// ISO 2022: escape sequences say what the bytes after them mean.
        case shifting
    }

    static func kind(of label: String?) -> Kind? {
        guard let label = label?.lowercased() else { return .plain }
        if plain.contains(label) || plainFamilies.contains(where: label.hasPrefix) { return .plain }
        return shifting.contains(label) ? .shifting : nil
    }

    private static let plainFamilies = ["iso-8859-", "windows-125", "koi8-"]
    /// Those of East Asia have second bytes from 0x30 on, but never one of markup.
    private static let plain: Set<String> = [
        "utf-8", "utf8", "us-ascii", "ascii", "latin1", "cp1252", "windows-874", "macintosh", "tis-620", "gb2312",
        "gbk",
        "gb18030", "big5", "big5-hkscs", "euc-jp", "euc-kr", "ks_c_5601-1987", "shift_jis", "sjis", "windows-31j",
    ]
    private static let shifting: Set<String> = ["iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-kr"]
}

/// OpenPGP in the text itself, signed or encrypted, or a key.
enum InlinePGP {
    private static let armour = Array("-----BEGIN PGP".utf8)
    private static let dash = UInt8(ascii: "-")

    static func isIn(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while true {
                index = ByteSearch.firstPair(of: dash, in: bytes, from: index)
                guard index < bytes.count else { return false }
                let start = index
                while index < bytes.count, bytes[index] == dash { index += 1 }
                // Of a longer run the last five are the armour's.
                if index - start >= 5, bytes[(index - 5)...].starts(with: armour) { return true }
            }
        }
    }
}
