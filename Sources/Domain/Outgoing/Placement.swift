import MIME

/// A place in a message, to be used once for each copy of it.
package struct Placement: Sendable {
    enum Target: Sendable {
        /// Before that byte of the leaf's content.
        case leaf(LeafText, Int)
        case alternative(TextAlternative)
    }

    let message: [UInt8]
    let lineEnd: [UInt8]
    let target: Target
    /// Those that do not depend on the picture.
    let edits: [MessageEdit]
    let content: PictureContent

    /// What puts the picture in. `picture` is the `img` element, in ASCII.
    package func edits(picture: String) -> [MessageEdit] {
        let insertion = content.insertion(picture)
        switch target {
        case .leaf(let leaf, let place):
            return [leaf.inserting(insertion, at: place, in: message, lineEnd: lineEnd)] + edits
        case .alternative(let alternative):
            return alternative.edits(insertion, lineEnd: lineEnd) + edits
        }
    }
}

/// What goes in with the picture: before it the disclosure, and a comment where the HTML is too short.
struct PictureContent: Sendable {
    let options: InjectionOptions
    /// Bytes of HTML without what is inserted.
    let htmlLength: Int
    let lineEnd: [UInt8]

    func insertion(_ picture: String) -> LeafInsertion {
        let disclosure = Self.disclosure(options.disclosure)
        let padding = padding(beside: disclosure.count + picture.utf8.count)
        let before = disclosure + padding
        // The blanks before the attributes of the disclosure's element and of the picture.
        let breaks = [disclosure.firstIndex(of: 0x20), picture.utf8.firstOffset(of: 0x20).map { $0 + before.count }]
        return LeafInsertion(before + Array(picture.utf8), breaks: breaks.compactMap(\.self))
    }

    static func disclosure(_ text: String?) -> [UInt8] {
        guard let text else { return [] }
        return Array("<div style=\"font-size:small;color:#666666\">\(HTMLText.escaped(text))</div>".utf8)
    }

    private func padding(beside count: Int) -> [UInt8] {
        let missing = InjectionOptions.shortLimit + 1 - htmlLength - count
        guard options.short == .pad, missing > 0 else { return [] }
        // Runs of blanks are folded before filters count, so it is words.
        var comment = Self.opening + lineEnd
        while comment.count < missing { comment += Self.filling + lineEnd }
        return comment + Self.closing
    }

    /// Where the comment begins that makes short HTML longer and ends at `end`; without one, `end`.
    static func start(ofPaddingBefore end: Int, in markup: [UInt8]) -> Int {
        guard markup[..<end].hasSuffix(closing) else { return end }
        var rest = markup[..<(end - closing.count)]
        while rest.dropLineEnd() {
            if rest.hasSuffix(opening) { return rest.endIndex - opening.count }
            guard rest.hasSuffix(filling) else { return end }
            rest.removeLast(filling.count)
        }
        return end
    }

    private static let opening = Array("<!--".utf8)
    private static let closing = Array("-->".utf8)

    private static let filling = Array("This comment makes a short message longer.".utf8)
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }

    /// Returns whether there was one.
    fileprivate mutating func dropLineEnd() -> Bool {
        guard last == 0x0a else { return false }
        removeLast()
        if last == 0x0d { removeLast() }
        return true
    }
}

extension String.UTF8View {
    fileprivate func firstOffset(of byte: UInt8) -> Int? {
        firstIndex(of: byte).map { distance(from: startIndex, to: $0) }
    }
}

enum HTMLText {
    /// In ASCII, for whatever charset.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\n": out += "<br>"
            default:
                if scalar.value >= 0x20, scalar.value < 0x7f {
                    out.unicodeScalars.append(scalar)
                } else if scalar.value >= 0xa0 {
                    out += "&#\(scalar.value);"
                } else {
                    out += " "
                }
            }
        }
        return out
    }
}
