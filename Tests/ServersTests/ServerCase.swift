import Foundation
import IMAP
import Testing

@testable import Servers

/// One block of Fixtures/servers.txt.
struct ServerCase: Sendable, CustomTestStringConvertible {
    let why: String
    let identity: ServerIdentity
    /// Profiles, class, quirks.
    let expected: [String]

    var testDescription: String { why }

    static let all = Result { () throws in
        guard let url = Bundle.module.url(forResource: "Fixtures/servers", withExtension: "txt") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n\n").dropFirst()
            .map { try ServerCase(parsing: $0) }
    }

    struct Malformed: Error { let line: String }

    private init(parsing block: String) throws {
        var why: String?
        var host: String?
        var lines: [String] = []
        var capabilities: [Capability] = []
        var id: [IDField] = []
        var expected: [String] = []
        for line in block.split(separator: "\n") {
            let rest = line.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""
            switch line.split(separator: " ").first {
            case "#": why = rest
            case "host": host = rest
            case "S:": lines.append(rest)
            case "capabilities": capabilities = rest.split(separator: " ").map { Capability(String($0)) }
            case "id": id = Self.fields(rest)
            case "=": expected.append(rest)
            default: throw Malformed(line: String(line))
            }
        }
        guard let why, let host, expected.count == 3 else { throw Malformed(line: block) }
        self.why = why
        self.expected = expected
        identity = ServerIdentity(
            host: host, greeting: Greeting(lines: lines), capabilities: Capabilities(capabilities), id: id)
    }

    /// Words, those with blanks in quotes: name and value in turn.
    private static func fields(_ text: String) -> [IDField] {
        var words: [String] = []
        for (index, piece) in text.components(separatedBy: "\"").enumerated() {
            words += index % 2 == 1 ? [piece] : piece.split(separator: " ").map(String.init)
        }
        return stride(from: 0, to: words.count - 1, by: 2).map { IDField(words[$0], words[$0 + 1]) }
    }
}
