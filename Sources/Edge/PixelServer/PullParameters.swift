/// The query of `GET /v1/hits`.
struct PullParameters: Equatable {
    struct Refusal: Error, Equatable {
        let name: String
        let detail: String
    }

    static let limits = 1...1000
    static let waits = 0...55

    var after: String?
    var limit = 100
    var wait = 0

    init(_ query: Substring?) throws(Refusal) {
        var seen: Set<Substring> = []
        for pair in (query ?? "").split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? parts[1] : ""
            guard seen.insert(parts[0]).inserted else {
                throw Refusal(name: Self.safe(parts[0]), detail: "given twice")
            }
            switch parts[0] {
            case "after": after = value.isEmpty ? nil : String(value)
            case "limit": limit = try Self.number(value, "limit", Self.limits)
            case "wait": wait = try Self.number(value, "wait", Self.waits)
            default: throw Refusal(name: Self.safe(parts[0]), detail: "unknown; known are after, limit, wait")
            }
        }
    }

    private static func number(_ text: Substring, _ name: String, _ range: ClosedRange<Int>) throws(Refusal) -> Int {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(text), range.contains(value)
        else {
            throw Refusal(
                name: name, detail: "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return value
    }

    /// Fit to be put between quotes in JSON.
    private static func safe(_ name: Substring) -> String {
        String(decoding: name.utf8.prefix(32).filter { (0x61...0x7a).contains($0) || $0 == 0x5f }, as: UTF8.self)
    }
}
