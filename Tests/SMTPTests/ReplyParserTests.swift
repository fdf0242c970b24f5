import Testing

@testable import SMTP

struct ReplyParserTests {
    /// What came out, and the fault behind it.
    private static func outcome(_ pieces: [[UInt8]]) -> [String] {
        var parser = ReplyParser()
        var outcome: [String] = []
        do throws(ReplyError) {
            for piece in pieces { outcome += try parser.feed(piece).map { "\($0.code) \($0.lines.map(escaped))" } }
            if parser.failure != nil { _ = try parser.feed([]) }
        } catch {
            outcome.append("\(error)")
        }
        if parser.isInsideReply { outcome.append("open") }
        return outcome
    }

    static let cases: [(String, [String])] = [
        ("220 hello\r\n", [#"220 ["hello"]"#]),
        ("250-a\r\n250-\r\n250 b c\r\n", [#"250 ["a", "", "b c"]"#]),
        ("250\r\n250 \r\n", [#"250 [""]"#, #"250 [""]"#]),
        ("250-a\n250 b\n", [#"250 ["a", "b"]"#]),
        ("250-a\r\n250\r\n", [#"250 ["a", ""]"#]),
        ("250 a\r\n", [#"250 ["a"]"#]),
        ("250 a\r\n354", [#"250 ["a"]"#, "open"]),
        ("250-a\r\n", ["open"]),
        ("250 a\r\n\r\n", [#"250 ["a"]"#, "the server sent a line that is no SMTP reply: "]),
        ("250-a\r\n251 b\r\n", ["the server changed from 250 to 251 inside one reply"]),
        ("25 a\r\n", ["the server sent a line that is no SMTP reply: 25 a"]),
        ("2500 a\r\n", ["the server sent a line that is no SMTP reply: 2500 a"]),
        ("250_a\r\n", ["the server sent a line that is no SMTP reply: 250_a"]),
        ("199 a\r\n", ["the server sent a line that is no SMTP reply: 199 a"]),
        ("600 a\r\n", ["the server sent a line that is no SMTP reply: 600 a"]),
        (" 250 a\r\n", ["the server sent a line that is no SMTP reply:  250 a"]),
        ("250 a\r\nx\u{1b}[2J\r\n250 b\r\n", [#"250 ["a"]"#, "the server sent a line that is no SMTP reply: x [2J"]),
    ]

    @Test(arguments: cases)
    func reads(_ text: String, _ expected: [String]) {
        let bytes = Array(text.utf8)
        #expect(Self.outcome([bytes]) == expected)
        #expect(Self.outcome(bytes.singly) == expected)
        for cut in 1..<bytes.count { #expect(Self.outcome(bytes.cut(at: cut)) == expected, "cut at \(cut)") }
    }

    @Test(arguments: [(4_096, true), (4_097, false)])
    func limitsLines(_ count: Int, _ isRead: Bool) {
        let line = Array("250 ") + [UInt8](repeating: 0x78, count: count - 4) + [0x0a]
        for pieces in [[line], line.singly] {
            let outcome = Self.outcome(pieces)
            #expect(outcome.count == 1)
            #expect(outcome.first?.hasPrefix("250 ") == isRead)
        }
    }

    @Test(arguments: [(200, true), (201, false)])
    func limitsReplies(_ count: Int, _ isRead: Bool) {
        let text = String(repeating: "250-x\r\n", count: count - 1) + "250 x\r\n"
        #expect(Self.outcome([Array(text)]).first?.hasPrefix("250 ") == isRead)
    }
}
