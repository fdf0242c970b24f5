/// An element's name, as far as it matters: up to 16 characters, in lower case, in one number.
struct ElementName: Equatable {
    enum Kind: Equatable {
        case other
        /// Its content is text, whatever it looks like (HTML 13.2.6.2).
        case rawText
        /// Its content is not shown, or not loaded, or not HTML.
        case inert
        /// Before its start tag a picture can stand, wherever that is.
        case block
    }

    private let packed: UInt128
    /// Whether it is a name to all readers: some end it at characters that are part of it in HTML.
    let isSound: Bool

    /// Reads the name that begins at `index` and leaves `index` behind it (HTML 13.2.5.8).
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        var packed: UInt128 = 0
        var isSound = true
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte.isHTMLSpace { break }
            // Longer names push their beginning out, and match none: none is of 16 characters.
            packed = packed << 8 | UInt128(byte.lowercased)
            isSound = isSound && byte.isNameCharacter
            index += 1
        }
        self.packed = packed
        self.isSound = isSound
    }

    private init(_ name: StaticString) {
        var packed: UInt128 = 0
        for offset in 0..<name.utf8CodeUnitCount { packed = packed << 8 | UInt128(name.utf8Start[offset]) }
        self.packed = packed
        isSound = true
    }

    static let blockquote = ElementName("blockquote")
    static let body = ElementName("body")
    static let html = ElementName("html")
    static let img = ElementName("img")
    static let plaintext = ElementName("plaintext")
    static let script = ElementName("script")
    static let style = ElementName("style")
    static let frameset = ElementName("frameset")

    static func == (a: ElementName, b: ElementName) -> Bool { a.packed == b.packed }

    var kind: Kind {
        var slot = self.slot
        while true {
            let entry = Self.kinds[slot]
            if entry.name == self { return entry.kind }
            if entry.name.packed == 0 { return .other }
            slot = (slot + 1) & Self.mask
        }
    }

    private var slot: Int {
        let folded = UInt64(truncatingIfNeeded: packed ^ packed >> 64)
        return Int(truncatingIfNeeded: folded &* 0x9e37_79b9_7f4a_7c15 >> 56) & Self.mask
    }

    private static let mask = 255

    /// A table of hashes with open addressing: this is asked for every tag of every mail.
    private static let kinds: [(name: ElementName, kind: Kind)] = {
        var table = [(name: ElementName, kind: Kind)](repeating: (ElementName(""), .other), count: mask + 1)
        func enter(_ kind: Kind, _ names: StaticString...) {
            for name in names.map({ ElementName($0) }) {
                var slot = name.slot
                while table[slot].name.packed != 0 { slot = (slot + 1) & mask }
                table[slot] = (name, kind)
            }
        }
        enter(
            .rawText, "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext")
        enter(.inert, "template", "select", "object", "video", "audio", "canvas", "svg", "math")
        enter(.block, "p", "div", "br", "hr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "center", "section")
        return table
    }()
}
