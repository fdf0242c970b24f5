/// RFC 9051, body. Of all responses the one that servers get wrong most often, so it is read in two steps: lists and
/// strings first, whatever they mean, and then what of it looks like a part.
extension Scanner {
    /// Throws only where the lists themselves do not end.
    mutating func bodyStructure() throws(GrammarError) -> BodyStructure {
        if takeNil() { return BodyStructure(isPartial: true) }
        var isPartial = false
        let root = try node(isPartial: &isPartial)
        var reader = BodyReader(limits: limits, isPartial: isPartial)
        reader.read(root)
        return BodyStructure(parts: reader.parts, isPartial: reader.isPartial)
    }

    /// One value with all that is in it. Lists below the nesting limit are left out, by a loop and not by recursion.
    private mutating func node(isPartial: inout Bool) throws(GrammarError) -> BodyNode {
        var open: [[BodyNode]] = []
        var omitted = 0
        var count = 0
        while true {
            skipSpaces()
            guard let byte = peek else { throw GrammarError() }
            var value: BodyNode?
            if byte == UInt8(ascii: "(") {
                position += 1
                if open.count < limits.nesting { open.append([]) } else { omitted += 1 }
            } else if byte == UInt8(ascii: ")") {
                position += 1
                if omitted > 0 {
                    omitted -= 1
                    isPartial = true
                    if omitted == 0 { value = .list([]) }
                } else if let closed = open.popLast() {
                    value = .list(closed)
                } else {
                    throw GrammarError()
                }
            } else {
                let leaf = try leaf()
                if omitted == 0 { value = leaf }
            }
            guard let value else { continue }
            count += 1
            if open.isEmpty { return value }
            if count <= limits.items { open[open.count - 1].append(value) } else { isPartial = true }
        }
    }

    private mutating func leaf() throws(GrammarError) -> BodyNode {
        if takeNil() { return .missing }
        if let literal = takeLiteral() { return literal.bytes.map { .text($0[...]) } ?? .missing }
        // Quirk: `("NAME" "the "final" report.pdf")`. Behind a string comes another value or the list's end; if it does
        // not look like one, the quote is part of the string.
        if peek == UInt8(ascii: "\"") { return .text(try quotedSlice { $0.isBehindBodyString($1) }) }
        return .text(try atom())
    }

    private func isBehindBodyString(_ position: Int) -> Bool {
        guard isDelimiter(at: position), position < frame.bytes.count else { return isDelimiter(at: position) }
        guard frame.bytes[position] == 0x20 else { return true }
        var next = position
        while next < frame.bytes.count, frame.bytes[next] == 0x20 { next += 1 }
        guard next < frame.bytes.count, frame.bytes[next] != 0x28, frame.bytes[next] != 0x29 else { return true }
        let first = frame.bytes[next]
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "{") || first == UInt8(ascii: "~") { return true }
        let word = frame.bytes[next...].prefix(24).prefix { $0 != 0x20 && $0 != 0x28 && $0 != 0x29 }
        return word.equalsIgnoringCase("NIL") || Scanner.size(word) != nil
    }
}

enum BodyNode: Equatable {
    case missing
    /// Mostly a piece of the response itself.
    case text(ArraySlice<UInt8>)
    case list([BodyNode])

    var elements: [BodyNode]? { if case .list(let elements) = self { elements } else { nil } }
    var isList: Bool { elements != nil }
    /// Lower case, at most 1,000 bytes.
    var word: String? { words?.utf8.lowerCased }
    func isWord(_ word: String) -> Bool {
        if case .text(let bytes) = self { bytes.equalsIgnoringCase(word) } else { false }
    }
    var words: String? { if case .text(let bytes) = self { bytes.prefix(1000).text } else { nil } }
    var number: UInt64? { if case .text(let bytes) = self { Scanner.size(bytes) } else { nil } }
}

/// Finds the parts in the tree, depth first, without recursion.
private struct BodyReader {
    private struct Pending {
        let node: BodyNode
        let path: String
        let enclosingMessages: Int
    }

    let limits: ParserLimits
    var parts: [BodyPart] = []
    var isPartial: Bool
    private var pending: [Pending] = []

    init(limits: ParserLimits, isPartial: Bool) {
        self.limits = limits
        self.isPartial = isPartial
    }

    mutating func read(_ root: BodyNode) {
        pending = [Pending(node: root, path: "", enclosingMessages: 0)]
        while let next = pending.popLast() {
            guard let elements = next.node.elements, !elements.isEmpty else {
                // Quirk: NIL or () where a part belongs (Exchange, Gmail); it still has its number.
                isPartial = true
                continue
            }
            if let children = Self.children(of: elements) {
                push(children, below: next)
            } else {
                readPart(elements, at: next)
            }
        }
    }

    private mutating func push(_ children: ArraySlice<BodyNode>, below parent: Pending) {
        let prefix = parent.path.isEmpty ? "" : parent.path + "."
        for (offset, child) in children.enumerated().reversed() {
            pending.append(
                Pending(
                    node: child, path: "\(prefix)\(offset + 1)", enclosingMessages: parent.enclosingMessages))
        }
    }

    /// The bodies of a multipart: the lists it begins with. NIL counts as a body if a real one follows.
    private static func children(of elements: [BodyNode]) -> ArraySlice<BodyNode>? {
        guard let end = elements.firstIndex(where: { !$0.isList && $0 != .missing }) ?? Optional(elements.count),
            let first = elements[..<end].first(where: \.isList)
        else { return nil }
        guard elements.first?.isList == true || looksLikeBody(first) else { return nil }
        // A multipart's parameters come behind its subtype, so lists before it are bodies.
        return elements[..<end]
    }

    private static func looksLikeBody(_ node: BodyNode) -> Bool {
        guard let elements = node.elements else { return false }
        return elements.first?.isList == true || elements.count >= 7 && elements[6].number != nil
    }

    private mutating func readPart(_ elements: [BodyNode], at place: Pending) {
        // Quirk: a multipart without parts, `("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)` (Gmail, Yandex).
        guard elements.count > 1, !elements[1].isList else {
            isPartial = true
            return
        }
        guard parts.count < limits.items else {
            isPartial = true
            return
        }
        let type = elements[0].word
        let subtype = elements[1].word
        if type == nil || subtype == nil { isPartial = true }
        let section = place.path.isEmpty ? "1" : place.path
        if type == "message", subtype == "rfc822" || subtype == "global",
            let body = elements.dropFirst(7).first(where: { Self.isBody($0) })
        {
            let isMultipart = body.elements.flatMap { Self.children(of: $0) } != nil
            pending.append(
                Pending(
                    node: body, path: isMultipart ? section : section + ".1",
                    enclosingMessages: place.enclosingMessages + 1))
            return
        }
        parts.append(leaf(elements, type: type ?? "", subtype: subtype ?? "", section: section, place))
    }

    private static func isBody(_ node: BodyNode) -> Bool {
        guard let elements = node.elements, let first = elements.first else { return false }
        // The envelope before it begins with a date or NIL and has its addresses, lists of lists, third to eighth.
        if first.isList { return elements.contains { $0.word != nil } }
        return elements.count >= 7 && elements[6].number != nil && (elements[2].isList || elements[2] == .missing)
    }

    private mutating func leaf(
        _ elements: [BodyNode], type: String, subtype: String, section: String, _ place: Pending
    ) -> BodyPart {
        var part = BodyPart(
            section: section, type: type, subtype: subtype, enclosingMessages: place.enclosingMessages)
        let parameters = elements.dropFirst(2).first?.elements ?? []
        part.charset = Self.parameter("charset", in: parameters)
        part.name = Self.parameter("name", in: parameters)
        // Quirk: a field too few before the encoding; it is known by its value.
        let encodingIndex =
            elements.indices.dropFirst(2).prefix(5).first { Self.encodings.contains(where: elements[$0].isWord) } ?? 5
        if encodingIndex < elements.count, let encoding = elements[encodingIndex].word {
            part.encoding = encoding
            part.octets = encodingIndex + 1 < elements.count ? elements[encodingIndex + 1].number : nil
        }
        if part.encoding.isEmpty || part.octets == nil { isPartial = true }
        readDisposition(elements.dropFirst(encodingIndex + 2), into: &part)
        return part
    }

    /// Quirks: a bare "inline" for `("inline" NIL)`, and S/MIME's description in its place (Exchange). Found by its form,
    /// because the fields before it may be missing.
    private func readDisposition(_ fields: ArraySlice<BodyNode>, into part: inout BodyPart) {
        for field in fields {
            if let disposition = Self.dispositions.first(where: field.isWord) {
                part.disposition = disposition
                return
            }
            guard let elements = field.elements, let kind = elements.first?.word else { continue }
            let parameters = elements.dropFirst().first
            guard Self.dispositions.contains(kind) || parameters?.isList == true || parameters == .missing else {
                continue
            }
            part.disposition = kind
            if part.name == nil { part.name = Self.parameter("filename", in: parameters?.elements ?? []) }
            return
        }
    }

    private static let encodings = ["7bit", "8bit", "binary", "base64", "quoted-printable"]
    private static let dispositions = ["inline", "attachment"]

    /// Of `("CHARSET" "utf-8" "name" NIL)`.
    private static func parameter(_ name: String, in pairs: [BodyNode]) -> String? {
        var index = 0
        while index + 1 < pairs.count {
            if pairs[index].isWord(name) { return pairs[index + 1].words }
            index += 2
        }
        return nil
    }
}
