/// RFC 9051, message-data: `* 12 FETCH (…)`.
extension Scanner {
    /// Unknown items are skipped. What cannot be skipped ends the reading, and the items before it count.
    mutating func fetchData(_ start: FetchData) throws(GrammarError) -> FetchData {
        var data = start
        try expect("(")
        var items = 0
        do throws(GrammarError) {
            skipSpaces()
            while !take(")") {
                items += 1
                guard items <= limits.items else { throw GrammarError() }
                try fetchItem(into: &data)
                skipSpaces()
            }
        } catch {
            data.isPartial = true
        }
        return data
    }

    private mutating func fetchItem(into data: inout FetchData) throws(GrammarError) {
        let name = run { !($0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")) }.upperCased
        guard !name.isEmpty else { throw GrammarError() }
        if peek == UInt8(ascii: "[") { return try sectionItem(name, into: &data) }
        skipSpaces()
        switch name {
        case "UID":
            let number = try number32()
            if number > 0 { data.uid = UID(number) }
        case "FLAGS": data.flags = try flags()
        case "INTERNALDATE": data.internalDate = try stringOrNil().bytes.flatMap { InternalDate(wire: $0) }
        case "RFC822.SIZE": data.size = try size()
        case "MODSEQ": data.modificationSequence = try modificationSequence()
        case "BODYSTRUCTURE", "BODY": data.structure = try bodyStructure()
        case "EMAILID": data.emailID = try objectID()
        case "THREADID": data.threadID = try objectID()
        case "X-GM-MSGID": data.gmailMessageID = try size()
        case "X-GM-THRID": data.gmailThreadID = try size()
        case "X-GM-LABELS":
            data.gmailLabels = try list { scanner throws(GrammarError) in
                MailboxName(wire: try scanner.stringOrNil().bytes ?? [])
            }
        case "RFC822": data.sections.append(SectionData(section: .message, content: try sectionContent()))
        case "RFC822.HEADER": data.sections.append(SectionData(section: .header, content: try sectionContent()))
        case "RFC822.TEXT": data.sections.append(SectionData(section: .text, content: try sectionContent()))
        default: try skipValue()
        }
    }

    /// RFC 8474: `(M6d99ac3275bb4e)`; `THREADID NIL` is legal.
    private mutating func objectID() throws(GrammarError) -> String? {
        if takeNil() { return nil }
        let isWrapped = take("(")
        let id = try string().text
        if isWrapped { try expect(")") }
        return id
    }

    /// `BODY[1.2]<0> {5}`, `BINARY[1] ~{5}`, `BINARY.SIZE[1] 5`
    private mutating func sectionItem(_ name: String, into data: inout FetchData) throws(GrammarError) {
        let section = try section()
        var origin: UInt64?
        if take("<") {
            origin = try number()
            try expect(">")
        }
        skipSpaces()
        switch name {
        case "BODY", "BINARY":
            let content = try sectionContent()
            guard let section else { return }
            data.sections.append(
                SectionData(section: section, origin: origin, isDecoded: name == "BINARY", content: content))
        default:
            try skipValue()
        }
    }

    /// Quirk: `BODY[])` and `BODY[] UID 5` (Yandex) without any value; NIL; atoms are not strings here.
    private mutating func sectionContent() throws(GrammarError) -> SectionContent {
        if takeNil() { return .absent }
        if let literal = takeLiteral() { return literal }
        if peek == UInt8(ascii: "\"") { return .bytes(try quoted()) }
        return .absent
    }

    /// `[1.2.HEADER.FIELDS ("SUBJECT" DATE)]`; `nil` for a section that has no name here. Courier quotes the names.
    private mutating func section() throws(GrammarError) -> Section? {
        try expect("[")
        let part = run { !($0.isDigit || $0 == UInt8(ascii: ".")) }
        let word = run { !($0.isLetter || $0 == UInt8(ascii: ".")) }.upperCased
        skipSpaces()
        var fields: [String] = []
        if peek == UInt8(ascii: "(") {
            fields = try list { scanner throws(GrammarError) in
                if scanner.peek == UInt8(ascii: "\"") { return try scanner.quoted().upperCased }
                if let literal = scanner.takeLiteral() { return literal.bytes?.upperCased ?? "" }
                let name = scanner.run { $0 == 0x20 || $0 == 0x29 || $0 == UInt8(ascii: "]") }
                if name.isEmpty { throw GrammarError() }
                return name.upperCased
            }
        }
        _ = run { $0 == UInt8(ascii: "]") }
        try expect("]")
        let kind: Section.Kind
        switch word {
        case "": kind = .whole
        case "HEADER": kind = .header
        case "HEADER.FIELDS": kind = .headerFields(fields)
        case "HEADER.FIELDS.NOT": kind = .headerFieldsNot(fields)
        case "TEXT": kind = .text
        case "MIME": kind = .mime
        default: return nil
        }
        let path = part.last == UInt8(ascii: ".") ? part.dropLast() : part
        return Section(part: String(decoding: path, as: UTF8.self), kind: kind)
    }
}
