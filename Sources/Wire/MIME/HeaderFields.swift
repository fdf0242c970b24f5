/// What is kept of a header block that a stranger wrote. What lies beyond is dropped and ``HeaderFields/isTruncated``.
package struct HeaderLimits: Sendable {
    /// Bytes of the whole block.
    package var bytes: Int
    /// Number of fields.
    package var fields: Int
    /// Bytes of one field's value; what is longer is cut.
    package var valueBytes: Int
    /// Addresses of one field.
    package var addresses: Int

    package init(bytes: Int, fields: Int, valueBytes: Int, addresses: Int) {
        self.bytes = min(bytes, Int(UInt32.max))
        self.fields = fields
        self.valueBytes = valueBytes
        self.addresses = addresses
    }

    package static let standard = HeaderLimits(bytes: 8 << 20, fields: 10_000, valueBytes: 256 << 10, addresses: 2_000)
}

/// The fields of a header block (RFC 5322 2.2), read once and decoded on demand.
///
/// Never fails: lines that are no field are skipped with their continuations, bare LF ends a line, blanks before the
/// colon (RFC 5322 4.5) and 8-bit bytes are accepted. Reading takes time in proportion to the block's length.
package struct HeaderFields: Sendable {
    private struct Field {
        var name: Range<UInt32>
        var value: Range<UInt32>
    }

    let limits: HeaderLimits
    private let bytes: [UInt8]
    private let fields: [Field]
    /// Whether a limit was met.
    package let isTruncated: Bool
    /// Whether all readers agree on where each field and the block itself ends: no line is neither a field nor a
    /// continuation, none has a blank before its colon or blanks alone, and an empty line ends the block.
    package let isWellFormed: Bool
    /// Where the body begins: after the empty line, or the end of the bytes if there is none.
    package let bodyStart: Int

    /// `bytes` may be a header block alone, what `BODY[HEADER.FIELDS …]` holds, or a whole message, of which the header
    /// alone is kept.
    package init(parsing bytes: some Collection<UInt8>, limits: HeaderLimits = .standard) {
        let read = bytes.prefix(limits.bytes)
        self =
            read.withContiguousStorageIfAvailable { Self($0, of: bytes.count, limits) }
            ?? Array(read).withUnsafeBufferPointer { Self($0, of: bytes.count, limits) }
    }

    /// `count`: octets that there are, of which those in `buffer` are looked at.
    private init(_ buffer: UnsafeBufferPointer<UInt8>, of count: Int, _ limits: HeaderLimits) {
        var fields: [Field] = []
        var truncated = false
        var wellFormed = true
        var end: Int?
        var start = 0
        var isField = false
        while start < buffer.count {
            let newline = ByteSearch.first(of: 0x0a, in: buffer, from: start)
            let next = min(newline + 1, buffer.count)
            if newline == start || (newline == start + 1 && buffer[start] == 0x0d && newline < buffer.count) {
                end = next
                break
            }
            if buffer[start].isBlank {
                wellFormed = wellFormed && isField && !buffer[start..<next].allSatisfy(\.isBlankOrLineEnd)
                if isField, let last = fields.indices.last {
                    fields[last].value = fields[last].value.lowerBound..<UInt32(next)
                }
            } else if let colon = Self.colon(in: buffer, start..<next) {
                isField = fields.count < limits.fields
                wellFormed = wellFormed && colon.after == colon.nameEnd + 1
                truncated = truncated || !isField
                if isField {
                    fields.append(
                        Field(name: UInt32(start)..<UInt32(colon.nameEnd), value: UInt32(colon.after)..<UInt32(next)))
                }
            } else {
                isField = false
                wellFormed = false
            }
            start = next
        }
        self.limits = limits
        bytes = Array(buffer[..<(end ?? buffer.count)])
        self.fields = fields
        isTruncated = truncated || (end == nil && buffer.count < count)
        isWellFormed = wellFormed && end != nil
        bodyStart = end ?? count
    }

    /// The number of fields kept.
    package var count: Int { fields.count }

    /// The first field of that name, unfolded (RFC 5322 2.2.3), without blanks at either end; names match in any case.
    package func value(_ name: String) -> [UInt8]? {
        fields.first { matches($0, name) }.map(unfolded)
    }

    /// All fields of that name, in order.
    package func values(_ name: String) -> [[UInt8]] {
        fields.filter { matches($0, name) }.map(unfolded)
    }

    /// Where the fields of that name lie in the bytes: name, value, continuations and the last line end.
    package func ranges(_ name: String) -> [Range<Int>] {
        fields.filter { matches($0, name) }.map { Int($0.name.lowerBound)..<Int($0.value.upperBound) }
    }

    /// Where the value of a field lies that ``ranges(_:)`` has found: behind its colon, up to the last line end.
    package func valueRange(of field: Range<Int>) -> Range<Int> {
        let colon = bytes[field].firstIndex(of: UInt8(ascii: ":")) ?? field.upperBound - 1
        let end = bytes[field].lastIndex { $0 != 0x0d && $0 != 0x0a } ?? colon
        return colon + 1..<max(colon, end) + 1
    }

    /// Where those fields lie whose names begin with `prefix`, in any case.
    package func ranges(beginning prefix: String) -> [Range<Int>] {
        fields.filter { bytes[Range($0.name)].prefix(prefix.utf8.count).equalsIgnoringCase(prefix.utf8) }
            .map { Int($0.name.lowerBound)..<Int($0.value.upperBound) }
    }

    private func matches(_ field: Field, _ name: String) -> Bool {
        field.name.count == name.utf8.count && bytes[Range(field.name)].equalsIgnoringCase(name.utf8)
    }

    private func unfolded(_ field: Field) -> [UInt8] {
        let raw = bytes[Range(field.value)].prefix(limits.valueBytes)
        return Array(raw.filter { $0 != 0x0d && $0 != 0x0a }.trimmed)
    }

    /// Where the name ends and the value begins; `nil` on a line that is no field.
    private static func colon(
        in buffer: UnsafeBufferPointer<UInt8>, _ line: Range<Int>
    ) -> (nameEnd: Int, after: Int)? {
        var nameEnd = line.lowerBound
        while nameEnd < line.upperBound, buffer[nameEnd] > 0x20, buffer[nameEnd] < 0x7f,
            buffer[nameEnd] != UInt8(ascii: ":")
        {
            nameEnd += 1
        }
        var index = nameEnd
        while index < line.upperBound, buffer[index].isBlank { index += 1 }
        guard nameEnd > line.lowerBound, index < line.upperBound, buffer[index] == UInt8(ascii: ":") else { return nil }
        return (nameEnd, index + 1)
    }
}

extension Range<Int> {
    fileprivate init(_ range: Range<UInt32>) { self = Int(range.lowerBound)..<Int(range.upperBound) }
}
