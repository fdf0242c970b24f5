import Foundation
import IMAP
import Testing

@testable import SentSync

struct SentFolderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let wish: SentFolder.Wish
        let entries: [ListEntry]
        let answer: String

        init?(_ line: Substring) {
            let columns = line.split(separator: " | ").map(String.init)
            guard columns.count == 3, let delimiter = columns[1].last?.asciiValue else { return nil }
            testDescription = String(line)
            wish = columns[0] == "auto" ? .automatic : .named([columns[0]])
            entries = columns[1].dropLast(3).split(separator: "; ").map { folder in
                let attributes = folder.matches(of: /\[(\\\w+)\]/).map { MailboxAttribute(String($0.1)) }
                let name = folder.replacing(/\[\\\w+\]/, with: "")
                return ListEntry(name: MailboxName(String(name)), attributes: Set(attributes), delimiter: delimiter)
            }
            answer = columns[2]
        }
    }

    static func cases() throws -> [Case] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/sent-folders", withExtension: "txt"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return try lines.map { try #require(Case($0)) }
    }

    @Test func findsTheFolder() throws {
        for example in try Self.cases() {
            switch SentFolder.choose(from: example.entries, wish: example.wish) {
            case .found(let names):
                #expect(names.map(\.display).joined(separator: ", ") == example.answer, "\(example)")
            case .missing(let candidates):
                #expect("(\(candidates.joined(separator: ", ")))" == example.answer, "\(example)")
            }
        }
    }
}
