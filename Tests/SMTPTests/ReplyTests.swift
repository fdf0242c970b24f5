import Foundation
import Testing

@testable import SMTP

struct ReplyTests {
    @Test func isWritten() {
        let reply = Reply(250, "2.1.0", "ok")
        #expect(reply.bytes.text == "250 2.1.0 ok\r\n")
        #expect(reply.text == "2.1.0 ok")
        #expect(Reply(354, "go").bytes.text == "354 go\r\n")
        #expect(Reply(334, "").bytes.text == "334 \r\n")
        #expect(Reply(250, nil, "x").lines == [Array("x")])
    }

    @Test(arguments: [
        (200, [true, false, false, false]), (299, [true, false, false, false]), (354, [false, true, false, false]),
        (421, [false, false, true, false]), (599, [false, false, false, true]),
    ])
    func isOfOneKind(_ code: Int, _ kinds: [Bool]) {
        let reply = Reply(code, "")
        #expect([reply.isPositive, reply.isIntermediate, reply.isTransient, reply.isPermanent] == kinds)
    }

    @Test(arguments: ["a\r\n250 b", "a\nb", "a\0b", "a\u{85}b", "a\u{7f}b"])
    func holdsNoControls(_ text: String) {
        let bytes = Reply(550, "5.0.0", text).bytes
        #expect(bytes.filter { $0 == 0x0a }.count == 1)
        #expect(!bytes.dropLast(2).contains { $0 < 0x20 || $0 == 0x7f || $0 == 0xc2 })
    }

    @Test func aReceivedOneHoldsNoControls() throws {
        var parser = ReplyParser()
        let reply = try #require(try parser.feed(Array("250 a\rb\0c\td\u{202e}\u{9b}\r\n")).first)
        #expect(reply.bytes == Array("250 a b c\td\u{202e}\u{9b}\r\n"))
        #expect(reply.text == "a b c\u{fffd}d\u{fffd}\u{fffd}")
    }

    /// Words of one length, words that do not fit, and characters of several octets.
    @Test(arguments: [
        String(repeating: "word ", count: 400), String(repeating: "x", count: 2_000),
        String(repeating: "äö€😀", count: 300), String(repeating: "x", count: 500) + " y",
        String(repeating: "x", count: 501), String(repeating: " ", count: 1_600),
    ])
    func longTextIsSplit(_ text: String) throws {
        let reply = Reply(550, "5.7.1", text)
        let lines = reply.bytes.text.components(separatedBy: "\r\n").dropLast()
        #expect(lines.count > 1 || text.utf8.count <= 500)
        #expect(lines.allSatisfy { $0.utf8.count <= 510 })
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("550-5.7.1 ") })
        #expect(lines.last?.hasPrefix("550 5.7.1 ") == true)
        let joined = lines.map { String($0.dropFirst("550 5.7.1 ".count)) }.joined()
        #expect(joined.filter { $0 != " " } == text.filter { $0 != " " })
        var parser = ReplyParser()
        #expect(try parser.feed(reply.bytes) == [reply])
    }

    @Test func noReplyHasMoreLinesThanAreRead() throws {
        let reply = Reply(550, "5.7.1", String(repeating: "x", count: 1 << 20))
        var parser = ReplyParser()
        #expect(try parser.feed(reply.bytes) == [reply])
    }
}
