/// `; name=value` after a structured field's value (RFC 2045 5.1), with the continuations and charsets of RFC 2231.
///
/// At most 64 of at most 4,096 bytes each are kept; of two with one name the first counts.
package struct FieldParameters: Sendable, Equatable {
    static let maximumCount = 64
    static let maximumLength = 4_096

    private struct Entry: Sendable, Equatable {
        /// In lower case.
        var name: String
        var value: [UInt8]
    }

    private var entries: [Entry] = []
    /// Whether each name came once, in its plain form: readers differ in which of two they take, and in whether they
    /// know RFC 2231.
    package private(set) var arePlain = true

    init() {}

    init(reading cursor: inout HeaderCursor) {
        var pieces: [Piece] = []
        while let name = cursor.word(until: {
            $0.isBlankOrLineEnd || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";")
        }) {
            cursor.skipBlanksAndComments()
            guard cursor.skip("=") else {
                // A name without a value, or none at all.
                if name.isEmpty, !cursor.skip(";") { cursor.advance() }
                continue
            }
            let value = Self.value(&cursor)
            guard !name.isEmpty, value.count <= Self.maximumLength else { continue }
            if pieces.count < Self.maximumCount { pieces.append(Piece(name: name.lowercasedText, value: value)) }
        }
        arePlain =
            pieces.count < Self.maximumCount && Set(pieces.map(\.base)).count == pieces.count
            && pieces.allSatisfy { $0.index == nil && !$0.isExtended }
        for piece in pieces where !entries.contains(where: { $0.name == piece.base }) {
            entries.append(Entry(name: piece.base, value: Self.joined(pieces.filter { $0.base == piece.base })))
        }
    }

    /// The value as text; bytes that are not UTF-8 become U+FFFD.
    package subscript(name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

    func bytes(_ name: String) -> [UInt8]? { entries.first { $0.name == name }?.value }

    private static func value(_ cursor: inout HeaderCursor) -> [UInt8] {
        cursor.skipBlanksAndComments()
        if cursor.next == UInt8(ascii: "\"") { return cursor.quotedString() }
        if cursor.next == UInt8(ascii: ";") { return [] }
        return Array(cursor.word { $0.isBlankOrLineEnd || $0 == UInt8(ascii: ";") } ?? [])
    }

    /// The plain form is preferred to an extended one of the same name; pieces count up to the first gap.
    private static func joined(_ pieces: [Piece]) -> [UInt8] {
        if let plain = pieces.first(where: { $0.index == nil && !$0.isExtended }) { return plain.value }
        if let whole = pieces.first(where: { $0.index == nil }) { return decoded([whole]) }
        var run: [Piece] = []
        while let next = pieces.first(where: { $0.index == run.count }) { run.append(next) }
        return decoded(run)
    }

    /// RFC 2231 4: `charset'language'text`, percent-encoded where a piece says so.
    private static func decoded(_ pieces: [Piece]) -> [UInt8] {
        var charset: String?
        var content: [UInt8] = []
        for (number, piece) in pieces.enumerated() {
            var value = piece.value[...]
            if number == 0, piece.isExtended, let first = value.firstIndex(of: UInt8(ascii: "'")),
                let second = value[(first + 1)...].firstIndex(of: UInt8(ascii: "'"))
            {
                charset = value[..<first].lowercasedText
                value = value[(second + 1)...]
            }
            content += piece.isExtended ? percentDecoded(value) : Array(value)
        }
        return charset.map { Array(Charset(label: $0).decode(content).utf8) } ?? content
    }

    private static func percentDecoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.endIndex, let high = text[index + 1].hexValue,
                let low = text[index + 2].hexValue
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }

    /// `name`, `name*`, `name*0` or `name*0*`.
    private struct Piece {
        let base: String
        let index: Int?
        let isExtended: Bool
        let value: [UInt8]

        init(name: String, value: [UInt8]) {
            let marks = name.split(separator: "*", omittingEmptySubsequences: false)
            base = String(marks[0])
            isExtended = marks.count > 1 && marks[marks.count - 1].isEmpty
            index = marks.count > 1 ? Int(marks[1]) : nil
            self.value = value
        }
    }
}
