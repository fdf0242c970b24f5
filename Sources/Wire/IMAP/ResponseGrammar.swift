/// RFC 9051, response; and what became of it in the field.
extension Scanner {
    mutating func response() throws(GrammarError) -> Response {
        if take("*") {
            skipSpaces()
            return .untagged(try untagged())
        }
        if take("+") {
            // Quirk: "+\r\n" (Exchange), without the space of RFC 3501.
            return .continuation(responseText())
        }
        let tag = run { $0 == 0x20 }
        guard !tag.isEmpty, tag.count <= 64, tag.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw GrammarError() }
        skipSpaces()
        guard let status = status(run { !$0.isLetter }), isAtEnd || peek == 0x20 || peek == 0x5B else {
            throw GrammarError()
        }
        return .tagged(Tag(String(decoding: tag, as: UTF8.self)), Completion(status, responseText()))
    }

    private func status(_ word: ArraySlice<UInt8>) -> Completion.Status? {
        if word.equalsIgnoringCase("OK") { return .ok }
        if word.equalsIgnoringCase("NO") { return .no }
        if word.equalsIgnoringCase("BAD") { return .bad }
        return nil
    }

    private mutating func untagged() throws(GrammarError) -> Untagged {
        if peek?.isDigit == true { return try numbered() }
        let word = run { !($0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-")) }
        guard !word.isEmpty else { throw GrammarError() }
        if let status = status(word) { return .condition(Completion(status, responseText())) }
        skipSpaces()
        switch word.upperCased {
        case "BYE": return .bye(responseText())
        case "PREAUTH": return .preauthenticated(responseText())
        case "CAPABILITY": return .capability(try capabilities())
        case "ENABLED": return .enabled(try capabilities())
        case "ID": return .id(try id())
        case "FLAGS": return .flags(try flags())
        case "LIST", "XLIST", "LSUB": return .list(try listEntry())
        case "SEARCH": return .search(try search())
        case "ESEARCH": return .search(try extendedSearch())
        case "VANISHED": return try vanished()
        case "STATUS": return try mailboxStatus()
        case let name: return .other(name: name, text: rest.prefix(ResponseParser.prefixLength).text)
        }
    }

    private mutating func numbered() throws(GrammarError) -> Untagged {
        let number = try number32()
        skipSpaces()
        let word = run { !$0.isLetter }
        skipSpaces()
        switch word.upperCased {
        case "EXISTS": return .exists(number)
        case "RECENT": return .recent(number)
        case "EXPUNGE": return .expunge(SequenceNumber(number))
        case "FETCH": return .fetch(try fetchData(FetchData(sequence: SequenceNumber(number))))
        case "UIDFETCH":
            // RFC 9586: the number is the UID.
            var data = FetchData(sequence: 0)
            data.uid = UID(number)
            return .fetch(try fetchData(data))
        case "": throw GrammarError()
        case let name: return .other(name: name, text: rest.prefix(ResponseParser.prefixLength).text)
        }
    }

    private mutating func capabilities() throws(GrammarError) -> [Capability] {
        try remaining { scanner throws(GrammarError) in
            Capability(String(decoding: try scanner.atom(), as: UTF8.self))
        }
    }

    mutating func flags() throws(GrammarError) -> [Flag] {
        try list { scanner throws(GrammarError) in
            Flag(spelling: String(decoding: try scanner.string(), as: UTF8.self))
        }
    }

    /// RFC 2971: `NIL` or `("name" "Dovecot" "version" NIL)`.
    private mutating func id() throws(GrammarError) -> [IDField]? {
        if takeNil() { return nil }
        return try list { scanner throws(GrammarError) in
            let name = try scanner.string().text
            scanner.skipSpaces()
            if scanner.peek == UInt8(ascii: ")") { return IDField(name, nil) }
            return IDField(name, try scanner.stringOrNil().bytes?.text)
        }
    }
}

// Mailboxes
extension Scanner {
    private mutating func listEntry() throws(GrammarError) -> ListEntry {
        let attributes = try list { scanner throws(GrammarError) in
            MailboxAttribute(String(decoding: try scanner.atom(), as: UTF8.self))
        }
        skipSpaces()
        let delimiter = try stringOrNil().bytes ?? []
        guard delimiter.count <= 1 else { throw GrammarError() }
        skipSpaces()
        return ListEntry(name: try mailbox(), attributes: Set(attributes), delimiter: delimiter.first)
    }

    /// Quirk: `* LIST () "/" Sent Items` (Exchange leaves names with a TAB, others with a space, unquoted): an unquoted
    /// name goes on to the list behind it or to the end.
    private mutating func mailbox() throws(GrammarError) -> MailboxName {
        if peek == UInt8(ascii: "\"") { return MailboxName(wire: try quoted()) }
        if let literal = takeLiteral() {
            guard let bytes = literal.bytes else { throw GrammarError() }
            return MailboxName(wire: bytes)
        }
        let start = position
        _ = try atom()
        var end = position
        while peek == 0x20 || peek == 0x09 {
            skipSpaces()
            if isAtEnd || peek == UInt8(ascii: "(") { break }
            _ = try atom()
            end = position
        }
        return MailboxName(wire: Array(frame.bytes[start..<end]))
    }

    /// Quirk: `* STATUS "INBOX" ()` (163.com). An item without a number, or with an odd one, is left out.
    private mutating func mailboxStatus() throws(GrammarError) -> Untagged {
        let name = try mailbox()
        var status = MailboxStatus()
        skipSpaces()
        _ = try list { scanner throws(GrammarError) in
            let item = try scanner.atom().upperCased
            scanner.skipSpaces()
            if scanner.peek == UInt8(ascii: ")") { return }
            if scanner.peek == UInt8(ascii: "(") { return try scanner.skipValue() }
            let value = try scanner.size()
            let short = value.flatMap { UInt32(exactly: $0) }
            switch item {
            case "MESSAGES": status.messages = short
            case "UIDNEXT": status.uidNext = short.flatMap { $0 > 0 ? UID($0) : nil }
            case "UIDVALIDITY": status.uidValidity = short.flatMap { $0 > 0 ? UIDValidity($0) : nil }
            case "UNSEEN": status.unseen = short
            case "HIGHESTMODSEQ":
                status.highestModificationSequence = value.flatMap {
                    (1...UInt64(Int64.max)).contains($0) ? ModificationSequence($0) : nil
                }
            case "SIZE": status.size = value
            default: break
            }
        }
        return .mailboxStatus(name, status)
    }
}

// Searches
extension Scanner {
    /// `* SEARCH 2 84 882 (MODSEQ 917162500)`
    private mutating func search() throws(GrammarError) -> SearchResult {
        var result = SearchResult()
        var found: [UID] = []
        skipSpaces()
        while !isAtEnd {
            if take("(") {
                guard try atom().equalsIgnoringCase("MODSEQ") else { throw GrammarError() }
                skipSpaces()
                result.highestModificationSequence = try modificationSequence()
                try expect(")")
            } else {
                let number = try number32()
                if number > 0 { found.append(UID(number)) }
            }
            skipSpaces()
        }
        let set = UIDSet(found)
        guard set.ranges.count <= limits.setRanges else { throw GrammarError() }
        result.all = found.isEmpty ? nil : set
        return result
    }

    /// `* ESEARCH (TAG "a9") UID MIN 1 MAX 2 ALL 1:2 COUNT 2` (RFC 4731, 7162, 9394)
    private mutating func extendedSearch() throws(GrammarError) -> SearchResult {
        var result = SearchResult()
        if take("(") {
            guard try atom().equalsIgnoringCase("TAG") else { throw GrammarError() }
            skipSpaces()
            result.tag = Tag(String(decoding: try string(), as: UTF8.self))
            try expect(")")
        }
        skipSpaces()
        while !isAtEnd {
            let name = try atom().upperCased
            skipSpaces()
            switch name {
            case "UID": result.isUID = true
            case "ALL": result.all = try uidSet()
            case "MIN": result.minimum = UID(try number32())
            case "MAX": result.maximum = UID(try number32())
            case "COUNT": result.count = try number32()
            case "MODSEQ": result.highestModificationSequence = try modificationSequence()
            case "PARTIAL":
                try expect("(")
                let window = try atom().text
                skipSpaces()
                let uids = takeNil() ? UIDSet() : try uidSet()
                try expect(")")
                result.partial = SearchResult.Partial(window: window, uids: uids)
            default: try skipValue()
            }
            skipSpaces()
        }
        return result
    }

    private mutating func vanished() throws(GrammarError) -> Untagged {
        var earlier = false
        if take("(") {
            guard try atom().equalsIgnoringCase("EARLIER") else { throw GrammarError() }
            try expect(")")
            earlier = true
            skipSpaces()
        }
        let uids = isAtEnd ? UIDSet() : try uidSet()
        guard isAtEnd else { throw GrammarError() }
        return .vanished(uids, earlier: earlier)
    }
}
