extension CommandWriter {
    /// RFC 9051, search-key. Recursion is as deep as our own key.
    mutating func searchKey(_ key: SearchKey) throws(CommandError) {
        switch key {
        case .all: text("ALL")
        case .uid(let uids):
            text("UID ")
            try set(uids)
        case .keyword(let flag): try keyword("KEYWORD", flag)
        case .unkeyword(let flag): try keyword("UNKEYWORD", flag)
        case .since(let day): try date("SINCE", day)
        case .before(let day): try date("BEFORE", day)
        case .header(let name, let value):
            text("HEADER ")
            try string(name)
            text(" ")
            try string(value)
        case .body(let value):
            text("BODY ")
            try string(value)
        case .modificationSequence(let sequence): text("MODSEQ \(sequence)")
        case .not(let key):
            text("NOT ")
            try searchKey(key)
        case .or(let left, let right):
            text("OR ")
            try searchKey(left)
            text(" ")
            try searchKey(right)
        case .and(let keys):
            if keys.isEmpty { throw .emptyList }
            text("(")
            for (index, key) in keys.enumerated() {
                if index > 0 { text(" ") }
                try searchKey(key)
            }
            text(")")
        }
    }

    private mutating func keyword(_ word: String, _ flag: Flag) throws(CommandError) {
        guard flag.isKeyword, flag.isWellFormed else { throw .malformedFlag(flag.spelling) }
        text("\(word) \(flag)")
    }

    private mutating func date(_ word: String, _ day: CalendarDay) throws(CommandError) {
        guard let date = day.wireText else { throw .malformedDate }
        text("\(word) \(date)")
    }
}

extension SearchKey {
    /// The UID set that the whole search is bound to, if there is one.
    var uidSet: UIDSet? {
        switch self {
        case .uid(let set): set
        case .and(let keys): keys.lazy.compactMap(\.uidSet).first
        case .all, .keyword, .unkeyword, .since, .before, .header, .body, .modificationSequence, .not, .or: nil
        }
    }

    /// The key with ``uidSet`` exchanged.
    func replacingSet(_ set: UIDSet) -> SearchKey {
        switch self {
        case .uid: return .uid(set)
        case .and(var keys):
            if let index = keys.firstIndex(where: { $0.uidSet != nil }) {
                keys[index] = keys[index].replacingSet(set)
            }
            return .and(keys)
        case .all, .keyword, .unkeyword, .since, .before, .header, .body, .modificationSequence, .not, .or:
            return self
        }
    }

    /// Whether a text in it is not ASCII.
    var needsCharset: Bool {
        switch self {
        case .header(_, let text), .body(let text): !text.utf8.allSatisfy { $0 < 0x80 }
        case .not(let key): key.needsCharset
        case .or(let left, let right): left.needsCharset || right.needsCharset
        case .and(let keys): keys.contains(where: \.needsCharset)
        case .all, .uid, .keyword, .unkeyword, .since, .before, .modificationSequence: false
        }
    }
}

extension SearchReturn {
    var wireText: String {
        switch self {
        case .all: "ALL"
        case .count: "COUNT"
        case .minimum: "MIN"
        case .maximum: "MAX"
        case .partial(let first, let last): "PARTIAL \(first):\(last)"
        }
    }
}
