extension CommandWriter {
    /// ` (UID FLAGS BODY.PEEK[1.2]<0.262144>)`
    mutating func fetchItems(_ items: [FetchItem]) throws(CommandError) {
        if items.isEmpty { throw .emptyList }
        text(" (")
        for (index, item) in items.enumerated() {
            if index > 0 { text(" ") }
            try fetchItem(item)
        }
        text(")")
    }

    private mutating func fetchItem(_ item: FetchItem) throws(CommandError) {
        switch item {
        case .uid: text("UID")
        case .flags: text("FLAGS")
        case .internalDate: text("INTERNALDATE")
        case .size: text("RFC822.SIZE")
        case .modificationSequence: text("MODSEQ")
        case .bodyStructure: text("BODYSTRUCTURE")
        case .body(let section, let range):
            text("BODY.PEEK[\(try section.wireText())]")
            if let range { text("<\(range.lowerBound).\(max(1, range.count))>") }
        case .emailID: text("EMAILID")
        case .threadID: text("THREADID")
        case .gmailMessageID: text("X-GM-MSGID")
        case .gmailThreadID: text("X-GM-THRID")
        case .gmailLabels: text("X-GM-LABELS")
        }
    }
}

extension Section {
    /// What stands between the brackets.
    func wireText() throws(CommandError) -> String {
        let numbers = part.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard part.isEmpty || numbers.allSatisfy({ (1...9).contains($0.count) && $0.allSatisfy(\.isDigit) }) else {
            throw .malformedSection(part)
        }
        let word: String
        switch kind {
        case .whole: return part
        case .header: word = "HEADER"
        case .headerFields(let names): word = "HEADER.FIELDS (\(try Self.fieldList(names)))"
        case .headerFieldsNot(let names): word = "HEADER.FIELDS.NOT (\(try Self.fieldList(names)))"
        case .text: word = "TEXT"
        case .mime:
            // RFC 9051 6.4.5.1: MIME needs a part number.
            if part.isEmpty { throw .malformedSection("MIME") }
            word = "MIME"
        }
        return part.isEmpty ? word : "\(part).\(word)"
    }

    private static func fieldList(_ names: [String]) throws(CommandError) -> String {
        if names.isEmpty { throw .emptyList }
        for name in names {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0.isAtomCharacter && $0 != UInt8(ascii: ":") }) else {
                throw .malformedName(name)
            }
        }
        return names.joined(separator: " ")
    }
}
