/// Looks for many words at once, in any case, with TAB, LF and CR allowed anywhere in them (Aho and Corasick, 1975).
struct AnchorAutomaton: Sendable {
    private static let width = 256

    /// Row by row, a row for each state, a column for each byte: the state to go to, times ``width``.
    private let next: [UInt32]
    /// The last row, which is never left.
    private let found: UInt32
    private let longest: Int

    /// `nil` without a word. Words are letters and digits.
    init?(_ words: [[UInt8]]) {
        guard !words.isEmpty else { return nil }
        var children: [[UInt8: Int]] = [[:]]
        var isWord = [false]
        for word in words {
            var state = 0
            for byte in word.map(\.lowercased) {
                if let child = children[state][byte] {
                    state = child
                } else {
                    children.append([:])
                    isWord.append(false)
                    children[state][byte] = children.count - 1
                    state = children.count - 1
                }
            }
            isWord[state] = true
        }
        found = UInt32(children.count * Self.width)
        longest = words.map(\.count).max() ?? 0
        next = Self.table(children, isWord, found: found)
    }

    /// Whether one of the words is in the bytes.
    ///
    /// Each step waits for the one before, so four quarters are read side by side; what straddles two of them is found
    /// by reading on over the border until the state no longer depends on what is before it.
    func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        next.withUnsafeBufferPointer { next in
            let quarter = bytes.count / 4
            var (a, b, c, d) = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))
            for index in 0..<quarter {
                a = next[Int(a) + Int(bytes[index])]
                b = next[Int(b) + Int(bytes[quarter + index])]
                c = next[Int(c) + Int(bytes[2 * quarter + index])]
                d = next[Int(d) + Int(bytes[3 * quarter + index])]
            }
            for (state, start) in [(a, quarter), (b, 2 * quarter), (c, 3 * quarter), (d, 4 * quarter)] {
                var state = state
                var read = 0
                for byte in bytes[start...] {
                    state = next[Int(state) + Int(byte)]
                    if !byte.isIgnoredInURLs { read += 1 }
                    if read == longest { break }
                }
                if state == found { return true }
            }
            return false
        }
    }

    /// Breadth first, so that the state to fall back to, which is nearer to the root, is complete.
    private static func table(_ children: [[UInt8: Int]], _ isWord: [Bool], found: UInt32) -> [UInt32] {
        var table = [UInt32](repeating: 0, count: children.count * width)
        var fallback = [Int](repeating: 0, count: children.count)
        var queue = [0]
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            for column in 0..<width {
                let byte = UInt8(column)
                let cell = state * width + column
                let inherited = state == 0 ? 0 : table[fallback[state] * width + column]
                if byte.isIgnoredInURLs {
                    table[cell] = UInt32(state * width)
                } else if let child = children[state][byte.lowercased] {
                    let isFound = isWord[child] || inherited == found
                    table[cell] = isFound ? found : UInt32(child * width)
                    guard !isFound, byte == byte.lowercased else { continue }
                    fallback[child] = Int(inherited) / width
                    queue.append(child)
                } else {
                    table[cell] = inherited
                }
            }
        }
        return table + [UInt32](repeating: found, count: width)
    }
}
