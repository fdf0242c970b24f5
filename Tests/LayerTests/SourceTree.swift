import Foundation

/// What is under Sources: `Sources/<Layer>/<Module>/**.swift`.
struct SourceTree {
    let modules: [SourceModule]

    /// This project's, read once.
    static let project = Result { try read() }

    private static func read() throws -> SourceTree {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        return SourceTree(
            modules: try Layer.allCases.flatMap { layer in
                let folder = root.appendingPathComponent(layer.rawValue)
                return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
                    try SourceModule(layer: layer, name: name, folder: folder.appendingPathComponent(name))
                }
            })
    }

    init(modules: [SourceModule]) { self.modules = modules }

    func names(in layer: Layer) -> Set<String> { Set(modules.filter { $0.layer == layer }.map(\.name)) }

    func layer(of name: String) -> Layer? { modules.first { $0.name == name }?.layer }

    /// All that a program with this module in it holds of ours, the module left out.
    func closure(of name: String) -> Set<String> {
        var found: Set<String> = []
        var open = [name]
        while let next = open.popLast(), let module = modules.first(where: { $0.name == next }) {
            for imported in module.imports where layer(of: imported) != nil && found.insert(imported).inserted {
                open.append(imported)
            }
        }
        return found.subtracting([name])
    }
}

struct SourceModule {
    let layer: Layer
    let name: String
    let files: [SourceFile]
    let imports: Set<String>

    init(layer: Layer, name: String, files: [SourceFile]) {
        self.layer = layer
        self.name = name
        self.files = files
        imports = Set(files.flatMap(\.imports))
    }

    init(layer: Layer, name: String, folder: URL) throws {
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        self.init(
            layer: layer, name: name,
            files: try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
                let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
                return SourceFile(path: "\(layer.rawValue)/\(name)/\(path)", text: text)
            })
    }
}

struct SourceFile {
    struct Line {
        let number: Int
        let text: String
        var isComment: Bool { text.hasPrefix("//") }
    }

    let path: String
    /// Without the blanks around them.
    let lines: [Line]

    init(path: String, text: String) {
        self.path = path
        lines = text.components(separatedBy: "\n").enumerated().map { index, line in
            Line(number: index + 1, text: line.trimmingCharacters(in: .whitespaces))
        }
    }

    var imports: [String] { code.flatMap { Self.imports(of: $0.text) } }

    var code: [Line] { lines.filter { !$0.isComment } }

    /// The modules that a line of code imports, however the import is spelled.
    private static func imports(of line: String) -> [String] {
        line.split(separator: ";").compactMap { statement in
            let words = statement.split(separator: " ")
            guard
                let keyword = words.firstIndex(of: "import"),
                words[..<keyword].allSatisfy({ $0.hasPrefix("@") || visibilities.contains($0) })
            else { return nil }
            let path = words[(keyword + 1)...].first { !kinds.contains($0) }
            return path?.split(separator: ".").first.map(String.init)
        }
    }

    private static let visibilities: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<Substring> = [
        "typealias", "struct", "class", "enum", "protocol", "let", "var", "func",
    ]
}
