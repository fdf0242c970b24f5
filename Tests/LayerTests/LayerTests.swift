import Foundation
import Testing

/// Holds the sources to the rules of the architecture.
struct LayerTests {
    private let rules = LayerRules()
    private let tree: SourceTree

    init() throws { tree = try SourceTree.project.get() }

    @Test func importsFollowTheArrows() {
        #expect(rules.violations(in: tree) == [])
    }

    @Test func everyInnerModuleHasARule() {
        #expect(Set(rules.siblings.keys) == tree.names(in: .wire).union(tree.names(in: .domain)))
    }

    @Test func everyCLibraryHasOneOwner() {
        let importers = tree.names(in: .c).map { library in
            (library, Set(tree.modules.filter { $0.imports.contains(library) }.map(\.name)))
        }
        #expect(Dictionary(uniqueKeysWithValues: importers) == rules.owners)
    }

    @Test func pixelServerCannotLeakWhatItDoesNotHave() {
        let closure = tree.closure(of: "PixelServer")
        #expect(closure.contains("Tokens"))
        #expect(closure.isDisjoint(with: rules.keptFromPixelServer), "\(closure.sorted())")
    }

    @Test func nothingTrapsOnPurpose() {
        #expect(tree.modules.flatMap(\.files).flatMap(\.traps) == [])
    }

    @Test func everyUncheckedSendableSaysWhy() {
        #expect(tree.modules.flatMap(\.files).flatMap(\.unexplainedSendables) == [])
    }
}

/// That the rules notice what they are for.
struct LayerRulesTests {
    @Test func everySpellingOfAnImportIsRead() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/imports", withExtension: "txt"))
        let file = SourceFile(path: "imports", text: try String(contentsOf: url, encoding: .utf8))
        #expect(
            file.imports == [
                "Plain", "Indented", "Testable", "Attributed", "Spelled", "Visible", "Both", "Declared", "Nested",
                "Commented", "One", "Two",
            ])
    }

    static let imports: [(Layer, String, imported: String, isAllowed: Bool)] = [
        (.wire, "IMAP", "FoundationEssentials", true),
        (.wire, "IMAP", "Foundation", false),
        (.wire, "IMAP", "Glibc", false),
        (.wire, "IMAP", "MIME", false),
        (.wire, "IMAP", "Tokens", false),
        (.domain, "Tokens", "Secrets", true),
        (.domain, "Tokens", "CCrypto", true),
        (.domain, "Tokens", "CXML2", false),
        (.domain, "Tokens", "NIOCore", false),
        (.domain, "Beacon", "Tokens", true),
        (.domain, "Beacon", "Opens", false),
        (.domain, "SentSync", "Store", false),
        (.edge, "Store", "GRDB", true),
        (.edge, "Store", "SentSync", true),
        (.edge, "Store", "Transport", true),
        (.edge, "Store", "PixelServer", false),
        (.edge, "Store", "CCurl", false),
        (.edge, "Store", "Agent", false),
        (.app, "Agent", "Store", true),
        (.app, "Agent", "CCurl", false),
    ]

    @Test(arguments: imports)
    func allows(_ layer: Layer, _ name: String, imported: String, isAllowed: Bool) throws {
        let file = SourceFile(path: "made-up", text: "import \(imported)\n")
        let module = SourceModule(layer: layer, name: name, files: [file])
        let others = try SourceTree.project.get().modules.filter { $0.name != name }
        let found = LayerRules().violations(in: SourceTree(modules: others + [module]))
        #expect(found.contains("\(name) imports \(imported)") != isAllowed)
    }

    @Test(arguments: [
        ("let x = try! f()", 1), ("fatalError(\"no\")", 1), ("preconditionFailure()", 1), ("// never try! this", 0),
        ("let x = try? f()", 0), ("precondition(isOurs)", 0),
    ])
    func noticesTraps(_ line: String, count: Int) {
        #expect(SourceFile(path: "made-up", text: line).traps.count == count)
    }

    @Test(arguments: [
        ("final class A: @unchecked Sendable {", 1),
        ("/// What A is.\nfinal class A: @unchecked Sendable {", 1),
        ("/// `@unchecked Sendable`: a lock.\nfinal class A: @unchecked Sendable {", 0),
        ("final class A: @unchecked Sendable {  // @unchecked Sendable: a lock", 0),
        ("// @unchecked Sendable: a lock\n\n\n\nfinal class A: @unchecked Sendable {", 1),
        ("// @unchecked Sendable:\nfinal class A: @unchecked Sendable {", 1),
    ])
    func noticesUnexplainedSendables(_ text: String, count: Int) {
        #expect(SourceFile(path: "made-up", text: text).unexplainedSendables.count == count)
    }
}

extension SourceFile {
    /// Where code ends the process for a reason that it could have reported.
    fileprivate var traps: [String] {
        places { line in ["try!", "fatalError(", "preconditionFailure("].contains { line.text.contains($0) } }
    }

    /// Where no comment on the line, or up to three lines above it, says `@unchecked Sendable`: and why.
    fileprivate var unexplainedSendables: [String] {
        places { line in
            guard line.text.contains("@unchecked Sendable") else { return false }
            return !lines[max(0, line.number - 4)..<line.number].contains { Self.saysWhy($0.text) }
        }
    }

    private static func saysWhy(_ line: String) -> Bool {
        guard let comment = line.range(of: "//").map({ line[$0.upperBound...] }),
            let name = comment.range(of: "@unchecked Sendable")
        else { return false }
        let reason = comment[name.upperBound...].drop { $0 == "`" }
        return reason.first == ":" && reason.contains(where: \.isLetter)
    }

    private func places(where isWrong: (Line) -> Bool) -> [String] {
        code.filter(isWrong).map { "\(path):\($0.number)" }
    }
}
