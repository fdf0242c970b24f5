extension LeafText {
    /// Takes out what ``inserting(_:at:in:lineEnd:)`` has put in. In quoted-printable the line breaks that came with it go
    /// too, if it can be told which these are: putting the same in again has to make the same message. Otherwise this is
    /// ``removing(_:in:lineEnd:)``.
    package func withdrawing(_ range: Range<Int>, in message: [UInt8], lineEnd: [UInt8]) -> MessageEdit {
        let plain = removing(range, in: message, lineEnd: lineEnd)
        guard encoding == .quotedPrintable, !range.isEmpty else { return plain }
        let softBreak = [UInt8(ascii: "=")] + lineEnd
        let (start, end) = (plain.offset, plain.offset + plain.removed)
        // A line that was full got a line end of its own. Of two that would do, the one without a break is likelier: others
        // break lines where they are full.
        let before = [softBreak, lineEnd, []].filter { message[body.lowerBound..<start].ends(with: $0) }
        let after = [softBreak, []].filter { message[end..<body.upperBound].starts(with: $0) }
        for leading in before {
            for trailing in after {
                let edit = MessageEdit(
                    offset: start - leading.count, removed: leading.count + end - start + trailing.count, inserted: [])
                let place = range.lowerBound - (leading == lineEnd ? lineEnd.count : 0)
                if isUndone(by: edit, LeafInsertion(Array(content[range])), at: place, in: message, lineEnd) {
                    return edit
                }
            }
        }
        return plain
    }

    private func isUndone(
        by edit: MessageEdit, _ insertion: LeafInsertion, at place: Int, in message: [UInt8], _ lineEnd: [UInt8]
    ) -> Bool {
        let before = MessageEdit.apply([edit], to: message)
        guard isFitting(edit.offset, in: before) else { return false }
        let range = body.lowerBound..<(body.upperBound - edit.removed)
        guard let leaf = LeafText(before, body: range, encoding: encoding), place <= leaf.content.count else {
            return false
        }
        let again = leaf.inserting(insertion, at: place, in: before, lineEnd: lineEnd)
        return MessageEdit.apply([again], to: before) == message
    }

    /// Whether the line there is no longer than lines of quoted-printable are.
    private func isFitting(_ raw: Int, in message: [UInt8]) -> Bool {
        let start = message[body.lowerBound..<raw].lastIndex(of: 0x0a).map { $0 + 1 } ?? body.lowerBound
        let end = message[raw...].firstIndex(of: 0x0a) ?? message.endIndex
        let count = message[start..<end].last == 0x0d ? end - start - 1 : end - start
        return count <= QuotedPrintableEncoder.maximumLine
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
