import CXML2

/// Reads HTML with libxml2's push parser and lists the tokens in what a mail program would load as an image.
///
/// Of the markup it sees `src` of images, `srcset`, `background` and `url(…)` in `style`; links, text, scripts, style
/// sheets and comments are no pixels, except what a conditional comment holds, since Outlook renders it.
///
/// libxml2 gets plain ASCII, in small pieces, from markup that a stranger wrote. Some of its work grows with the square
/// of what is nested or of a tag's attributes, so these are bounded: where a bound is met the reader begins anew at
/// that place, and only the knowledge of what is open is lost; text inside a quotation then counts as quoted to the end.
final class HTMLReader {
    /// What stands for a byte that is not ASCII, NUL and other controls: it means nothing in HTML, URLs and tokens.
    static let substitute = UInt8(ascii: "*")
    private static let pieceLength = 4 << 10
    private static let maximumDepth = 256
    /// A tag longer than this is skipped.
    private static let maximumTag = 32 << 10
    /// Bytes in a row without a blank, quote or bracket; of more the rest is dropped. It is an image in a `data:` URL.
    private static let maximumRun = 4 << 10
    /// The sum of the squares of the tags' numbers of attributes; what comes after it is met is not looked at.
    private static let maximumEffort = 50_000_000

    /// libxml2 reads nothing more once the last open element is closed, and mail begins with stray end tags and goes on
    /// after `</html>`: this element is around it all.
    private static let root = Array("<sentmark-root>".utf8)

    private let search: TokenSearch
    private let preScan: PreScan
    private let isConditional: Bool
    private(set) var findings: FindingList
    private var context: htmlParserCtxtPtr?
    private var open: [Role] = []
    /// How many of the open elements are quotations, and how many hold nothing that is rendered.
    private var quotations = 0
    private var inert = 0
    private var restIsQuoted: Bool
    private var endsQuoted = false
    private var effort = 0

    private enum Role {
        case plain
        case quotation
        case inert
    }

    private init(search: TokenSearch, preScan: PreScan, findings: FindingList, quoted: Bool, isConditional: Bool) {
        self.search = search
        self.preScan = preScan
        self.findings = findings
        self.isConditional = isConditional
        restIsQuoted = quoted
        _ = Self.isInitialised
    }

    deinit { htmlFreeParserCtxt(context) }

    /// Adds the tokens of `html`, which begins in quoted text if `quoted`. Returns whether it ends in quoted text.
    static func read(
        _ html: UnsafeBufferPointer<UInt8>, search: TokenSearch, preScan: PreScan, quoted: Bool,
        into findings: inout FindingList
    ) -> Bool {
        read(html, search: search, preScan: preScan, quoted: quoted, isConditional: false, into: &findings)
    }

    private static func read(
        _ html: UnsafeBufferPointer<UInt8>, search: TokenSearch, preScan: PreScan, quoted: Bool, isConditional: Bool,
        into findings: inout FindingList
    ) -> Bool {
        let reader = HTMLReader(
            search: search, preScan: preScan, findings: findings, quoted: quoted, isConditional: isConditional)
        let plain = plainASCII(html)
        plain.withUnsafeBufferPointer { reader.parse($0) }
        findings = reader.findings
        return reader.endsQuoted
    }

    private var isQuoted: Bool { restIsQuoted || quotations > 0 }

    /// libxml2 wants this once, before it is used by several threads.
    private static let isInitialised: Bool = {
        xmlInitParser()
        return true
    }()
}

extension HTMLReader {
    private func parse(_ html: UnsafeBufferPointer<UInt8>) {
        var fed = 0
        begin()
        while fed < html.count, effort < Self.maximumEffort {
            let end = min(fed + Self.pieceLength, html.count)
            feed(UnsafeBufferPointer(rebasing: html[fed..<end]))
            fed = end
            if isTagPending(longerThan: Self.maximumTag) {
                while fed < html.count, html[fed] != UInt8(ascii: ">") { fed += 1 }
                begin()
            } else if open.count > Self.maximumDepth {
                fed -= pending
                begin()
            }
        }
        // The end closes whatever is open.
        endsQuoted = isQuoted
        if effort < Self.maximumEffort { htmlParseChunk(context, nil, 0, 1) }
    }

    /// A new parser; what the old one had open is forgotten.
    private func begin() {
        htmlFreeParserCtxt(context)
        restIsQuoted = isQuoted
        open = []
        quotations = 0
        inert = 0
        var handler = cxml2_empty_handler()
        handler.startElement = { context, name, attributes in
            guard let context, let name else { return }
            Unmanaged<HTMLReader>.fromOpaque(context).takeUnretainedValue().start(name, attributes)
        }
        handler.endElement = { context, _ in
            guard let context else { return }
            Unmanaged<HTMLReader>.fromOpaque(context).takeUnretainedValue().end()
        }
        handler.comment = { context, text in
            guard let context, let text else { return }
            Unmanaged<HTMLReader>.fromOpaque(context).takeUnretainedValue().comment(bytes(text))
        }
        // libxml2 copies the handler; it does not own `self`, which outlives the context.
        context = htmlCreatePushParserCtxt(
            &handler, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil, XML_CHAR_ENCODING_UTF8)
        let options =
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue | HTML_PARSE_NOIMPLIED.rawValue
        htmlCtxtUseOptions(context, CInt(options))
        Self.root.withUnsafeBufferPointer(feed)
    }

    private func feed(_ piece: UnsafeBufferPointer<UInt8>) {
        piece.withMemoryRebound(to: CChar.self) { _ = htmlParseChunk(context, $0.baseAddress, CInt($0.count), 0) }
    }

    /// Bytes that were fed and that the parser has not read: an unfinished tag, comment or text.
    private var pending: Int {
        guard let input = context?.pointee.input, let cursor = input.pointee.cur, let end = input.pointee.end else {
            return 0
        }
        return max(0, end - cursor)
    }

    private func isTagPending(longerThan limit: Int) -> Bool {
        guard pending > limit, let cursor = context?.pointee.input?.pointee.cur else { return false }
        return cursor[0] == UInt8(ascii: "<") && cursor[1] != UInt8(ascii: "!")
    }

    private static func plainASCII(_ html: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(html.count)
        var run = 0
        for byte in html {
            switch byte {
            case 0x09, 0x0a, 0x0c, 0x0d, 0x20, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"),
                UInt8(ascii: ">"):
                run = 0
                out.append(byte == 0x0c ? 0x20 : byte)
            default:
                run += 1
                if run <= maximumRun { out.append(byte > 0x20 && byte < 0x7f ? byte : substitute) }
            }
        }
        return out
    }
}

extension HTMLReader {
    private func start(_ name: UnsafePointer<xmlChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        let element = bytes(name)
        let tag = Tag(element: element, attributes: attributes)
        effort += tag.count * tag.count
        let mark = QuoteMark(element: element, id: tag.id, classes: tag.classes, style: tag.style)
        let role: Role =
            switch mark {
            case .content: .quotation
            case .restOfMessage, nil: Self.inertElements.contains(element) ? .inert : .plain
            }
        if mark == .restOfMessage { restIsQuoted = true }
        if role == .quotation { quotations += 1 }
        if inert == 0 {
            for url in tag.urls {
                for kind in search.tokens(inAttribute: url) { findings.add(kind, quoted: isQuoted) }
            }
        }
        if role == .inert { inert += 1 }
        open.append(role)
    }

    private func end() {
        switch open.popLast() {
        case .quotation: quotations -= 1
        case .inert: inert -= 1
        case .plain, nil: break
        }
    }

    /// `<!--[if mso]> … <![endif]-->`: markup for Outlook.
    private func comment(_ text: [UInt8]) {
        guard !isConditional, inert == 0, text.starts(with: "[if".utf8),
            let open = text.firstIndex(of: UInt8(ascii: ">"))
        else { return }
        text[(open + 1)...].withUnsafeBufferPointer { content in
            guard preScan.mayHoldToken(content) else { return }
            _ = Self.read(
                content, search: search, preScan: preScan, quoted: isQuoted, isConditional: true, into: &findings)
        }
    }

    /// Elements whose content HTML does not render as markup (HTML 13.2.6.4 and 4.12.3), while libxml2 parses it.
    private static let inertElements: Set<[UInt8]> = Set(
        ["title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext", "template"].map { Array($0.utf8) })
}

/// What matters of a start tag.
private struct Tag {
    private(set) var id: [UInt8] = []
    private(set) var classes: [UInt8] = []
    private(set) var style: [UInt8] = []
    /// What a mail program would fetch.
    private(set) var urls: [[UInt8]] = []
    private(set) var count = 0

    init(element: [UInt8], attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        guard let attributes else { return }
        while let name = attributes[2 * count] {
            defer { count += 1 }
            guard let value = attributes[2 * count + 1] else { continue }
            switch String(cString: name) {
            case "id": id = bytes(value)
            case "class": classes = bytes(value)
            case "style":
                style = bytes(value)
                urls += URLText.arguments(ofStyle: style)
            case "background", "srcset": urls.append(bytes(value))
            case "src": if Self.loadsSource.contains(element) { urls.append(bytes(value)) }
            default: break
            }
        }
    }

    /// Those of VML are Outlook's, in conditional comments.
    private static let loadsSource: Set<[UInt8]> = Set(
        ["img", "image", "input", "v:imagedata", "v:fill"].map { Array($0.utf8) })
}

private func bytes(_ text: UnsafePointer<xmlChar>) -> [UInt8] {
    Array(UnsafeBufferPointer(start: text, count: Int(xmlStrlen(text))))
}
