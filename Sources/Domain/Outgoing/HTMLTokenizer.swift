import Beacon
import MIME

/// Reads HTML tag by tag as browsers do (HTML 13.2.5), over bytes in which ASCII means ASCII. It builds no tree.
struct HTMLTokenizer {
    enum Token {
        case start(Tag)
        case end(ElementName, at: Int)
        /// `<![if …]>` and `<![endif]>`, which hide from Outlook, or from all others, what is between them.
        case conditional
        /// What follows is text, to the end.
        case finished
        /// A comment, a tag or the content of a `script` is not closed; readers differ in what follows.
        case broken
    }

    struct Tag {
        let name: ElementName
        /// From `<` to behind `>`.
        let range: Range<Int>
        let quote: QuoteMark?
        let isSelfClosing: Bool
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position = 0
    /// `nil` once a start tag has been read whose content is not markup, until its end tag.
    private var rawText: ElementName?

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func next() -> Token {
        if let rawText, !skipRawText(of: rawText) { return .broken }
        while true {
            let open = ByteSearch.first(of: UInt8(ascii: "<"), in: bytes, from: position)
            guard open + 1 < bytes.count else {
                position = bytes.count
                return open < bytes.count ? .broken : .finished
            }
            let next = bytes[open + 1]
            if next.isLetter {
                return startTag(at: open)
            } else if next == UInt8(ascii: "/") {
                guard open + 2 < bytes.count else { return .broken }
                if bytes[open + 2].isLetter { return endTag(at: open) }
                guard skipBogusComment(from: open + 2) else { return .broken }
            } else if next == UInt8(ascii: "!") {
                if starts(with: "--", at: open + 2) {
                    guard skipComment(from: open + 4) else { return .broken }
                } else {
                    guard skipBogusComment(from: open + 2) else { return .broken }
                    if starts(with: "[", at: open + 2) { return .conditional }
                }
            } else if next == UInt8(ascii: "?") {
                guard skipBogusComment(from: open + 2) else { return .broken }
            } else {
                position = open + 1
            }
        }
    }

    private func starts(with text: StaticString, at index: Int) -> Bool {
        guard index + text.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[index + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private mutating func startTag(at open: Int) -> Token {
        var index = open + 1
        let name = ElementName(bytes, &index)
        var attributes = Attributes(bytes)
        guard name.isSound, let end = attributes.read(from: index) else { return .broken }
        position = end
        if name.kind == .rawText { rawText = name }
        let tag = Tag(
            name: name, range: open..<end, quote: attributes.quote(of: name), isSelfClosing: attributes.isSelfClosing)
        return .start(tag)
    }

    private mutating func endTag(at open: Int) -> Token {
        var index = open + 2
        let name = ElementName(bytes, &index)
        // Attributes mean nothing in an end tag, and some readers take them for what comes after it.
        while index < bytes.count, bytes[index].isHTMLSpace { index += 1 }
        guard name.isSound, index < bytes.count, bytes[index] == UInt8(ascii: ">") else { return .broken }
        position = index + 1
        return .end(name, at: open)
    }

    /// To `-->`. HTML 13.2.5.43 to 51 also has `<!-->`, `<!--->` and `--!>`, by which others do not end a comment.
    private mutating func skipComment(from start: Int) -> Bool {
        if starts(with: ">", at: start) || starts(with: "->", at: start) { return false }
        var index = start
        while true {
            index = ByteSearch.first(of: UInt8(ascii: ">"), in: bytes, from: index)
            guard index < bytes.count else { return false }
            if index >= start + 3, starts(with: "--!", at: index - 3) { return false }
            if index >= start + 2, starts(with: "--", at: index - 2) {
                position = index + 1
                return true
            }
            index += 1
        }
    }

    /// To `>` (HTML 13.2.5.41). Where a tag seems to begin in it, readers differ.
    private mutating func skipBogusComment(from start: Int) -> Bool {
        let end = ByteSearch.first(of: UInt8(ascii: ">"), UInt8(ascii: "<"), 0, in: bytes, from: start)
        position = min(end + 1, bytes.count)
        return end < bytes.count && bytes[end] == UInt8(ascii: ">")
    }

    /// To the end tag of the element, which is read next. Where another tag seems to begin, some readers see one; a
    /// comment in a script changes what ends it.
    private mutating func skipRawText(of name: ElementName) -> Bool {
        rawText = nil
        guard name != .plaintext else { return false }
        let isCode = name == .script || name == .style
        while true {
            let open = ByteSearch.first(of: UInt8(ascii: "<"), in: bytes, from: position)
            guard open + 2 < bytes.count else { return false }
            let next = bytes[open + 1]
            if next == UInt8(ascii: "/") {
                var index = open + 2
                position = open
                return ElementName(bytes, &index) == name
            }
            if name == .script
                ? starts(with: "!--", at: open + 1) : !isCode && (next.isLetter || next == UInt8(ascii: "!"))
            {
                return false
            }
            position = open + 1
        }
    }
}

/// The attributes of a tag (HTML 13.2.5.32 to 40), of which those are kept that quotations are known by.
private struct Attributes {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var id = 0..<0
    private var classes = 0..<0
    private var style = 0..<0
    private(set) var isSelfClosing = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    func quote(of name: ElementName) -> QuoteMark? {
        let isBlockquote = name == .blockquote
        guard isBlockquote || !id.isEmpty || !classes.isEmpty || !style.isEmpty else { return nil }
        return QuoteMark(
            isBlockquote: isBlockquote, id: value(id), classes: value(classes), style: value(style))
    }

    private func value(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[range])
    }

    /// Returns where the tag ends, behind its `>`; `nil` if it does not.
    mutating func read(from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ">") {
                isSelfClosing = bytes[index - 1] == UInt8(ascii: "/")
                return index + 1
            } else if byte.isHTMLSpace || byte == UInt8(ascii: "/") {
                index += 1
            } else {
                guard let next = attribute(at: index) else { return nil }
                index = next
            }
        }
        return nil
    }

    /// Returns where the attribute ends; `nil` also where readers differ about that.
    private mutating func attribute(at start: Int) -> Int? {
        var index = start
        while index < bytes.count, bytes[index].isNameCharacter { index += 1 }
        let name = start..<index
        // Other characters are part of a name in HTML, and end it elsewhere.
        guard index < bytes.count, !name.isEmpty, bytes[index] == UInt8(ascii: "=") || ends(bytes[index]) else {
            return nil
        }
        while index < bytes.count, bytes[index].isHTMLSpace { index += 1 }
        guard index < bytes.count else { return nil }
        guard bytes[index] == UInt8(ascii: "=") else { return index }
        index += 1
        while index < bytes.count, bytes[index].isHTMLSpace { index += 1 }
        guard index < bytes.count else { return nil }
        let quote = bytes[index]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let end = ByteSearch.first(of: quote, in: bytes, from: index + 1)
            guard end < bytes.count else { return nil }
            keep(name, index + 1..<end)
            return end + 1
        }
        let valueStart = index
        while index < bytes.count, !bytes[index].isHTMLSpace, bytes[index] != UInt8(ascii: ">") {
            if bytes[index] == UInt8(ascii: "<") { return nil }
            index += 1
        }
        keep(name, valueStart..<index)
        return index
    }

    private func ends(_ byte: UInt8) -> Bool {
        byte.isHTMLSpace || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ">")
    }

    /// Of two attributes with one name the first counts.
    private mutating func keep(_ name: Range<Int>, _ value: Range<Int>) {
        if name.count == 2, id.isEmpty, matches(name, "id") { id = value }
        guard name.count == 5 else { return }
        if classes.isEmpty, matches(name, "class") { classes = value }
        if style.isEmpty, matches(name, "style") { style = value }
    }

    private func matches(_ name: Range<Int>, _ text: StaticString) -> Bool {
        for offset in 0..<name.count where bytes[name.lowerBound + offset].lowercased != text.utf8Start[offset] {
            return false
        }
        return true
    }
}
