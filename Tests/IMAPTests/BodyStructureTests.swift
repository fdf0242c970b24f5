import Testing

@testable import IMAP

/// What a server sends, and the parts found: `section type/subtype charset encoding octets disposition name @messages`,
/// with `-` for what is not there; `?` at the end if something was skipped or guessed.
private struct Case: Sendable, CustomTestStringConvertible {
    let why: String
    let wire: String
    let parts: [String]
    let isPartial: Bool

    init(_ why: String, _ wire: String, _ parts: [String], isPartial: Bool = false) {
        self.why = why
        self.wire = wire
        self.parts = parts
        self.isPartial = isPartial
    }

    var testDescription: String { why }

    static let plain = #"("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 12 1 NIL NIL NIL NIL)"#
    static let html = #"("TEXT" "HTML" ("CHARSET" "iso-8859-1") NIL NIL "QUOTED-PRINTABLE" 345 9)"#
    static let pdf =
        #"("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 4000 NIL ("attachment" ("filename" "b.pdf")) NIL NIL)"#

    static let all = [
        Case("one part", plain, ["1 text/plain utf-8 7bit 12 - - @0"]),
        Case(
            "alternative in mixed", #"((\#(plain)\#(html) "alternative" ("boundary" "x") NIL NIL)\#(pdf) "mixed")"#,
            [
                "1.1 text/plain utf-8 7bit 12 - - @0", "1.2 text/html iso-8859-1 quoted-printable 345 - - @0",
                "2 application/pdf - base64 4000 attachment a.pdf @0",
            ]),
        Case(
            "a message within",
            #"(\#(plain)("message" "rfc822" NIL NIL NIL "7bit" 999 ("d" "s" (("a" NIL "b" "c"))"#
                + #" NIL NIL NIL NIL NIL NIL "<i>") (\#(plain)\#(html) "alternative") 40 NIL NIL NIL NIL) "mixed")"#,
            [
                "1 text/plain utf-8 7bit 12 - - @0", "2.1 text/plain utf-8 7bit 12 - - @1",
                "2.2 text/html iso-8859-1 quoted-printable 345 - - @1",
            ]),
        Case(
            "a message of one part within a message of one part",
            #"("message" "rfc822" NIL NIL NIL "7bit" 999 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) \#(html) 40)"#,
            ["1.1 text/html iso-8859-1 quoted-printable 345 - - @1"]),
        Case(
            "a message whose body is not described is a leaf",
            #"("message" "rfc822" NIL NIL NIL "7bit" 999 NIL ("attachment" NIL))"#,
            ["1 message/rfc822 - 7bit 999 attachment - @0"]),
        Case(
            "spaces between parts", "(\(plain) \(html) \"mixed\")",
            [
                "1 text/plain utf-8 7bit 12 - - @0", "2 text/html iso-8859-1 quoted-printable 345 - - @0",
            ]),
        Case(
            "strings as literals", "({4}\r\ntext {4}\r\nhtml NIL NIL NIL {6}\r\nbase64 5 1)",
            ["1 text/html - base64 5 - - @0"]),
        Case("Gmail: multipart without parts", #"("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)"#, [], isPartial: true),
        Case(
            "Yandex: multipart without parts beside a part", #"(("MIXED" ("BOUNDARY" "x"))\#(html) "mixed")"#,
            ["2 text/html iso-8859-1 quoted-printable 345 - - @0"], isPartial: true),
        Case("empty multipart", #"(() "mixed")"#, [], isPartial: true),
        Case(
            "Exchange: a part of nothing", #"((NIL NIL NIL NIL NIL "7BIT" 0 NIL NIL NIL NIL)\#(html) "mixed")"#,
            ["1 / - 7bit 0 - - @0", "2 text/html iso-8859-1 quoted-printable 345 - - @0"], isPartial: true),
        Case(
            "Exchange: NIL for a part", #"(NIL \#(html) "mixed")"#,
            ["2 text/html iso-8859-1 quoted-printable 345 - - @0"], isPartial: true),
        Case("Exchange: (NIL NIL)", "(NIL NIL)", ["1 / - - - - - @0"], isPartial: true),
        Case(
            "parameters behind two NILs are no part", #"(NIL NIL ("charset" "x") NIL NIL "7bit" 12 1)"#,
            ["1 / x 7bit 12 - - @0"], isPartial: true),
        Case(
            "mail.ru: (\"boundary\" NIL) and a float",
            #"(("text" "html" ("charset" NIL) NIL NIL "base64" 9.3736e+06 1) "mixed" ("boundary" NIL))"#,
            ["1 text/html - base64 9373600 - - @0"]),
        Case(
            "bare inline", #"("text" "html" NIL NIL NIL "7bit" 5 1 NIL "inline" NIL NIL)"#,
            ["1 text/html - 7bit 5 inline - @0"]),
        Case(
            "disposition without parameters", #"("text" "html" NIL NIL NIL "7bit" 5 1 NIL ("INLINE" NIL))"#,
            ["1 text/html - 7bit 5 inline - @0"]),
        Case(
            "a description in the disposition's place",
            #"("application" "pkcs7-signature" NIL NIL NIL "base64" 5 NIL "S/MIME signature" ("attachment" NIL))"#,
            ["1 application/pkcs7-signature - base64 5 attachment - @0"]),
        Case(
            "languages are no disposition", #"("text" "html" NIL NIL NIL "7bit" 5 1 NIL NIL ("en" "de") NIL)"#,
            ["1 text/html - 7bit 5 - - @0"]),
        Case("a field too few", #"("text" "html" NIL NIL "7bit" 5 1)"#, ["1 text/html - 7bit 5 - - @0"]),
        Case(
            "no encoding, no size", #"("text" "html" NIL NIL NIL NIL NIL)"#, ["1 text/html - - - - - @0"],
            isPartial: true),
        Case(
            "unescaped quotes",
            #"("application" "pdf" ("name" "the "final" report.pdf") NIL NIL "base64" 7 NIL NIL)"#,
            [#"1 application/pdf - base64 7 - the "final" report.pdf @0"#]),
        Case("NIL", "NIL", [], isPartial: true),
        Case("an atom", "what", [], isPartial: true),
        Case("nothing", "()", [], isPartial: true),
    ]

    func shown(_ part: BodyPart) -> String {
        let fields = [
            part.section, "\(part.type)/\(part.subtype)", part.charset, part.encoding.isEmpty ? nil : part.encoding,
            part.octets.map(String.init), part.disposition, part.name, "@\(part.enclosingMessages)",
        ]
        return fields.map { $0 ?? "-" }.joined(separator: " ")
    }
}

struct BodyStructureTests {
    private func structure(_ wire: String, limits: ParserLimits = ParserLimits()) throws -> BodyStructure? {
        let responses = try parse("* 1 FETCH (BODYSTRUCTURE \(wire) UID 7)\r\n", limits: limits)
        guard case .untagged(.fetch(let data)) = responses.first, responses.count == 1 else { return nil }
        #expect(data.uid == 7 && !data.isPartial)
        return data.structure
    }

    @Test(arguments: Case.all)
    private func finds(_ expected: Case) throws {
        let structure = try #require(try structure(expected.wire))
        #expect(structure.parts.map(expected.shown) == expected.parts)
        #expect(structure.isPartial == expected.isPartial)
    }

    /// Whatever is cut out, the rest of the response does not crash, hang or name a part that a server cannot have.
    @Test(arguments: Case.all)
    private func survivesDamage(_ victim: Case) throws {
        let bytes = victim.wire.bytes
        for start in bytes.indices {
            for length in [1, 2, 7, 30] where start + length <= bytes.count {
                let damaged = bytes[..<start] + bytes[(start + length)...]
                let wire = "* 1 FETCH (BODYSTRUCTURE ".bytes + damaged + ")\r\n".bytes
                for case .untagged(.fetch(let data)) in try parse([wire]) {
                    for part in data.structure?.parts ?? [] {
                        #expect(throws: Never.self) { try Section.part(part.section).wireText() }
                    }
                }
            }
        }
    }

    @Test func leavesOutWhatIsTooDeep() throws {
        let deep = String(repeating: "(", count: 3000) + Case.plain + String(repeating: " \"mixed\")", count: 3000)
        let structure = try #require(try structure("(\(deep)\(Case.html) \"mixed\")"))
        #expect(structure.isPartial)
        #expect(structure.parts.map(\.section) == ["2"])
    }

    @Test func keepsBoundedManyParts() throws {
        var limits = ParserLimits()
        limits.items = 100
        let many = String(repeating: Case.plain, count: 50)
        let structure = try #require(try structure("(\(many) \"mixed\")", limits: limits))
        #expect(structure.isPartial && structure.parts.count < 50)
    }
}
