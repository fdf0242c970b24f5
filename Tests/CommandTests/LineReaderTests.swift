import Opens
import Testing

@testable import sentmark

struct LineReaderTests {
    /// All lines, fed in pieces of `size` bytes.
    static func lines(of text: String, limit: Int = 100, size: Int) throws -> [String] {
        let bytes = Array(text.utf8)
        var position = 0
        var reader = LineReader(limit: limit)
        var lines: [String] = []
        while let line = try reader.next(read: {
            defer { position = min(position + size, bytes.count) }
            return Array(bytes[position..<min(position + size, bytes.count)])
        }) {
            lines.append(String(decoding: line, as: UTF8.self))
            #expect(reader.number == lines.count)
        }
        return lines
    }

    @Test(arguments: [
        ("", []), ("\n", [""]), ("a", ["a"]), ("a\nb", ["a", "b"]), ("a\r\n\r\nb\n", ["a", "", "b"]),
        ("a\rb\r", ["a\rb\r"]),
    ])
    func cutsTheSameHoweverItComes(_ text: String, _ expected: [String]) throws {
        for size in 1...(max(1, text.utf8.count)) { #expect(try Self.lines(of: text, size: size) == expected) }
    }

    /// A line too long is not gathered without end: it comes out a byte longer than allowed.
    @Test func endsALineThatIsTooLong() throws {
        for size in [1, 3, 1000] {
            let lines = try Self.lines(of: String(repeating: "x", count: 25) + "\ny", limit: 10, size: size)
            #expect(lines == ["xxxxxxxxxxx", "xxxxxxxxxxx", "xxx", "y"])
        }
    }
}

struct ClassifyTests {
    static let good = #"{"id":"A","events":[{"t_offset_s":3600,"ua":"GoogleImageProxy","token":"valid"}]}"#

    static func run(_ text: String) -> (written: [String], failure: Failure?) {
        var written: [String] = []
        var rest = [Array(text.utf8)]
        do {
            try ClassifyCommand.classify(
                name: "in.jsonl", read: { rest.popLast() ?? [] },
                write: { written.append(String(decoding: $0, as: UTF8.self)) })
            return (written, nil)
        } catch {
            return (written, error as? Failure)
        }
    }

    @Test func answersEachLine() {
        let (written, failure) = Self.run(Self.good + "\n\n" + Self.good + "\n")
        #expect(failure == nil)
        #expect(written.count == 2)
        #expect(written.allSatisfy { $0.hasPrefix(#"{"id":"A","hits":[{"class":"#) && $0.hasSuffix("}\n") })
    }

    /// What came before a bad line is answered; its place is named.
    @Test(arguments: [("{", 3), ("[]", 3), (#"{"id":"B"}"#, 3)])
    func namesTheBadLine(_ bad: String, _ number: Int) {
        let (written, failure) = Self.run(Self.good + "\n\n" + bad + "\n" + Self.good)
        #expect(written.count == 1)
        #expect(failure?.status == .dataError)
        #expect(failure?.message.hasPrefix("sentmark: in.jsonl:\(number): ") == true)
    }
}
