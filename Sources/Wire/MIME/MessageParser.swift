/// A leaf of a message's tree of parts (RFC 2046), as it lies in the message's bytes.
package struct MessagePart: Sendable, Equatable {
    /// As IMAP numbers it (RFC 9051 6.4.5): `1`, or `1.2`.
    package let section: String
    /// The part's body as transferred, without the line end that belongs to the boundary after it.
    package let body: Range<Int>
    package let contentType: ContentType
    package let encoding: TransferEncoding
    package let disposition: ContentDisposition?

    package var charset: String? { contentType.charset }
    package var isAttachment: Bool { disposition?.isAttachment ?? false }
}

/// Limits of the tree that a stranger wrote; what lies beyond is left out.
package struct MessageLimits: Sendable {
    package var depth: Int
    package var parts: Int
    package var partHeader: HeaderLimits

    package init(depth: Int, parts: Int, partHeader: HeaderLimits) {
        self.depth = depth
        self.parts = parts
        self.partHeader = partHeader
    }

    package static let standard = MessageLimits(
        depth: 64, parts: 1_000,
        partHeader: HeaderLimits(bytes: 64 << 10, fields: 200, valueBytes: 8 << 10, addresses: 100))
}

/// Takes a whole message apart without its server's BODYSTRUCTURE.
///
/// One pass over the lines with a stack of boundaries. A delimiter of an outer multipart ends the inner ones, whose own
/// is missing; a line that merely begins with a boundary is none (RFC 2046 5.1.1 has blanks alone after it). An attached
/// message is a leaf: its pixels are another message's.
package struct MessageParser {
    /// In the order of the message. `bytes` may be cut off: the last leaf then ends where they end.
    package static func leaves(of bytes: [UInt8], limits: MessageLimits = .standard) -> [MessagePart] {
        structure(of: bytes, limits: limits).entities.filter { !$0.isMultipart }.map {
            MessagePart(
                section: $0.section, body: $0.body, contentType: $0.contentType, encoding: $0.fields.transferEncoding,
                disposition: $0.fields.contentDisposition)
        }
    }

    /// The whole tree. `bytes` may be cut off.
    package static func structure(of bytes: [UInt8], limits: MessageLimits = .standard) -> MessageStructure {
        let header = HeaderFields(parsing: bytes)
        var parser = MessageParser(limits: limits)
        bytes.withUnsafeBufferPointer {
            parser.begin(header, header: 0..<header.bodyStart)
            parser.read($0, from: header.bodyStart)
        }
        return parser.structure
    }

    private struct Multipart {
        let boundary: [UInt8]
        let entity: Int
        var children = 0
    }

    private enum Place {
        /// Before the first or after the last delimiter of the innermost multipart.
        case between
        case header(start: Int)
        /// Its entity is the last one.
        case leaf
    }

    private let limits: MessageLimits
    private var structure = MessageStructure()
    private var leaves = 0
    private var open: [Multipart] = []
    private var boundaries: Set<[UInt8]> = []
    private var place = Place.between

    private init(limits: MessageLimits) { self.limits = limits }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        var lineStart = start
        while lineStart < bytes.count, hasRoom {
            if open.isEmpty {
                // No delimiter can come any more: what is open, if anything, reaches to the end.
                break
            }
            let newline = ByteSearch.first(of: 0x0a, in: bytes, from: lineStart)
            let next = min(newline + 1, bytes.count)
            if newline - lineStart > 1, bytes[lineStart] == Self.dash, bytes[lineStart + 1] == Self.dash {
                var lineEnd = newline
                if bytes[lineEnd - 1] == 0x0d { lineEnd -= 1 }
                readDelimiter(bytes, lineStart..<lineEnd, next: next)
            } else if case .header(let headerStart) = place, Self.isEmptyLine(bytes, lineStart, newline) {
                begin(fields(bytes[headerStart..<next]), header: headerStart..<next)
            }
            lineStart = next
        }
        if hasDelimiter(bytes, from: lineStart) { structure.hasDoubtfulDelimiter = true }
        if hasRoom {
            end(bytes, at: bytes.count, isDelimited: false)
        } else {
            structure.isTruncated = true
        }
        for multipart in open { structure.entities[multipart.entity].body = bodyToEnd(multipart, bytes.count) }
    }

    /// Multiparts without a leaf count too, or there could be any number of them.
    private var hasRoom: Bool { leaves < limits.parts && structure.entities.count <= 2 * limits.parts }

    private mutating func readDelimiter(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, next: Int) {
        guard let delimiter = delimiter(UnsafeBufferPointer(rebasing: bytes[line])) else { return }
        end(bytes, at: line.lowerBound)
        for multipart in open[(delimiter.level + 1)...] {
            structure.entities[multipart.entity].body = bodyToEnd(multipart, line.lowerBound)
        }
        open.removeLast(open.count - 1 - delimiter.level)
        if delimiter.isClosing {
            let multipart = open.removeLast()
            structure.entities[multipart.entity].body = bodyToEnd(multipart, next)
            structure.entities[multipart.entity].isClosed = multipart.children > 0
            place = .between
        } else {
            open[delimiter.level].children += 1
            place = .header(start: next)
        }
    }

    private func bodyToEnd(_ multipart: Multipart, _ end: Int) -> Range<Int> {
        structure.entities[multipart.entity].body.lowerBound..<end
    }

    /// A header has been read: its entity is a multipart or a leaf.
    private mutating func begin(_ fields: HeaderFields, header: Range<Int>) {
        let type = fields.contentType
        var entity = MessageEntity(
            section: section, parent: open.last?.entity, header: header, body: header.upperBound..<header.upperBound,
            fields: fields, contentType: type, isMultipart: false, isClosed: false)
        if type.isMultipart, let boundary = type.boundary, open.count < limits.depth {
            entity.isMultipart = true
            if !boundaries.insert(boundary).inserted || open.contains(where: { Self.mixUp(boundary, $0.boundary) }) {
                structure.hasDoubtfulDelimiter = true
            }
            open.append(Multipart(boundary: boundary, entity: structure.entities.count))
            place = .between
        } else {
            place = .leaf
        }
        structure.entities.append(entity)
    }

    private var section: String { open.isEmpty ? "1" : open.map { String($0.children) }.joined(separator: ".") }

    /// Whatever is being read ends before the delimiter line at `end`, whose line break is the delimiter's own.
    private mutating func end(_ bytes: UnsafeBufferPointer<UInt8>, at end: Int, isDelimited: Bool = true) {
        switch place {
        case .between:
            return
        case .header(let start):
            let fields = fields(bytes[start..<end])
            structure.entities.append(
                MessageEntity(
                    section: section, parent: open.last?.entity, header: start..<end, body: end..<end, fields: fields,
                    contentType: fields.contentType, isMultipart: false, isClosed: false))
        case .leaf:
            let last = structure.entities.count - 1
            let start = structure.entities[last].body.lowerBound
            var bodyEnd = end
            if isDelimited, bodyEnd > start {
                bodyEnd -= 1
                if bodyEnd > start, bytes[bodyEnd - 1] == 0x0d { bodyEnd -= 1 }
            }
            structure.entities[last].body = start..<max(start, bodyEnd)
            structure.entities[last].isClosed = isDelimited || open.isEmpty
        }
        leaves += 1
        place = .between
    }

    private func fields(_ header: Slice<UnsafeBufferPointer<UInt8>>) -> HeaderFields {
        HeaderFields(parsing: header, limits: limits.partHeader)
    }

    /// The innermost multipart of which the line is a delimiter.
    private mutating func delimiter(_ line: UnsafeBufferPointer<UInt8>) -> (level: Int, isClosing: Bool)? {
        for level in open.indices.reversed() {
            let boundary = open[level].boundary
            guard line.count >= 2 + boundary.count, line[2..<(2 + boundary.count)].elementsEqual(boundary) else {
                continue
            }
            let rest = line[(2 + boundary.count)...]
            if rest.allSatisfy(\.isBlank) { return (level, false) }
            if rest.starts(with: [Self.dash, Self.dash]), rest.dropFirst(2).allSatisfy(\.isBlank) {
                return (level, true)
            }
            structure.hasDoubtfulDelimiter = true
        }
        if isKnown(line) { structure.hasDoubtfulDelimiter = true }
        return nil
    }

    /// Whether the line is a delimiter of any multipart of the message, be it closed.
    private func isKnown(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard boundaries.count > open.count, line.count < 512 else { return false }
        let text = Array(Array(line.dropFirst(2)).trimmed)
        return boundaries.contains(text)
            || text.suffix(2) == [Self.dash, Self.dash] && boundaries.contains(Array(text.dropLast(2)))
    }

    /// Whether a delimiter of a closed multipart comes again in what follows the outermost one.
    private func hasDelimiter(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        guard !boundaries.isEmpty, open.isEmpty else { return false }
        var lineStart = start
        while lineStart + 2 < bytes.count {
            let newline = ByteSearch.first(of: 0x0a, in: bytes, from: lineStart)
            if bytes[lineStart] == Self.dash, bytes[lineStart + 1] == Self.dash,
                isKnown(UnsafeBufferPointer(rebasing: bytes[lineStart..<newline]))
            {
                return true
            }
            lineStart = newline + 1
        }
        return false
    }

    private static func mixUp(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.starts(with: b) || b.starts(with: a) }

    private static func isEmptyLine(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ newline: Int) -> Bool {
        newline == start || newline == start + 1 && bytes[start] == 0x0d
    }

    private static let dash = UInt8(ascii: "-")
}
