/// A change of a message that leaves all other bytes alone: at `offset` as many bytes as `removed` go and `inserted` comes.
package struct MessageEdit: Sendable, Equatable {
    /// In the bytes of the message as it was.
    package let offset: Int
    package let removed: Int
    package let inserted: [UInt8]

    package init(offset: Int, removed: Int, inserted: [UInt8]) {
        self.offset = offset
        self.removed = removed
        self.inserted = inserted
    }

    /// The message after edits that do not overlap, in whatever order they are.
    package static func apply(_ edits: [MessageEdit], to message: [UInt8]) -> [UInt8] {
        var stream = EditedStream(edits)
        return stream.feed(message[...]) + stream.finish()
    }
}

/// Applies edits to a message that passes by in pieces; holds none of it back.
package struct EditedStream: Sendable {
    private var edits: ArraySlice<MessageEdit>
    /// Bytes of the message that have been seen.
    private var position = 0
    /// Bytes still to be left out.
    private var removing = 0

    /// `edits` do not overlap. Of two at one place the first comes first.
    package init(_ edits: [MessageEdit]) {
        // Sorted by place; the standard library's sort is stable, but does not promise it.
        self.edits =
            edits.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
            .map(\.element)[...]
    }

    /// How many bytes longer the whole message becomes, for `SIZE=` (RFC 1870).
    package var growth: Int { edits.reduce(0) { $0 + $1.inserted.count - $1.removed } }

    /// What is to be sent for this piece.
    package mutating func feed(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = piece
        while !rest.isEmpty {
            if removing > 0 {
                let gone = min(removing, rest.count)
                advance(&rest, gone)
                removing -= gone
            } else if let edit = edits.first, edit.offset <= position {
                begin(edit, &out)
            } else {
                let kept = min(rest.count, (edits.first?.offset ?? Int.max) - position)
                out += rest.prefix(kept)
                advance(&rest, kept)
            }
        }
        return out
    }

    /// What is to be sent at the end of the message.
    package mutating func finish() -> [UInt8] {
        var out: [UInt8] = []
        while let edit = edits.first { begin(edit, &out) }
        return out
    }

    private mutating func begin(_ edit: MessageEdit, _ out: inout [UInt8]) {
        out += edit.inserted
        removing = edit.removed
        edits.removeFirst()
    }

    private mutating func advance(_ rest: inout ArraySlice<UInt8>, _ count: Int) {
        rest.removeFirst(count)
        position += count
    }
}
