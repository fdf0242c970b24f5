import Dialogues
import Testing

/// The format of the dialogue files.
struct DialogueFileTests {
    @Test func readsEveryKindOfLine() throws {
        let text = """
            # why
            # more
            > a  b

            C: c
            S: s {1}
            S+ \\r\\n\\t\\\\\\x41 z
            C+ x
            S* 3 ab\\n
            T: 10
            S.
            E: news
            S:
            """
        let dialogue = try Dialogue(parsing: text)
        #expect(dialogue.why == "why")
        #expect(
            dialogue.steps.map(\.action) == [
                .start("a  b"), .client(Array("c\r\n".utf8)), .server(Array("s {1}\r\n".utf8)),
                .server(Array("\r\n\t\\A z".utf8)), .client(Array("x".utf8)), .server(Array("ab\nab\nab\n".utf8)),
                .pass(milliseconds: 10), .hangUp, .expect("news"), .server(Array("\r\n".utf8)),
            ])
        #expect(dialogue.steps.first?.line == 3)
    }

    @Test(arguments: [
        ("C: x", 1), ("# w\nX: y", 2), ("# w\n\nS+ \\q", 3), ("# w\nS+ \\x4", 2), ("# w\nS* x", 2),
        ("# w\nS* 999999999 xx", 2),
        ("# w\nT: soon", 2), ("#\nS: x", 1),
    ])
    func refuses(_ text: String, _ line: Int) {
        #expect { try Dialogue(parsing: text) } throws: { ($0 as? DialogueError)?.line == line }
    }
}
