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
    private static let pieceLength = 4 << 10
    private static let maximumDepth = 256
    /// A tag longer than this is skipped.
    private static let maximumTag = 32 << 10
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
    /// - Parameter last: of ``PreScan/lastCandidate(in:)``, if it is to be read no further than need be; then nothing is
    ///   known of its end.
    @discardableResult
    static func read(
        _ html: UnsafeBufferPointer<UInt8>, through last: Int? = nil, search: TokenSearch, preScan: PreScan,
        quoted: Bool,
        isConditional: Bool = false, into findings: inout FindingList
    ) -> Bool {
        let reader = HTMLReader(
            search: search, preScan: preScan, findings: findings, quoted: quoted, isConditional: isConditional)
        let plain = PlainMarkup(html, keeping: last ?? html.count)
        plain.bytes.withUnsafeBufferPointer { reader.parse($0, through: last.map { _ in plain.kept }) }
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
    /// - Parameter last: a byte behind whose tag or comment nothing matters; `nil` if all does.
    private func parse(_ html: UnsafeBufferPointer<UInt8>, through last: Int?) {
        var fed = 0
        begin()
        while fed < html.count, effort < Self.maximumEffort {
            let end = min(fed + Self.pieceLength, html.count)
            feed(UnsafeBufferPointer(rebasing: html[fed..<end]))
            fed = end
            if let last, fed - pending > last { return }
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
            Unmanaged<HTMLReader>.fromOpaque(context).takeUnretainedValue().comment(UnsafeBufferPointer(text))
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
}

extension HTMLReader {
    private func start(_ name: UnsafePointer<xmlChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        let tag = StartTag(name, attributes)
        effort += tag.count * tag.count
        let mark = QuoteMark(isBlockquote: tag.isBlockquote, id: tag.id, classes: tag.classes, style: tag.style)
        let role: Role =
            switch mark {
            case .content: .quotation
            case .restOfMessage, nil: tag.isInert ? .inert : .plain
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
    private func comment(_ text: UnsafeBufferPointer<UInt8>) {
        guard !isConditional, inert == 0, text.starts(with: "[if".utf8),
            let open = text.firstIndex(of: UInt8(ascii: ">"))
        else { return }
        let content = UnsafeBufferPointer(rebasing: text[(open + 1)...])
        guard let last = preScan.lastCandidate(in: content) else { return }
        Self.read(
            content, through: last, search: search, preScan: preScan, quoted: isQuoted, isConditional: true,
            into: &findings)
    }
}
