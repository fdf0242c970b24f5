extension Decoder {
    /// The tables that an `[[account]]` stands for: itself, or with `each` one for each line of that list, `{column}`
    /// in its texts replaced by the line's field. A text so made is placed where the field is.
    func accounts(_ item: (table: TOMLTable, path: String)) -> [(table: TOMLTable, path: String)] {
        guard let each = item.table[AccountKey.each.rawValue] else { return [item] }
        let node = Located(value: each.node, position: each.node.position, path: "\(item.path).each")
        // Keys that are not known are reported with the accounts.
        let section = Section<AccountKey>(
            TOMLTable(position: item.table.position, entries: [each]), path: item.path, report: report)
        guard let text = section.text(of: node, expected: "the path of a list of accounts") else { return [] }
        let file: PlainFile
        do throws(Rejection) {
            file = try read(path(text))
        } catch {
            report.problem(
                at: text.position, text.path, "\(quoted(path(text))) \(error.what)", expected: error.expected)
            return []
        }
        guard let list = AccountList(file, path: path(text), report: report) else { return [] }
        if list.rows.isEmpty { report.warning(at: text.position, text.path, "\(quoted(text.value)) names no account") }
        reportExposed(item, list)
        return list.rows.map { row in
            let entries = item.table.entries.filter { $0.key != each.key }.map { entry in
                TOMLTable.Entry(
                    key: entry.key, keyPosition: entry.keyPosition,
                    node: filled(entry.node, "\(item.path).\(printable(entry.key))", row, list.columns))
            }
            return (TOMLTable(position: item.table.position, entries: entries), item.path)
        }
    }

    /// Passwords in the list, which is somebody else's file than the configuration.
    private func reportExposed(_ item: (table: TOMLTable, path: String), _ list: AccountList) {
        guard let entry = item.table[AccountKey.password.rawValue], case .string(let text) = entry.node.value,
            text.contains("{"), !list.isPrivate
        else { return }
        report.problem(
            at: entry.node.position, "\(item.path).password", "passwords in a list that others can read",
            expected: "mode 0600 for it, or password_file = \"keys/{user}\"")
    }

    private func filled(_ node: TOMLNode, _ path: String, _ row: AccountList.Row, _ columns: [String]) -> TOMLNode {
        switch node.value {
        case .string(let text):
            let (text, position) = filled(Located(value: text, position: node.position, path: path), row, columns)
            return TOMLNode(position: position, value: .string(text))
        case .array(let elements):
            let all = elements.enumerated().map { filled($0.element, "\(path)[\($0.offset + 1)]", row, columns) }
            return TOMLNode(position: node.position, value: .array(all))
        case .table, .integer, .float, .boolean, .dateOrTime:
            return node
        }
    }

    private func filled(
        _ text: Located<String>, _ row: AccountList.Row, _ columns: [String]
    ) -> (text: String, position: Position) {
        var filled = ""
        var position = text.position
        var rest = text.value[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = rest[rest.index(after: open)..<close]
            filled += rest[..<open]
            rest = rest[rest.index(after: close)...]
            if let index = columns.firstIndex(where: { $0 == name }) {
                if position == text.position { position = row.fields[index].position }
                filled += row.fields[index].value
                continue
            }
            filled += "{\(name)}"
            if AccountList.isName(name) {
                report.problem(
                    at: text.position, text.path, "the list has no column \(quoted(String(name)))",
                    expected: "one of " + columns.map { "{\(printable($0))}" }.joined(separator: ", "))
            }
        }
        return (filled + rest, position)
    }
}
