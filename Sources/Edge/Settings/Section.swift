/// The keys of one table of the configuration, by name.
protocol SectionKey: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// Keys that the design names and this version does not have.
    static var later: Set<String> { get }
}

extension SectionKey {
    static var later: Set<String> { [] }
}

/// A table that is read strictly: a key that `Key` does not know is a problem as soon as the section is made.
///
/// Each reading method reports what is wrong and answers `nil` for it, as for a key that is not there, so that one
/// pass finds everything.
struct Section<Key: SectionKey> {
    let table: TOMLTable
    let path: String
    let report: Report

    static var limits: (text: Int, elements: Int) { (text: 4096, elements: 256) }

    init(_ table: TOMLTable, path: String, report: Report) {
        self.table = table
        self.path = path
        self.report = report
        let known = Key.allCases.map(\.rawValue)
        for entry in table.entries where !known.contains(entry.key) {
            let place = self.path(of: entry.key)
            if Key.later.contains(entry.key) {
                report.problem(at: entry.keyPosition, place, "not in this version yet; remove it for now")
            } else {
                let nearest = nearestKey(to: entry.key, among: known).map { " (did you mean \"\($0)\"?)" } ?? ""
                report.problem(
                    at: entry.keyPosition, place, "unknown key" + nearest,
                    expected: "one of " + known.joined(separator: ", "))
            }
        }
    }

    func path(of key: String) -> String {
        let shown = printable(key)
        return path.isEmpty ? shown : "\(path).\(shown)"
    }

    func has(_ key: Key) -> Bool { table[key.rawValue] != nil }

    /// The node of a key that is there.
    func node(_ key: Key) -> Located<TOMLNode>? {
        table[key.rawValue].map { .init(value: $0.node, position: $0.node.position, path: path(of: key.rawValue)) }
    }

    func reportMissing(_ key: Key, expected: String) {
        report.problem(at: table.position, path(of: key.rawValue), "missing", expected: expected)
    }

    func reportWrongType(_ node: Located<TOMLNode>, expected: String) {
        report.problem(at: node.position, node.path, "is \(node.value.kind)", expected: expected)
    }

    func boolean(_ key: Key) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .boolean(let value) = node.value.value else {
            reportWrongType(node, expected: "true or false")
            return nil
        }
        return value
    }

    /// A text on one line, not empty, of at most 4096 bytes.
    func string(_ key: Key, expected: String) -> Located<String>? {
        node(key).flatMap { text(of: $0, expected: expected) }
    }

    /// The same where the key must be there.
    func required(_ key: Key, expected: String) -> Located<String>? {
        guard has(key) else {
            reportMissing(key, expected: expected)
            return nil
        }
        return string(key, expected: expected)
    }

    /// A list of such texts with at least one element. `nil` too if any element is wrong.
    func strings(_ key: Key, expected: String) -> [Located<String>]? {
        guard let node = node(key) else { return nil }
        guard case .array(let elements) = node.value.value else {
            reportWrongType(node, expected: expected)
            return nil
        }
        guard elements.count <= Self.limits.elements else {
            report.problem(
                at: node.position, node.path, "has \(elements.count) elements",
                expected: "at most \(Self.limits.elements)")
            return nil
        }
        let texts = elements.enumerated().map { index, element in
            text(
                of: .init(value: element, position: element.position, path: "\(node.path)[\(index + 1)]"),
                expected: "a string")
        }
        return texts.contains { $0 == nil } ? nil : texts.compactMap(\.self)
    }

    /// What `parse` makes of a text, its refusal reported.
    func parsed<Value>(_ text: Located<String>?, _ parse: (String) throws(Rejection) -> Value) -> Located<Value>? {
        guard let text else { return nil }
        do throws(Rejection) {
            let value = try parse(text.value)
            return text.map { _ in value }
        } catch {
            report.problem(at: text.position, text.path, error.what, expected: error.expected)
            return nil
        }
    }

    func text(of node: Located<TOMLNode>, expected: String) -> Located<String>? {
        guard case .string(let text) = node.value.value else {
            reportWrongType(node, expected: expected)
            return nil
        }
        let problem: String? =
            if text.isEmpty {
                "is empty"
            } else if text.utf8.count > Self.limits.text {
                "is \(text.utf8.count) bytes long, more than \(Self.limits.text)"
            } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                "holds a control character"
            } else {
                nil
            }
        if let problem {
            report.problem(at: node.position, node.path, problem, expected: expected)
            return nil
        }
        return node.map { _ in text }
    }
}
