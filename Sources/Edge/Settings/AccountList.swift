/// The file behind `each`: one account a line, its fields separated by commas, the first line the columns' names.
///
/// RFC 4180 without fields that span lines. Empty lines and those that begin with `#` are left out.
struct AccountList {
    struct Row {
        let position: Position
        /// In the order of the columns.
        let fields: [Located<String>]
    }

    let columns: [String]
    let rows: [Row]
    /// Whether nobody but the owner can read the file.
    let isPrivate: Bool

    static let maximumBytes = 4 << 20
    static let maximumRows = 10_000

    /// Reports each line that is no account; `nil` if the first one does not name the columns.
    init?(_ file: PlainFile, path: String, report: Report) {
        isPrivate = file.isPrivate
        func problem(_ position: Position, _ what: String, _ expected: String) {
            report.problem(at: position, "", what, expected: expected)
        }
        guard file.bytes.count <= Self.maximumBytes, let text = String(validatingUTF8: file.bytes) else {
            problem(
                Position(line: 1, column: 1, file: path), "is larger than 4 MB or not UTF-8",
                "a list of accounts, one a line")
            return nil
        }
        var columns: [String]?
        var rows: [Row] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let start = Position(line: index + 1, column: 1, file: path)
            if line.allSatisfy(\.isWhitespace) || line.hasPrefix("#") { continue }
            guard let fields = Self.fields(of: line, at: start) else {
                problem(start, "a quotation mark is not closed, or text follows it", "a line such as a,\"b, c\"")
                continue
            }
            guard let known = columns else {
                let form = "the columns' names, such as user,name: small letters, digits and _, each once"
                guard fields.allSatisfy({ Self.isName($0.value) }), Set(fields.map(\.value)).count == fields.count
                else {
                    problem(start, "the first line does not name the columns", form)
                    return nil
                }
                columns = fields.map(\.value)
                continue
            }
            guard fields.count == known.count else {
                problem(start, "has \(fields.count) fields", "\(known.count): \(known.joined(separator: ","))")
                continue
            }
            guard rows.count < Self.maximumRows else {
                problem(start, "there are more accounts", "at most \(Self.maximumRows)")
                break
            }
            rows.append(Row(position: start, fields: fields))
        }
        guard let columns else {
            problem(Position(line: 1, column: 1, file: path), "is empty", "the columns' names, then a line per account")
            return nil
        }
        self.columns = columns
        self.rows = rows
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        let small = UInt8(ascii: "a")...UInt8(ascii: "z")
        let rest = text.utf8.dropFirst()
        return text.utf8.first.map(small.contains) == true
            && rest.allSatisfy { small.contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }

    /// `nil` if a quoted field has no end.
    private static func fields(of line: Substring, at start: Position) -> [Located<String>]? {
        let scalars = Array(line.unicodeScalars)
        var fields: [Located<String>] = []
        var index = 0
        while true {
            let place = Position(line: start.line, column: index + 1, file: start.file)
            var text = String.UnicodeScalarView()
            if index < scalars.count, scalars[index] == "\"" {
                index += 1
                while true {
                    guard index < scalars.count else { return nil }
                    let scalar = scalars[index]
                    index += 1
                    if scalar != "\"" {
                        text.append(scalar)
                    } else if index < scalars.count, scalars[index] == "\"" {
                        text.append(scalar)
                        index += 1
                    } else {
                        break
                    }
                }
                guard index == scalars.count || scalars[index] == "," else { return nil }
            } else {
                while index < scalars.count, scalars[index] != "," {
                    text.append(scalars[index])
                    index += 1
                }
            }
            fields.append(Located(value: String(text), position: place, path: ""))
            guard index < scalars.count else { return fields }
            index += 1
        }
    }
}

extension String {
    /// `nil` for what is not UTF-8.
    fileprivate init?(validatingUTF8 bytes: [UInt8]) {
        self.init(validating: bytes, as: UTF8.self)
    }
}
