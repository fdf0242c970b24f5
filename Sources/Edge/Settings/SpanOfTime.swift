extension Duration {
    /// A number and a unit: `90s`, `15m`, `12h`, `30d`, `8w`, `1y` (365 days); between `range`'s ends.
    init(parsing text: String, within range: ClosedRange<Duration>, or word: String? = nil) throws(Rejection) {
        let form =
            "a number and a unit of s, m, h, d, w or y, such as \"30d\", from \(Self.text(range.lowerBound)) "
            + "to \(Self.text(range.upperBound))" + (word.map { ", or \"\($0)\"" } ?? "")
        let seconds: [Character: Int64] = [
            "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000,
        ]
        let digits = text.dropLast()
        guard let unit = text.last.flatMap({ seconds[$0] }), (1...9).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits)
        else { throw Rejection(what: "\(quoted(text)) is not a time span", expected: form) }
        self = .seconds(number * unit)
        guard range.contains(self) else {
            throw Rejection(what: "\(quoted(text)) is out of range", expected: form)
        }
    }

    private static func text(_ span: Duration) -> String {
        let seconds = span.components.seconds
        for (unit, name) in [(31_536_000, "y"), (86_400, "d"), (3600, "h"), (60, "m")] as [(Int64, String)]
        where seconds >= unit && seconds % unit == 0 {
            return "\(seconds / unit)\(name)"
        }
        return "\(seconds)s"
    }
}
