import Foundation
import Testing

@testable import MIME

private func leaves(_ message: String, _ limits: MessageLimits = .standard) -> [MessagePart] {
    MessageParser.leaves(of: Array(message.utf8), limits: limits)
}

/// `section type/subtype body` of each leaf.
private func outline(_ message: String) -> [String] {
    let bytes = Array(message.utf8)
    return MessageParser.leaves(of: bytes).map { part in
        "\(part.section) \(part.contentType.type)/\(part.contentType.subtype) \(String(decoding: bytes[part.body], as: UTF8.self))"
    }
}

private func multipart(_ body: String, boundary: String = "b") -> String {
    "Content-Type: multipart/mixed; boundary=\(boundary)\n\n\(body)"
}

struct MessageParserTests {
    @Test(arguments: [
        ("", ["1 text/plain "]), ("Subject: x\n\nbody", ["1 text/plain body"]), ("\nbody", ["1 text/plain body"]),
        ("Content-Type: text/html\r\n\r\n--b\r\nx", ["1 text/html --b\r\nx"]),
        (multipart("--b\n\none\n--b\n\ntwo\n--b--\n"), ["1 text/plain one", "2 text/plain two"]),
        (multipart("pre\n--b\n\none\n--b--\n--b\n\nlate\n"), ["1 text/plain one"]),
        (multipart("--b\n\none"), ["1 text/plain one"]),
        (multipart("--b\n\none\n--b"), ["1 text/plain one", "2 text/plain "]),
        (multipart("--b  \n\none\n--b--\t\n"), ["1 text/plain one"]),
        (multipart("--b\n\none\n--bc\n--b-\n --b\n-b\n--b--"), ["1 text/plain one\n--bc\n--b-\n --b\n-b"]),
        (multipart("--b\nContent-Type: text/html\n--b\n\n--b--"), ["1 text/html ", "2 text/plain "]),
        (multipart("no delimiter"), []), (multipart(""), []),
        ("Content-Type: multipart/mixed\n\n--b\n", ["1 multipart/mixed --b\n"]),
        (
            multipart(
                "--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\nx\n--bb\n\ny\n--b\n\nz\n--bb\n--b--"),
            ["1.1 text/plain x", "1.2 text/plain y", "2 text/plain z\n--bb"]
        ),
        (
            multipart("--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b\n\ny\n--b--"),
            ["1.1 text/plain x", "2 text/plain y"]
        ),
        (
            multipart("--b\nContent-Type: message/rfc822\n\nContent-Type: text/html\n\nx\n--b--"),
            ["1 message/rfc822 Content-Type: text/html\n\nx"]
        ),
    ])
    func numbersLeavesAsIMAPDoes(_ message: String, _ expected: [String]) {
        #expect(outline(message) == expected)
        let crlf = message.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n")
        #expect(outline(crlf) == expected.map { $0.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n") })
    }

    @Test func readsARealTree() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/nested", withExtension: "eml"))
        let bytes = [UInt8](try Data(contentsOf: url))
        let parts = MessageParser.leaves(of: bytes)
        #expect(parts.map(\.section) == ["1.1", "1.2.1", "1.2.2", "2"])
        #expect(
            parts.map { "\($0.contentType.type)/\($0.contentType.subtype)" } == [
                "text/plain", "text/html", "image/png", "message/rfc822",
            ])
        #expect(parts.map(\.encoding) == [.identity, .quotedPrintable, .base64, .identity])
        #expect(parts.map(\.isAttachment) == [false, false, false, true])
        #expect(String(decoding: bytes[parts[1].body], as: UTF8.self) == "<p>html</p>")
        #expect(HeaderFields(parsing: bytes).subject == "Grüße a tree of parts as Thunderbird writes it")
        // A message that is cut off has the leaves that begin before the cut, and perhaps one more, where a delimiter
        // has lost its end and reads as another.
        for cut in bytes.indices {
            let some = MessageParser.leaves(of: Array(bytes[..<cut]))
            #expect(some.count <= parts.count + 1 && some.allSatisfy { $0.body.upperBound <= cut })
        }
    }

    @Test func keepsWithinItsLimits() {
        let many = multipart(String(repeating: "--b\n\n", count: 100_000))
        #expect(leaves(many).count == MessageLimits.standard.parts)
        var deep = ""
        for level in 0..<1_000 { deep += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n" }
        let parts = leaves(deep + "\nx")
        #expect(parts.count == 1)
        #expect(parts.first?.section.split(separator: ".").count == MessageLimits.standard.depth)
        let attached = String(repeating: "Content-Type: message/rfc822\n\n", count: 1_000)
        #expect(leaves(attached).map(\.section) == ["1"])
        let long = multipart(
            String(repeating: "x", count: 5_000_000) + "\n--b\nX: " + String(repeating: "y", count: 1_000_000))
        #expect(leaves(long).count == 1)
    }
}
