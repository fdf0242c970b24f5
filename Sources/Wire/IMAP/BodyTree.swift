/// Lists, strings and NIL of one response, whatever they mean, one behind another: a list is followed by what is in it. So a
/// structure of a hundred values is one array and no hundred. A node is a value's index.
struct BodyTree {
    enum Value: Equatable {
        case missing
        /// A piece of the response itself, as most are.
        case text(Range<Int>)
        /// One that stands in `texts`.
        case otherText(Int)
        /// Everything up to `end` is in it.
        case list(end: Int)
    }

    private let bytes: [UInt8]
    private var values: [Value] = []
    private var texts: [[UInt8]] = []

    init(of bytes: [UInt8]) {
        self.bytes = bytes
        values.reserveCapacity(64)
    }

    var count: Int { values.count }

    mutating func append(_ value: Value) { values.append(value) }

    mutating func append(_ text: [UInt8]) {
        values.append(.otherText(texts.count))
        texts.append(text)
    }

    mutating func beginList() { values.append(.list(end: 0)) }

    mutating func endList(at node: Int) { values[node] = .list(end: values.count) }

    /// What is behind it goes too.
    mutating func remove(from node: Int) { values.removeLast(values.count - node) }
}

extension BodyTree {
    func isList(_ node: Int) -> Bool { if case .list = values[node] { true } else { false } }

    func isMissing(_ node: Int) -> Bool { values[node] == .missing }

    /// What is in a list, without what is in the lists in there; `nil` if it is none.
    func elements(of node: Int) -> [Int]? {
        guard case .list(let end) = values[node] else { return nil }
        var elements: [Int] = []
        elements.reserveCapacity(16)
        var next = node + 1
        while next < end {
            elements.append(next)
            if case .list(let end) = values[next] { next = end } else { next += 1 }
        }
        return elements
    }

    /// At most 1,000 bytes.
    func words(_ node: Int) -> String? { text(node)?.prefix(1000).text }

    /// The same in lower case.
    func word(_ node: Int) -> String? { words(node)?.utf8.lowerCased }

    func isWord(_ node: Int, _ word: String) -> Bool { text(node)?.equalsIgnoringCase(word) ?? false }

    func number(_ node: Int) -> UInt64? { text(node).flatMap { Scanner.size($0) } }

    private func text(_ node: Int) -> ArraySlice<UInt8>? {
        switch values[node] {
        case .text(let range): bytes[range]
        case .otherText(let index): texts[index][...]
        case .missing, .list: nil
        }
    }
}
