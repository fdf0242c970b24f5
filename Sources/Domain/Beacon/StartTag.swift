import CXML2

/// What matters of a start tag. It points to libxml2's memory and is good while its callback runs.
struct StartTag {
    typealias Text = UnsafeBufferPointer<UInt8>

    private let name: UnsafePointer<xmlChar>
    private(set) var id = Text(start: nil, count: 0)
    private(set) var classes = Text(start: nil, count: 0)
    private(set) var style = Text(start: nil, count: 0)
    /// What a mail program would fetch.
    private(set) var urls: [[UInt8]] = []
    /// Of its attributes.
    private(set) var count = 0

    init(_ name: UnsafePointer<xmlChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        self.name = name
        guard let attributes else { return }
        while let attribute = attributes[2 * count] {
            defer { count += 1 }
            guard let value = attributes[2 * count + 1] else { continue }
            note(attribute, Text(value))
        }
    }

    var isBlockquote: Bool { name.is("blockquote") }

    /// Whether HTML does not render its content as markup (HTML 13.2.6.4 and 4.12.3), while libxml2 parses it.
    var isInert: Bool {
        switch name[0] {
        case UInt8(ascii: "t"): name.is("title") || name.is("textarea") || name.is("template")
        case UInt8(ascii: "n"): name.is("noembed") || name.is("noframes")
        case UInt8(ascii: "i"): name.is("iframe")
        case UInt8(ascii: "p"): name.is("plaintext")
        case UInt8(ascii: "x"): name.is("xmp")
        default: false
        }
    }

    private mutating func note(_ attribute: UnsafePointer<xmlChar>, _ value: Text) {
        switch attribute[0] {
        case UInt8(ascii: "s"):
            if attribute.is("style") {
                style = value
                if value.contains(where: Self.isOfURLs) { urls += URLText.arguments(ofStyle: Array(value)) }
            } else if attribute.is("src") ? loadsSource : attribute.is("srcset") {
                urls.append(Array(value))
            }
        case UInt8(ascii: "c"): if attribute.is("class") { classes = value }
        case UInt8(ascii: "i"): if attribute.is("id") { id = value }
        case UInt8(ascii: "b"): if attribute.is("background") { urls.append(Array(value)) }
        default: break
        }
    }

    /// Without any of them there is no `url(…)`, however it is written.
    private static func isOfURLs(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "(") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "&")
    }

    /// Those of VML are Outlook's, in conditional comments.
    private var loadsSource: Bool {
        name.is("img") || name.is("image") || name.is("input") || name.is("v:imagedata") || name.is("v:fill")
    }
}

extension UnsafePointer<xmlChar> {
    fileprivate func `is`(_ text: StaticString) -> Bool { xmlStrEqual(self, text.utf8Start) != 0 }
}

extension UnsafeBufferPointer<UInt8> {
    /// A string of libxml2's.
    init(_ text: UnsafePointer<xmlChar>) { self.init(start: text, count: Int(xmlStrlen(text))) }
}
