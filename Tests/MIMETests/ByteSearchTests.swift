import Testing

@testable import MIME

/// What looks at many bytes at a time finds what a look at each would find, wherever it stands.
struct ByteSearchTests {
    /// Longer than two blocks, at every place in them.
    private static let length = 40

    private func bytes(_ placed: [Int: UInt8]) -> [UInt8] {
        (0..<Self.length).map { placed[$0] ?? UInt8(ascii: "a") }
    }

    @Test func findsTheFirstOfUpToThree() {
        for place in 0..<Self.length {
            for start in 0...Self.length {
                let expected = start <= place ? place : Self.length
                for byte in [UInt8](arrayLiteral: 0, 0x0a, 0xff) {
                    bytes([place: byte]).withUnsafeBufferPointer {
                        #expect(ByteSearch.first(of: byte, in: $0, from: start) == expected)
                        #expect(ByteSearch.first(of: 0, 0x0a, 0xff, in: $0, from: start) == expected)
                    }
                }
            }
        }
    }

    @Test func findsTwoSideBySide() {
        let dash = UInt8(ascii: "-")
        for place in 0..<Self.length - 1 {
            for start in 0...Self.length {
                // One alone before them is none.
                bytes([place - 2: dash, place: dash, place + 1: dash]).withUnsafeBufferPointer {
                    let found = ByteSearch.firstPair(of: dash, in: $0, from: start)
                    #expect(found == (start <= place ? place : Self.length))
                }
            }
        }
    }

    @Test func findsMarkup() {
        let markup = Set("\"'<>/\\%&".utf8)
        for byte in UInt8.min...UInt8.max {
            for place in 0..<Self.length {
                for start in [0, 1, place, place + 1] where start <= Self.length {
                    bytes([place: byte]).withUnsafeBufferPointer {
                        let expected = markup.contains(byte) && start <= place ? place : Self.length
                        #expect(ByteSearch.firstOfMarkup(in: $0, from: start) == expected)
                    }
                }
            }
        }
    }

    /// A block is told to hold no punctuation if no byte of it is one of the sixteen from the blank on.
    @Test func findsBlocksWithoutPunctuation() {
        let length = ByteSearch.blockLength
        for byte in [UInt8](arrayLiteral: 0, 0x1f, 0x20, 0x2f, 0x30, 0xff) {
            for place in 0..<Self.length {
                for start in 0...Self.length {
                    let isPunctuation = (0x20..<0x30).contains(byte)
                    let expected = stride(from: 0, through: Self.length - length, by: length).first {
                        $0 >= start && !(isPunctuation && ($0..<$0 + length).contains(place))
                    }
                    bytes([place: byte]).withUnsafeBufferPointer {
                        let found = ByteSearch.firstBlock(withoutPunctuationIn: $0, from: start)
                        if found != expected ?? Self.length { Issue.record("\(byte) at \(place) from \(start)") }
                    }
                }
            }
        }
    }

    @Test func findsWhatQuotedPrintableMayHide() {
        let pairs: [(text: String, isFound: Bool)] = [
            ("&", true), ("%", true), ("\\", true), ("=2", true), ("=5", true), (" \r", true), ("\t\n", true),
            (" \n", true), ("=3", false), (" \t", false), ("\r ", false), ("2=", false), ("\n", false),
        ]
        for (text, isFound) in pairs {
            let text = Array(text.utf8)
            for place in 0...Self.length - text.count {
                for start in 0...Self.length {
                    bytes(Dictionary(uniqueKeysWithValues: text.enumerated().map { (place + $0, $1) }))
                        .withUnsafeBufferPointer {
                            let found = ByteSearch.firstInQuotedPrintable(
                                of: UInt8(ascii: "&"), UInt8(ascii: "%"), UInt8(ascii: "\\"),
                                escapedBehind: (UInt8(ascii: "2"), UInt8(ascii: "5")), in: $0, from: start)
                            // A blank that is the last byte is before an end, too.
                            let isLast =
                                text == [0x20, 0x09] && place + 2 == Self.length
                                || text == [0x0d, 0x20] && place + 2 == Self.length
                            let expected = isFound ? place : isLast ? place + 1 : Self.length
                            #expect(found == (start <= expected ? expected : Self.length))
                        }
                }
            }
        }
    }

    /// Each pair of bytes that matter, at each place; the rest has one kind of line end or none.
    @Test(arguments: ["a", "a\r\n", "a\n"])
    func lineEndsAreWhatALookAtEachTells(_ rest: String) {
        let rest = Array(rest.utf8)
        for count in 0...36 {
            for place in 0...count {
                for pair: [UInt8] in [
                    [], [0], [0x0d], [0x0a], [0x0d, 0x0d], [0x0a, 0x0a], [0x0d, 0x0a], [0x0a, 0x0d],
                ] {
                    let before = (0..<place).map { rest[$0 % rest.count] }
                    let text = before + pair + (place..<count).map { rest[$0 % rest.count] }
                    #expect(text.withUnsafeBufferPointer { LineEnds(of: $0) } == lineEnds(text), "\(text)")
                }
            }
        }
    }

    /// More blocks than a byte can count.
    @Test func countsBeyondAByte() {
        let lines = [[UInt8]](repeating: [UInt8](repeating: 0x0d, count: 1) + [0x0a], count: 6_000).flatMap(\.self)
        #expect(lines.withUnsafeBufferPointer { LineEnds(of: $0) } == .crlf)
        #expect((lines + [0x0a]).withUnsafeBufferPointer { LineEnds(of: $0) } == .mixed)
    }

    private func lineEnds(_ text: [UInt8]) -> LineEnds {
        if text.contains(0) { return .binary }
        var (pairs, feeds, index) = (0, 0, 0)
        while index < text.count {
            switch text[index] {
            case 0x0d where index + 1 == text.count || text[index + 1] == 0x0a:
                pairs += 1
                index += 1
            case 0x0d: return .mixed
            case 0x0a: feeds += 1
            default: break
            }
            index += 1
        }
        return pairs > 0 && feeds > 0 ? .mixed : feeds > 0 ? .lf : .crlf
    }
}
