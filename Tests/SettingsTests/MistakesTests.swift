import Foundation
import Secrets
import Testing

@testable import Settings

/// Each `Fixtures/mistakes/NAME.toml` is wrong in the ways that `NAME.txt` says, word for word.
@Suite struct MistakesTests {
    static let names = fixtures("mistakes", "toml")

    @Test(arguments: names)
    func saysWhatIsWrongAndWhere(_ name: String) throws {
        let text = try fixture("mistakes/\(name).toml")
        let expected = try String(decoding: fixture("mistakes/\(name).txt"), as: UTF8.self)
        let problems = try #require(throws: SettingsProblems.self) {
            try Settings.parse(text: text, file: "\(name).toml")
        }
        #expect(problems.description + "\n" == expected)
    }

    @Test func everyMistakeHasItsAnswer() {
        #expect(!Self.names.isEmpty)
        #expect(Self.names == fixtures("mistakes", "txt"))
    }

    /// A password is quoted in no problem and no warning, nor by printing the settings.
    @Test(arguments: [true, false])
    func neverQuotesAPassword(isPrivate: Bool) throws {
        let text = """
            [[account]]
            imap = "imaps://imap.example.org"
            user = "me"
            password = "correct horse"
            """
        do {
            let settings = try Settings.parse(text: text, file: "a.toml", isPrivate: isPrivate)
            #expect(isPrivate)
            #expect(settings.accounts.first?.login == .password(.literal(Secret("correct horse"))))
            #expect(settings.warnings.contains { $0.path == "account[1].password" && $0.position?.line == 4 })
            #expect(!"\(settings)".contains("horse"))
        } catch {
            #expect(!isPrivate)
            #expect(!error.description.contains("horse"))
        }
    }

    /// A text that stops anywhere is a configuration or a problem with a place, and never a crash.
    @Test(arguments: fixtures("mistakes", "toml").map { "mistakes/\($0)" } + ["good/many", "good/minimal"])
    func survivesACutAtEveryByte(_ name: String) throws {
        let text = try fixture("\(name).toml")
        for end in text.indices {
            do {
                _ = try Settings.parse(text: Array(text[..<end]), file: "a.toml")
            } catch {
                #expect(error.problems.allSatisfy { $0.position != nil }, "cut at \(end)")
            }
        }
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: [UInt8]
    }

    @Test(arguments: [
        Hostile(testDescription: "NUL", text: [0]),
        Hostile(testDescription: "NUL in a string", text: Array("a = \"\0\"".utf8)),
        Hostile(testDescription: "not UTF-8", text: Array("a = \"".utf8) + [0xFF, 0x22]),
        Hostile(testDescription: "letter where a blank may be", text: Array("a = 1 \u{e9}\n".utf8)),
        Hostile(testDescription: "UTF-16", text: [0xFF, 0xFE, 0x61, 0, 0x3D, 0]),
        Hostile(testDescription: "2 MB", text: [UInt8](repeating: 0x0A, count: 2 << 20)),
        Hostile(testDescription: "long integer", text: Array("a = ".utf8) + [UInt8](repeating: 0x39, count: 100_000)),
        Hostile(testDescription: "deep lists", text: Array("a = ".utf8) + [UInt8](repeating: 0x5B, count: 1 << 19)),
        Hostile(testDescription: "deep key", text: Array(repeating("a.", 1 << 18) + "a = 1".utf8)),
        Hostile(testDescription: "deep header", text: Array("[".utf8) + repeating("a . ", 1 << 17) + Array("a]".utf8)),
        Hostile(testDescription: "quoted deep key", text: repeating("\"a\".", 1 << 17) + Array("a = 1".utf8)),
        Hostile(
            testDescription: "deep key behind strings",
            text: Array("x = '''a''''\ny = \"\\\"\"\n".utf8) + repeating("a.", 1 << 18) + Array("a=1".utf8)),
        Hostile(testDescription: "many accounts", text: repeating("[[account]]\n", 80_000)),
        Hostile(testDescription: "many keys", text: (0..<100_000).flatMap { Array("k\($0)=1\n".utf8) }),
        Hostile(testDescription: "long key", text: [UInt8](repeating: 0x61, count: 1 << 19) + Array(" = 1".utf8)),
    ])
    func refusesWhatIsHostile(_ hostile: Hostile) {
        let problems = #expect(throws: SettingsProblems.self) {
            try Settings.parse(text: hostile.text, file: "a.toml")
        }
        #expect((problems?.description.utf8.count ?? .max) < 1 << 20)
    }
}

private func repeating(_ text: String, _ count: Int) -> [UInt8] {
    Array(String(repeating: text, count: count).utf8)
}
