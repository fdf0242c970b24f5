/// Columns of text under their titles, fitted to a terminal.
struct TextTable {
    struct Column {
        enum Side { case left, right }

        let title: String
        let side: Side
        /// How narrow it may become where room is short; `nil` keeps it whole.
        let minimum: Int?

        init(_ title: String, _ side: Side = .left, minimum: Int? = nil) {
            self.title = title
            self.side = side
            self.minimum = minimum
        }
    }

    private static let gap = "  "
    /// Nobody reads further to the right.
    private static let widest = 200

    let columns: [Column]
    /// As many cells as columns; cleaned when they are shown.
    var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// One line for the titles and one for each row, each with its line end. `width` `nil` is without limit.
    func rendered(width: Int?) -> String {
        let lines = ([columns.map(\.title)] + rows).map { $0.map(TerminalText.clean) }
        let widths = widths(of: lines, within: width)
        return lines.map { cells in
            var line = ""
            for (index, (cell, column)) in zip(cells, columns).enumerated() {
                let text = TerminalText.fit(cell, widths[index])
                let padding = String(repeating: " ", count: max(0, widths[index] - TerminalText.width(of: text)))
                line += (index > 0 ? Self.gap : "") + (column.side == .left ? text + padding : padding + text)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private func widths(of lines: [[String]], within limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            min(lines.map { TerminalText.width(of: $0[index]) }.max() ?? 0, Self.widest)
        }
        guard let limit else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * max(0, columns.count - 1) - limit
        // Always from the one that is widest now: short columns keep what they have as long as long ones have more.
        while excess > 0 {
            let shrinkable = columns.indices.filter { index in
                columns[index].minimum.map { widths[index] > $0 } ?? false
            }
            guard let index = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[index] -= 1
            excess -= 1
        }
        return widths
    }
}
