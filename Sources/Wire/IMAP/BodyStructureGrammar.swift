/// RFC 9051, body. Of all responses the one that servers get wrong most often, so it is read in two steps: lists and
/// strings first, whatever they mean, and then what of it looks like a part.
extension Scanner {
    /// Throws only where the lists themselves do not end.
    mutating func bodyStructure() throws(GrammarError) -> BodyStructure {
        if takeNil() { return BodyStructure(isPartial: true) }
        var reader = BodyReader(limits: limits)
        let tree = try tree(isPartial: &reader.isPartial)
        reader.read(tree)
        return BodyStructure(parts: reader.parts, isPartial: reader.isPartial)
    }

    /// One value with all that is in it. Lists below the nesting limit are left out, by a loop and not by recursion.
    private mutating func tree(isPartial: inout Bool) throws(GrammarError) -> BodyTree {
        var tree = BodyTree(of: frame.bytes)
        var open: [Int] = []
        var omitted = 0
        var count = 0
        while true {
            skipSpaces()
            guard let byte = peek else { throw GrammarError() }
            var node = tree.count
            if byte == UInt8(ascii: "(") {
                position += 1
                if open.count < limits.nesting {
                    open.append(node)
                    tree.beginList()
                } else {
                    omitted += 1
                }
                continue
            } else if byte == UInt8(ascii: ")") {
                position += 1
                if omitted > 0 {
                    omitted -= 1
                    isPartial = true
                    if omitted > 0 { continue }
                    tree.beginList()
                } else if let closed = open.popLast() {
                    node = closed
                } else {
                    throw GrammarError()
                }
                tree.endList(at: node)
            } else {
                try leaf(into: &tree)
                if omitted > 0 {
                    tree.remove(from: node)
                    continue
                }
            }
            count += 1
            if open.isEmpty { return tree }
            if count > limits.items {
                tree.remove(from: node)
                isPartial = true
            }
        }
    }

    private mutating func leaf(into tree: inout BodyTree) throws(GrammarError) {
        if takeNil() { return tree.append(.missing) }
        if let literal = takeLiteral() {
            guard let bytes = literal.bytes else { return tree.append(.missing) }
            return tree.append(bytes)
        }
        guard peek == UInt8(ascii: "\"") else { return tree.append(.text(try atomRange())) }
        // Quirk: `("NAME" "the "final" report.pdf")`. Behind a string comes another value or the list's end; if it does
        // not look like one, the quote is part of the string.
        if let plain = try plainQuoted(endingWhere: { $0.isBehindBodyString($1) }) { return tree.append(.text(plain)) }
        tree.append(try quoted { $0.isBehindBodyString($1) })
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

/// Finds the parts in the tree, depth first, without recursion.
private struct BodyReader {
    private struct Pending {
        let node: Int
        let path: String
        let enclosingMessages: Int
    }

    let limits: ParserLimits
    var parts: [BodyPart] = []
    var isPartial = false
    private var pending: [Pending] = []

    init(limits: ParserLimits) { self.limits = limits }

    mutating func read(_ tree: BodyTree) {
        pending = [Pending(node: 0, path: "", enclosingMessages: 0)]
        while let next = pending.popLast() {
            guard let elements = tree.elements(of: next.node), !elements.isEmpty else {
                // Quirk: NIL or () where a part belongs (Exchange, Gmail); it still has its number.
                isPartial = true
                continue
            }
            if let children = tree.bodies(among: elements) {
                push(children, below: next)
            } else {
                readPart(elements, of: tree, at: next)
            }
        }
    }

    private mutating func push(_ children: ArraySlice<Int>, below parent: Pending) {
        let prefix = parent.path.isEmpty ? "" : parent.path + "."
        for (offset, child) in children.enumerated().reversed() {
            pending.append(
                Pending(
                    node: child, path: "\(prefix)\(offset + 1)", enclosingMessages: parent.enclosingMessages))
        }
    }

    private mutating func readPart(_ elements: [Int], of tree: BodyTree, at place: Pending) {
        // Quirk: a multipart without parts, `("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)` (Gmail, Yandex).
        guard elements.count > 1, !tree.isList(elements[1]) else {
            isPartial = true
            return
        }
        guard parts.count < limits.items else {
            isPartial = true
            return
        }
        let type = tree.word(elements[0])
        let subtype = tree.word(elements[1])
        if type == nil || subtype == nil { isPartial = true }
        let section = place.path.isEmpty ? "1" : place.path
        if type == "message", subtype == "rfc822" || subtype == "global",
            let body = elements.dropFirst(7).first(where: tree.isBody)
        {
            let isMultipart = tree.elements(of: body).flatMap { tree.bodies(among: $0) } != nil
            pending.append(
                Pending(
                    node: body, path: isMultipart ? section : section + ".1",
                    enclosingMessages: place.enclosingMessages + 1))
            return
        }
        parts.append(leaf(elements, of: tree, type: type ?? "", subtype: subtype ?? "", section: section, place))
    }

    private mutating func leaf(
        _ elements: [Int], of tree: BodyTree, type: String, subtype: String, section: String, _ place: Pending
    ) -> BodyPart {
        var part = BodyPart(
            section: section, type: type, subtype: subtype, enclosingMessages: place.enclosingMessages)
        let parameters = elements.count > 2 ? elements[2] : nil
        part.charset = tree.parameter("charset", in: parameters)
        part.name = tree.parameter("name", in: parameters)
        // Quirk: a field too few before the encoding; it is known by its value.
        let encodingIndex =
            elements.indices.dropFirst(2).prefix(5).first { index in
                Self.encodings.contains { tree.isWord(elements[index], $0) }
            } ?? 5
        if encodingIndex < elements.count, let encoding = tree.word(elements[encodingIndex]) {
            part.encoding = encoding
            part.octets = encodingIndex + 1 < elements.count ? tree.number(elements[encodingIndex + 1]) : nil
        }
        if part.encoding.isEmpty || part.octets == nil { isPartial = true }
        readDisposition(elements.dropFirst(encodingIndex + 2), of: tree, into: &part)
        return part
    }

    /// Quirks: a bare "inline" for `("inline" NIL)`, and S/MIME's description in its place (Exchange). Found by its form,
    /// because the fields before it may be missing.
    private func readDisposition(_ fields: ArraySlice<Int>, of tree: BodyTree, into part: inout BodyPart) {
        for field in fields {
            if let disposition = Self.dispositions.first(where: { tree.isWord(field, $0) }) {
                part.disposition = disposition
                return
            }
            guard let elements = tree.elements(of: field), let kind = elements.first.flatMap(tree.word) else {
                continue
            }
            let parameters = elements.count > 1 ? elements[1] : nil
            guard Self.dispositions.contains(kind) || parameters.map({ tree.isList($0) || tree.isMissing($0) }) == true
            else { continue }
            part.disposition = kind
            if part.name == nil { part.name = tree.parameter("filename", in: parameters) }
            return
        }
    }

    private static let encodings = ["7bit", "8bit", "binary", "base64", "quoted-printable"]
    private static let dispositions = ["inline", "attachment"]
}

extension BodyTree {
    /// The bodies of a multipart: the lists it begins with. NIL counts as a body if a real one follows.
    fileprivate func bodies(among elements: [Int]) -> ArraySlice<Int>? {
        let end = elements.firstIndex { !isList($0) && !isMissing($0) } ?? elements.count
        guard let first = elements[..<end].first(where: isList) else { return nil }
        guard elements.first.map(isList) == true || looksLikeBody(first) else { return nil }
        // A multipart's parameters come behind its subtype, so lists before it are bodies.
        return elements[..<end]
    }

    private func looksLikeBody(_ node: Int) -> Bool {
        guard let elements = elements(of: node) else { return false }
        return elements.first.map(isList) == true || elements.count >= 7 && number(elements[6]) != nil
    }

    fileprivate func isBody(_ node: Int) -> Bool {
        guard let elements = elements(of: node), let first = elements.first else { return false }
        // The envelope before it begins with a date or NIL and has its addresses, lists of lists, third to eighth.
        if isList(first) { return elements.contains { word($0) != nil } }
        return elements.count >= 7 && number(elements[6]) != nil && (isList(elements[2]) || isMissing(elements[2]))
    }

    /// Of `("CHARSET" "utf-8" "name" NIL)`.
    fileprivate func parameter(_ name: String, in list: Int?) -> String? {
        let pairs = list.flatMap { elements(of: $0) } ?? []
        var index = 0
        while index + 1 < pairs.count {
            if isWord(pairs[index], name) { return words(pairs[index + 1]) }
            index += 2
        }
        return nil
    }
}
