/// Text that strangers wrote, made fit for one line of a terminal, and how wide it is there.
enum TerminalText {
    /// A base character with more than this is no writing but an attack on the line above.
    private static let marksPerCharacter = 4

    /// No control characters, no bidirectional overrides, nothing invisible: what is shown is what is there.
    /// Blanks of any kind become spaces, other control characters `�`.
    static func clean(_ text: String) -> String {
        var out = ""
        var marks = 0
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control:
                marks = 0
                out.unicodeScalars.append(["\t", "\n", "\r"].contains(scalar) ? " " : "\u{FFFD}")
            case .lineSeparator, .paragraphSeparator, .spaceSeparator:
                marks = 0
                out.append(" ")
            case .surrogate, .privateUse, .unassigned:
                marks = 0
                out.append("\u{FFFD}")
            // Persian and some Indic scripts need the non-joiner; joined emoji fall apart into their parts.
            case .format: if scalar == "\u{200C}" { out.unicodeScalars.append(scalar) }
            case .nonspacingMark, .enclosingMark:
                marks += 1
                if marks <= marksPerCharacter { out.unicodeScalars.append(scalar) }
            default:
                marks = 0
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// Columns on a terminal, of cleaned text.
    static func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    /// The text, or as much of its beginning as leaves room for `…`, in at most `columns`.
    static func fit(_ text: String, _ columns: Int) -> String {
        var used = 0
        var end = text.startIndex
        for index in text.indices {
            let width = width(of: text[index])
            guard used + width <= columns else { return columns > 0 ? text[..<end] + "…" : "" }
            used += width
            if used < columns { end = text.index(after: index) }
        }
        return text
    }

    private static func width(of character: Character) -> Int {
        let sum = character.unicodeScalars.reduce(0) { $0 + width(of: $1) }
        // Variation selector 16 asks for the wide, coloured form.
        let isEmoji = character.unicodeScalars.contains("\u{FE0F}")
        return isEmoji ? 2 : min(sum, 2)
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        // Hangul vowels and final consonants join the syllable before them.
        if (0x1160...0x11FF).contains(scalar.value) { return 0 }
        return scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// Unicode 15 EastAsianWidth W and F, in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18AFF, 0x1B000...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD,
    ]
}
