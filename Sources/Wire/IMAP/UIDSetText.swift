/// The wire form of a set: `1:4,7,9:*` (RFC 9051, sequence-set).
extension UIDSet: CustomStringConvertible {
    /// Ranges a set from outside may have before it is refused.
    package static let maximumRanges = 500_000

    package var description: String { ranges.lazy.map(\.wireText).joined(separator: ",") }

    /// The set in pieces whose text is at most `maxLength` bytes each (never less than one range), ascending.
    package func split(maxLength: Int) -> [UIDSet] {
        var pieces: [UIDSet] = []
        var current: [ClosedRange<UID>] = []
        var length = 0
        for range in ranges {
            let width = range.wireText.utf8.count
            if !current.isEmpty, length + 1 + width > maxLength {
                pieces.append(UIDSet(ranges: current))
                current = []
                length = 0
            }
            length += (current.isEmpty ? 0 : 1) + width
            current.append(range)
        }
        if !current.isEmpty { pieces.append(UIDSet(ranges: current)) }
        return pieces
    }

    /// The texts of ``split(maxLength:)``; empty for an empty set.
    package func encoded(maxLength: Int) -> [String] { split(maxLength: maxLength).map(\.description) }

    /// Reads `1:4`, `9,7`, `4:1`, `12:*`, `*`. `nil` for anything else, for 0, for numbers beyond 32 bits and for more
    /// than `maximumRanges` ranges.
    package init?(_ text: String, maximumRanges: Int = UIDSet.maximumRanges) {
        self.init(wire: Array(text.utf8)[...], maximumRanges: maximumRanges)
    }

    init?(wire: ArraySlice<UInt8>, maximumRanges: Int = UIDSet.maximumRanges) {
        var ranges: [ClosedRange<UID>] = []
        var rest = wire
        repeat {
            guard ranges.count < maximumRanges, let first = Self.number(&rest) else { return nil }
            var last = first
            if rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let end = Self.number(&rest) else { return nil }
                last = end
            }
            ranges.append(min(first, last)...max(first, last))
            guard let separator = rest.popFirst() else {
                self.init(ranges: ranges)
                return
            }
            guard separator == UInt8(ascii: ",") else { return nil }
        } while true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> UID? {
        if rest.first == UInt8(ascii: "*") {
            rest.removeFirst()
            return .last
        }
        var value: UInt32 = 0
        var digits = 0
        while let byte = rest.first, byte.isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt32(byte - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            value = sum
            digits += 1
            rest.removeFirst()
        }
        return digits > 0 && value > 0 ? UID(value) : nil
    }
}

extension ClosedRange<UID> {
    fileprivate var wireText: String {
        let end = upperBound == .last ? "*" : upperBound.description
        return lowerBound == upperBound ? end : "\(lowerBound):\(end)"
    }
}
