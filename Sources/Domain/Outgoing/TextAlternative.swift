import MIME

/// An HTML version beside a text: the part becomes a `multipart/alternative` of the text, unchanged, and that.
struct TextAlternative: Sendable {
    /// In the text's own charset.
    let html: [UInt8]
    private let place: Int
    private let boundary: String
    private let charset: String
    private let isMessage: Bool
    private let hasVersion: Bool
    /// Those fields of the header that describe the text, as they are written.
    private let fields: [Range<Int>]
    private let fieldBytes: [UInt8]
    private let headerEnd: Int
    private let body: Range<Int>
    private let endsInLine: Bool

    init(of leaf: LeafText, at index: Int, in draft: Draft) throws(Untouched) {
        let entity = draft.structure.entities[index]
        let parameters = entity.contentType.parameters
        let charset = entity.contentType.charset ?? "us-ascii"
        // Escape sequences would have to be kept from the markup.
        guard Charsets.kind(of: charset) == .plain, !leaf.content.contains(0x1b) else { throw .charset }
        let isFlowed = parameters["format"]?.lowercased() == "flowed"
        html = TextToHTML(isFlowed: isFlowed, deletesSpaces: parameters["delsp"]?.lowercased() == "yes")
            .convert(leaf.content, lineEnd: draft.lineEnd)
        guard let place = html.withUnsafeBufferPointer({ HTMLPlace.find(in: $0, limit: HTMLPlace.limit) }) else {
            throw .noPlace
        }
        self.place = place
        self.charset = charset
        boundary = try Self.boundary(in: draft.message)
        isMessage = entity.parent == nil
        hasVersion = !entity.fields.ranges("mime-version").isEmpty
        fields = entity.fields.ranges(beginning: "content-").map {
            $0.lowerBound + entity.header.lowerBound..<$0.upperBound + entity.header.lowerBound
        }
        fieldBytes = fields.flatMap { Array(draft.message[$0]) }
        headerEnd = entity.header.upperBound - draft.lineEnd.count
        body = entity.body
        endsInLine = draft.message[body].last != 0x0a
    }

    func edits(_ insertion: LeafInsertion, lineEnd: [UInt8]) -> [MessageEdit] {
        func line(_ text: String) -> [UInt8] { Array(text.utf8) + lineEnd }
        var encoder = QuotedPrintableEncoder(lineEnd: lineEnd)
        encoder.encode(html[..<place] + insertion.bytes + html[place...])
        let version = isMessage && !hasVersion ? line("MIME-Version: 1.0") : []
        let newField = version + line("Content-Type: multipart/alternative; boundary=\"\(boundary)\"")
        var edits = fields.map { MessageEdit(offset: $0.lowerBound, removed: $0.count, inserted: []) }
        if let first = edits.first {
            edits[0] = MessageEdit(offset: first.offset, removed: first.removed, inserted: newField)
        } else {
            edits = [MessageEdit(offset: headerEnd, removed: 0, inserted: newField)]
        }
        let description = fieldBytes.isEmpty ? line("Content-Type: text/plain; charset=us-ascii") : fieldBytes
        edits.append(
            MessageEdit(
                offset: body.lowerBound, removed: 0, inserted: line("--\(boundary)") + description + lineEnd))
        let htmlHeader =
            line("Content-Type: text/html; charset=\(charset)") + line("Content-Transfer-Encoding: quoted-printable")
        // The line end before a delimiter is the delimiter's (RFC 2046 5.1.1), so the text keeps its own.
        edits.append(
            MessageEdit(
                offset: body.upperBound, removed: 0,
                inserted: lineEnd + line("--\(boundary)") + htmlHeader + lineEnd + encoder.text + lineEnd
                    + Array("--\(boundary)--".utf8) + (isMessage && !endsInLine ? lineEnd : [])))
        return edits
    }

    private static func boundary(in message: [UInt8]) throws(Untouched) -> String {
        for number in 0..<16 {
            let boundary = "=_sentmark_\(number)"
            if !message.contains(Array(boundary.utf8)) { return boundary }
        }
        throw .malformedStructure
    }
}
