import Testing

@testable import SMTP

struct ContentTests {
    /// All that came of some content, and whether it has ended, with how much behind the end.
    private struct Outcome: Equatable {
        var content: [UInt8] = []
        var fault: ContentFault?
        var behind: Int?

        /// What the reader says.
        init(_ pieces: [[UInt8]], limit: Int?) {
            var reader = ContentReader(limit: limit)
            var left = pieces.reduce(0) { $0 + $1.count }
            for piece in pieces {
                let (more, end) = piece.withUnsafeBufferPointer { reader.read($0) }
                content += more
                left -= end ?? piece.count
                guard end == nil else {
                    behind = left
                    break
                }
            }
            fault = reader.fault
        }

        /// What is to be said, from the definitions: the end is the first CRLF "." CRLF, the start counting as CRLF.
        init(expected bytes: [UInt8], limit: Int?) {
            let all = [0x0d, 0x0a] + bytes
            let end = all.indices.first { all[$0...].starts(with: Array("\r\n.\r\n")) }
            behind = end.map { all.count - $0 - 5 }
            // With the line end before the final dot; without one the reader cannot know what comes.
            var rest = Array(bytes[..<(end ?? bytes.count)])
            if end == nil {
                let wire = [0x0d, 0x0a] + rest
                if wire.suffix(4) == Array("\r\n.\r")[...] {
                    rest.removeLast(2)
                } else if wire.last == 0x0d {
                    rest.removeLast()
                } else if wire.suffix(3) == Array("\r\n.")[...] {
                    rest.removeLast()
                }
            }
            var previous: (UInt8, UInt8) = (0x0d, 0x0a)
            for (index, byte) in rest.enumerated() {
                let isLineStart = previous == (0x0d, 0x0a)
                previous = (previous.1, byte)
                if isLineStart, byte == 0x2e { continue }
                let next = index + 1 < rest.count ? rest[index + 1] : nil
                if byte == 0 {
                    fault = .nul
                } else if byte == 0x0d && next != 0x0a || byte == 0x0a && (index == 0 || rest[index - 1] != 0x0d) {
                    fault = .bareLineEnd
                } else if content.count == limit {
                    fault = .tooLarge
                } else {
                    content.append(byte)
                }
                if fault != nil { break }
            }
        }
    }

    /// Every text of up to seven octets in which a line end could be seen.
    @Test(arguments: [nil, 2])
    func readsEveryText(limit: Int?) {
        let alphabet: [UInt8] = [0x0d, 0x0a, 0x2e, 0x61]
        var texts: [[UInt8]] = [[]]
        for _ in 0..<7 {
            for text in texts {
                let expected = Outcome(expected: text, limit: limit)
                let whole = Outcome([text], limit: limit)
                if whole != expected { Issue.record("\(escaped(text)): \(whole), expected \(expected)") }
                let cut = Outcome(text.singly, limit: limit)
                if cut != expected { Issue.record("\(escaped(text)) octet by octet: \(cut), expected \(expected)") }
            }
            texts = texts.flatMap { text in alphabet.map { text + [$0] } }
        }
    }

    /// What is odd at each place of plain lines, which are passed over many octets at a time.
    @Test(arguments: ["\r", "\n", "\0", ".", "\r\n", "\n.", "\r.", "\r\n.", "\r\n..", "\r\n.\r\n", "\n.\r\n", "\r\r\n"])
    func readsWhatIsOddInPlainLines(_ odd: String) {
        let lines = Array("A line of text, and \r\none that is. longer than two blocks\r\n\r\nand one more\r\n".utf8)
        for place in 0...lines.count {
            let text = Array(lines[..<place] + Array(odd.utf8) + lines[place...])
            let expected = Outcome(expected: text, limit: nil)
            #expect(Outcome([text], limit: nil) == expected, "at \(place)")
            for cut in 1..<text.count where text[cut - 1] < 0x20 || text[cut] < 0x20 || text[cut] == 0x2e {
                let pieces = [Array(text[..<cut]), Array(text[cut...])]
                #expect(Outcome(pieces, limit: nil) == expected, "at \(place), cut at \(cut)")
            }
        }
    }

    /// The same written: a dot behind each dot that stands behind CR or LF, the start counting as a line's.
    @Test(arguments: ["\r", "\n", ".", "..", "\n.", "\r.", "\r\n.", "\r\n..", "\r\n.\r\n.", "x"])
    func stuffsWhatIsOddInPlainLines(_ odd: String) {
        let lines = Array("A line of text, and \r\none that is. longer than two blocks\r\n\r\nand one more\r\n".utf8)
        for place in 0...lines.count {
            let text = Array(lines[..<place] + Array(odd.utf8) + lines[place...])
            var expected: [UInt8] = []
            for octet in text {
                if octet == 0x2e, expected.last.map({ $0 == 0x0a || $0 == 0x0d }) ?? true { expected.append(octet) }
                expected.append(octet)
            }
            for cut in 0..<text.count {
                var client = ClientSession(extensions: Extensions())
                _ = client.data()
                let wire = client.content(text[..<cut]) + client.content(text[cut...])
                #expect(wire == expected, "at \(place), cut at \(cut)")
            }
        }
    }

    @Test(arguments: ["a\0\r\n.\r\n", "\0", "\r\n.\0\r\n.\r\n", "\r\0", "a\r\n.\r\0\r\n.\r\n"])
    func noticesNUL(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(Outcome([bytes], limit: nil) == Outcome(expected: bytes, limit: nil))
        #expect(Outcome(bytes.singly, limit: nil) == Outcome(expected: bytes, limit: nil))
    }

    /// What the client's side writes is what the server's side reads, whatever the pieces are.
    @Test func comesThroughAsItWas() throws {
        for seed in 0..<1_000 {
            var dice = Dice(seed: UInt64(seed))
            let message = Self.message(&dice)
            var client = ClientSession(extensions: Extensions())
            _ = client.data()
            var wire = message.pieces { dice.below(30) }.flatMap { client.content($0) }
            wire += client.endOfContent() + Array("NOOP\r\n")
            var server = try ServerSession.inContent()
            var (content, hasEnded) = ([UInt8](), false)
            for piece in wire.pieces({ dice.below(30) }) {
                for event in server.received(piece) {
                    switch event {
                    case .content(let more): content += more
                    case .endOfContent(nil): hasEnded = true
                    default: Issue.record("seed \(seed): \(event)")
                    }
                }
            }
            let isWhole = message.isEmpty || message.suffix(2) == [0x0d, 0x0a]
            #expect(content == message + (isWhole ? [] : [0x0d, 0x0a]), "seed \(seed)")
            #expect(hasEnded, "seed \(seed)")
            #expect(server.answer(Reply(250, "ok")) == [.send(Array("250 ok\r\n250 2.0.0 ok\r\n"))])
        }
    }

    /// Lines with dots where they matter; every third message without a last line end.
    private static func message(_ dice: inout Dice) -> [UInt8] {
        let words = ["", ".", "..", ".x", "x.", "Subject: x", "\t", "=2E", "\u{e4}", String(repeating: "y", count: 99)]
        var lines: [String] = []
        for _ in 0..<dice.below(20) {
            lines.append((0..<dice.below(3)).map { _ in words[dice.below(words.count)] }.joined())
        }
        let text = lines.joined(separator: "\r\n")
        return Array(dice.below(3) == 0 ? text : text + "\r\n")
    }

    /// A receiver that takes CR or LF alone for a line end finds none either.
    @Test(arguments: ["a\n.\nb", "a\r.\rb", "a\n.\r\nb", "a\r\n.\nb"])
    func isStuffedForLaxServers(_ text: String) {
        for pieces in [[Array(text)], Array(text.utf8).singly] {
            var client = ClientSession(extensions: Extensions())
            let wire = pieces.flatMap { client.content($0) }
            #expect(wire == Array(text.replacing(".", with: "..").utf8))
        }
    }

    @Test func aSecondMessageBeginsAnew() {
        var client = ClientSession(extensions: Extensions())
        _ = client.data()
        _ = client.content(Array("no line end"))
        #expect(client.endOfContent().text == "\r\n.\r\n")
        _ = client.data()
        #expect(client.content(Array(".")).text == "..")
        _ = client.data()
        #expect(client.endOfContent().text == ".\r\n")
    }
}
