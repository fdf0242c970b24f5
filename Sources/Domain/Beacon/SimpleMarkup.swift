import MIME

/// HTML as mail programs write it where nothing is quoted: each of its tags tells for itself what is loaded.
///
/// They have to be whole and plainly written, of elements that only hold or arrange something, and none may mark a
/// quotation. Then nothing that is open hides anything, and libxml2, which takes many times as long, would name the same
/// URLs. Whatever is written otherwise is left to ``HTMLReader``.
struct SimpleMarkup {
    private typealias Text = UnsafeBufferPointer<UInt8>
    /// A name in lower case, byte by byte, the last one lowest.
    private typealias Name = UInt128

    /// Octets of a tag.
    private static let maximumTag = 4 << 10
    /// The sum of the squares of the tags' numbers of attributes: far below what ``HTMLReader`` bears.
    private static let maximumEffort = 1_000_000

    /// What a mail program would fetch, in its order.
    private(set) var urls: [[UInt8]] = []
    private let html: UnsafeBufferPointer<UInt8>
    private var effort = 0

    /// `nil` if the HTML is not simple, from its beginning through the tag of the byte at `last`.
    init?(_ html: UnsafeBufferPointer<UInt8>, through last: Int) {
        self.html = html
        var index = ByteSearch.first(of: UInt8(ascii: "<"), in: html, from: 0)
        while index <= last {
            guard let end = readTag(at: index) else { return nil }
            index = ByteSearch.first(of: UInt8(ascii: "<"), in: html, from: end)
        }
    }

    /// What matters of a start tag.
    private struct Tag {
        var isImage = false
        var isFrame = false
        var count = 0
        var id = Text(start: nil, count: 0)
        var classes = Text(start: nil, count: 0)
        var style = Text(start: nil, count: 0)
        var source = Text(start: nil, count: 0)
    }

    /// Returns where the tag ends; `nil` if it is not simple.
    private mutating func readTag(at start: Int) -> Int? {
        let bound = min(html.count, start + Self.maximumTag)
        var index = start + 1
        if index < bound, html[index] == UInt8(ascii: "/") {
            index += 1
            // Nothing that it could end is open.
            guard readName(at: &index, before: bound, hyphens: false) != nil, html[index] == UInt8(ascii: ">") else {
                return nil
            }
            return index + 1
        }
        guard let element = readName(at: &index, before: bound, hyphens: false), Self.holds(element) else { return nil }
        var tag = Tag()
        tag.isImage = Self.images.contains(element)
        tag.isFrame = Self.frames.contains(element)
        while index < bound {
            switch html[index] {
            case UInt8(ascii: ">"):
                return take(tag) ? index + 1 : nil
            case UInt8(ascii: "/"):
                guard index + 1 < bound, html[index + 1] == UInt8(ascii: ">"), take(tag) else { return nil }
                return index + 2
            case 0x20, 0x09, 0x0a, 0x0d:
                index += 1
                guard index < bound else { return nil }
                guard html[index].isLetterOrDigit else { continue }
                guard readAttribute(at: &index, before: bound, of: &tag) else { return nil }
            default:
                return nil
            }
        }
        return nil
    }

    private func readAttribute(at index: inout Int, before bound: Int, of tag: inout Tag) -> Bool {
        guard let name = readName(at: &index, before: bound, hyphens: true) else { return false }
        tag.count += 1
        var value: Text?
        if html[index] == UInt8(ascii: "=") {
            index += 1
            guard index < bound else { return false }
            let isQuoted = html[index] == UInt8(ascii: "\"")
            if isQuoted { index += 1 }
            let start = index
            Self.goesOn.withUnsafeBufferPointer { goesOn in
                let bit: UInt8 = isQuoted ? 1 : 2
                while index < bound, goesOn[Int(html[index])] & bit != 0 { index += 1 }
            }
            guard index < bound, isQuoted ? html[index] == UInt8(ascii: "\"") : index > start else { return false }
            value = Text(rebasing: html[start..<index])
            if isQuoted { index += 1 }
        }
        return note(value, as: name, of: &tag)
    }

    /// Leaves the index at a byte behind it; `nil` if there is none, or no name.
    private func readName(at index: inout Int, before bound: Int, hyphens: Bool) -> Name? {
        guard index < bound, html[index].isLetterOrDigit, html[index] > UInt8(ascii: "9") else { return nil }
        let start = index
        var name: Name = 0
        while index < bound, html[index].isLetterOrDigit || hyphens && html[index] == UInt8(ascii: "-") {
            name = name << 8 | Name(html[index].lowercased)
            index += 1
        }
        return index < bound && index - start <= Name.bitWidth / 8 ? name : nil
    }
}

extension SimpleMarkup {
    /// `false` if it is there already, has no value, or may stand for something else: with a reference, or beyond ASCII.
    private func note(_ value: Text?, as name: Name, of tag: inout Tag) -> Bool {
        switch name {
        case 0x6964 /* id */: Self.set(&tag.id, value)
        case 0x63_6c61_7373 /* class */: Self.set(&tag.classes, value)
        case 0x73_7479_6c65 /* style */: Self.set(&tag.style, value)
        case 0x73_7263 /* src */: tag.isImage ? Self.set(&tag.source, value) : true
        case 0x7372_6373_6574 /* srcset */, 0x6261_636b_6772_6f75_6e64 /* background */: Self.set(&tag.source, value)
        default: true
        }
    }

    private static func set(_ part: inout Text, _ value: Text?) -> Bool {
        guard let value, part.baseAddress == nil, value.allSatisfy({ 0x20..<0x7f ~= $0 && $0 != UInt8(ascii: "&") })
        else { return false }
        part = value
        return true
    }

    /// `false` if the element begins a quotation, or it is not certain in which order what it loads is named.
    private mutating func take(_ tag: Tag) -> Bool {
        effort += tag.count * tag.count
        guard effort < Self.maximumEffort,
            QuoteMark(isBlockquote: false, id: tag.id, classes: tag.classes, style: tag.style) == nil
        else { return false }
        if tag.style.contains(where: { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "\\") }) {
            guard tag.source.isEmpty, !tag.isFrame else { return false }
            urls += URLText.arguments(ofStyle: Array(tag.style))
        } else if !tag.source.isEmpty {
            guard !tag.isFrame else { return false }
            urls.append(Array(tag.source))
        }
        return true
    }

    /// Which bytes go on in a value: 1 in quotes, 2 without.
    private static let goesOn: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), 0: 0
        case UInt8(ascii: "#"), UInt8(ascii: "%"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): 3
        default: byte.isLetterOrDigit ? 3 : 1
        }
    }

    private static func holds(_ element: Name) -> Bool {
        elements.withUnsafeBufferPointer { elements in
            var (low, high) = (0, elements.count)
            while low < high {
                let middle = (low + high) / 2
                if elements[middle] < element { low = middle + 1 } else { high = middle }
            }
            return low < elements.count && elements[low] == element
        }
    }

    private static let elements =
        (images + frames
        + names(
            """
            a abbr address article aside b big br caption center code col colgroup dd del div dl dt em figure font footer h1 h2 \
            h3 h4 h5 h6 header hr i ins label li main meta nav ol p pre s section small span strike strong sub sup table tbody td \
            tfoot th thead tr tt u ul
            """)).sorted()

    private static let images = names("img input")
    /// What they load libxml2 may pass over.
    private static let frames = names("html head body")

    private static func names(_ text: String) -> [Name] {
        text.split(separator: " ").map { $0.utf8.reduce(0) { $0 << 8 | Name($1) } }
    }
}
