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
        let header = HeaderFields(parsing: bytes)
        var parser = MessageParser(limits: limits)
        parser.begin(header, at: header.bodyStart)
        bytes.withUnsafeBufferPointer { parser.read($0, from: header.bodyStart) }
        return parser.parts
    }

    private struct Multipart {
        let boundary: [UInt8]
        var children = 0
    }

    private enum Place {
        /// Before the first or after the last delimiter of the innermost multipart.
        case between
        case header(start: Int)
        case leaf(HeaderFields, start: Int)
    }

    private let limits: MessageLimits
    private var parts: [MessagePart] = []
    private var open: [Multipart] = []
    private var place = Place.between

    private init(limits: MessageLimits) { self.limits = limits }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        var lineStart = start
        while lineStart < bytes.count, parts.count < limits.parts {
            if open.isEmpty {
                // No delimiter can come any more: what is open, if anything, reaches to the end.
                break
            }
            let newline = ByteSearch.first(of: 0x0a, in: bytes, from: lineStart)
            let next = min(newline + 1, bytes.count)
            var lineEnd = newline
            if lineEnd > lineStart, bytes[lineEnd - 1] == 0x0d { lineEnd -= 1 }
            let line = UnsafeBufferPointer(rebasing: bytes[lineStart..<lineEnd])
            if let delimiter = delimiter(line) {
                end(bytes, at: lineStart)
                open.removeLast(open.count - 1 - delimiter.level)
                if delimiter.isClosing {
                    open.removeLast()
                    place = .between
                } else {
                    open[delimiter.level].children += 1
                    place = .header(start: next)
                }
            } else if case .header(let headerStart) = place, line.isEmpty {
                begin(fields(bytes[headerStart..<lineStart]), at: next)
            }
            lineStart = next
        }
        if parts.count < limits.parts { end(bytes, at: bytes.count, isDelimited: false) }
    }

    /// A header has been read: its entity is a multipart or a leaf.
    private mutating func begin(_ fields: HeaderFields, at start: Int) {
        let type = fields.contentType
        if type.isMultipart, let boundary = type.boundary, open.count < limits.depth {
            open.append(Multipart(boundary: boundary))
            place = .between
        } else {
            place = .leaf(fields, start: start)
        }
    }

    /// Whatever is being read ends before the delimiter line at `end`, whose line break is the delimiter's own.
    private mutating func end(_ bytes: UnsafeBufferPointer<UInt8>, at end: Int, isDelimited: Bool = true) {
        switch place {
        case .between:
            break
        case .header(let start):
            add(fields(bytes[start..<end]), body: end..<end)
        case .leaf(let fields, let start):
            var bodyEnd = end
            if isDelimited, bodyEnd > start {
                bodyEnd -= 1
                if bodyEnd > start, bytes[bodyEnd - 1] == 0x0d { bodyEnd -= 1 }
            }
            add(fields, body: start..<max(start, bodyEnd))
        }
        place = .between
    }

    private mutating func add(_ fields: HeaderFields, body: Range<Int>) {
        let section = open.isEmpty ? "1" : open.map { String($0.children) }.joined(separator: ".")
        parts.append(
            MessagePart(
                section: section, body: body, contentType: fields.contentType, encoding: fields.transferEncoding,
                disposition: fields.contentDisposition))
    }

    private func fields(_ header: Slice<UnsafeBufferPointer<UInt8>>) -> HeaderFields {
        HeaderFields(parsing: header, limits: limits.partHeader)
    }

    /// The innermost multipart of which the line is a delimiter.
    private func delimiter(_ line: UnsafeBufferPointer<UInt8>) -> (level: Int, isClosing: Bool)? {
        let dash = UInt8(ascii: "-")
        guard line.count > 2, line[0] == dash, line[1] == dash else { return nil }
        for level in open.indices.reversed() {
            let boundary = open[level].boundary
            guard line.count >= 2 + boundary.count, line[2..<(2 + boundary.count)].elementsEqual(boundary) else {
                continue
            }
            let rest = line[(2 + boundary.count)...]
            if rest.allSatisfy(\.isBlank) { return (level, false) }
            if rest.starts(with: [dash, dash]), rest.dropFirst(2).allSatisfy(\.isBlank) { return (level, true) }
        }
        return nil
    }
}
