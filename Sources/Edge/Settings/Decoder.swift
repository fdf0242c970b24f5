/// From the tree to ``Settings``: the sections in turn, each in its own file.
///
/// One pass over one file. It goes on after every problem, so what it makes is to be used only if there was none.
final class Decoder {
    let report: Report
    let file: String
    /// Whether nobody but the owner can read the file.
    let isPrivate: Bool
    /// The folder of the file, without a slash at its end.
    private let folder: String
    private let home: String?
    /// The bytes of a list that the file names, by its path.
    let read: (String) throws(Rejection) -> PlainFile
    var neededFiles: [Located<String>] = []

    init(
        file: String, isPrivate: Bool, home: String?, read: @escaping (String) throws(Rejection) -> PlainFile
    ) {
        self.file = file
        self.isPrivate = isPrivate
        self.home = home
        self.read = read
        folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        report = Report(file: file)
    }

    func settings(_ root: TOMLTable) -> Settings {
        let top = Section<TopKey>(root, path: "", report: report)
        let privacy = privacy(section(top, .privacy))
        let submissionSection: Section<SubmissionKey>? = section(top, .submission)
        let upstream = submissionSection.flatMap(upstream)
        let accounts = tables(top, .account, limit: Limits.accounts).flatMap(accounts)
            .compactMap { account($0, upstream: upstream, submits: submissionSection != nil) }
        let sourceTables = tables(top, .source, limit: Limits.sources).map { ($0, kind(of: $0.table)) }
        let sources = sourceTables.compactMap { $1?.isProvider == true ? nil : source($0, $1) }
        let providers = sourceTables.compactMap { table, kind in
            kind.flatMap { $0.isProvider ? providerSource(table, $0) : nil }
        }
        if !top.has(.account), !top.has(.server) {
            report.problem(at: root.position, "", "nothing to do", expected: "an [[account]] or a [server]")
        } else if top.has(.account), !top.has(.source) {
            report.warning(
                at: top.node(.account)?.position, "account", "no [[source]]: messages are marked, opens are never seen")
        }
        unique(accounts.map(\.name), what: "account")
        unique(sources.map(\.name) + providers.map(\.name), what: "source")
        let submitted = submissionSection.map { submission($0, sources: sources.map { $0.name.value }) }
        if let submissionSection { requireProvider(submissionSection, accounts.map(\.account)) }
        return Settings(
            accounts: accounts.map(\.account), sources: sources.map(\.source),
            providers: providers.map(\.source),
            server: section(top, .server).flatMap { server($0, retention: privacy.retention) },
            submission: submitted,
            tracking: tracking(section(top, .tracking)), keywords: keywords(section(top, .keywords)),
            labels: labels(section(top, .labels)), colors: colors(section(top, .colors)), privacy: privacy,
            ranges: ranges(section(top, .ranges)),
            warnings: report.warnings, neededFiles: neededFiles, file: file)
    }

    /// A path as the file means it: relative to itself, `~/` in the home directory.
    func path(_ text: Located<String>) -> String {
        if text.value.hasPrefix("/") { return text.value }
        if text.value == "~" || text.value.hasPrefix("~/"), let home { return home + text.value.dropFirst() }
        return "\(folder)/\(text.value)"
    }

    func path<Key>(_ section: Section<Key>, _ key: Key) -> Located<String>? {
        section.string(key, expected: "the path of a file").map { text in text.map { _ in path(text) } }
    }

    /// The path of a file without which the agent cannot start.
    func neededPath<Key>(_ section: Section<Key>, _ key: Key) -> String? {
        guard let path = path(section, key) else { return nil }
        neededFiles.append(path)
        return path.value
    }

    func span<Key>(_ section: Section<Key>, _ key: Key, within range: ClosedRange<Duration>) -> Duration? {
        section.parsed(section.string(key, expected: "a time span such as \"30d\"")) { text throws(Rejection) in
            try Duration(parsing: text, within: range)
        }?.value
    }

    /// A program and its arguments. A program with a slash in it is a path.
    func command<Key>(_ section: Section<Key>, _ key: Key) -> [String]? {
        let expected = "a list of strings: a program and its arguments, such as [\"pass\", \"show\", \"mail\"]"
        guard let words = section.strings(key, expected: expected) else { return nil }
        guard let program = words.first else {
            if let node = section.node(key) {
                report.problem(at: node.position, node.path, "is empty", expected: expected)
            }
            return nil
        }
        return [program.value.contains("/") ? path(program) : program.value] + words.dropFirst().map(\.value)
    }
}

extension Decoder {
    private func section<Key: SectionKey>(_ top: Section<TopKey>, _ key: TopKey) -> Section<Key>? {
        guard let node = top.node(key) else { return nil }
        guard case .table(let table) = node.value.value else {
            top.reportWrongType(node, expected: "a table: [\(key.rawValue)], once, in single brackets")
            return nil
        }
        return Section(table, path: node.path, report: report)
    }

    private func tables(_ top: Section<TopKey>, _ key: TopKey, limit: Int) -> [(table: TOMLTable, path: String)] {
        guard let node = top.node(key) else { return [] }
        guard case .array(let elements) = node.value.value else {
            top.reportWrongType(node, expected: "a list of tables: [[\(key.rawValue)]], in double brackets")
            return []
        }
        if elements.count > limit {
            report.problem(
                at: elements[limit].position, node.path, "there are \(elements.count)", expected: "at most \(limit)")
        }
        return elements.prefix(limit).enumerated().compactMap { index, element in
            let path = "\(node.path)[\(index + 1)]"
            if case .table(let table) = element.value { return (table, path) }
            top.reportWrongType(
                .init(value: element, position: element.position, path: path), expected: "a table")
            return nil
        }
    }

    private func unique(_ names: [Located<String>], what: String) {
        var first: [String: Located<String>] = [:]
        for name in names {
            if let other = first[name.value] {
                report.problem(
                    at: name.position, name.path, "a second \(what) is named \(quoted(name.value))",
                    expected: "another name than at \(other.position.file.map { "\($0):" } ?? "line ")"
                        + "\(other.position.line)")
            } else {
                first[name.value] = name
            }
        }
    }

    /// The `name` of a section, or what stands in for it.
    func name<Key>(_ section: Section<Key>, _ key: Key, otherwise: Located<String>?) -> Located<String>? {
        guard section.has(key) else { return otherwise }
        let form = "a name of at most \(Limits.nameBytes) bytes"
        return section.parsed(section.string(key, expected: form)) { text throws(Rejection) in
            guard text.utf8.count <= Limits.nameBytes else {
                throw Rejection(what: "is \(text.utf8.count) bytes long", expected: form)
            }
            return text
        }
    }
}
