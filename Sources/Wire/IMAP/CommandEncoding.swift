extension Command {
    /// Octets of a command without tag and literals that every known server takes (Courier ends at 16 KB).
    package static let maxLineLength = 8_000

    /// The command's name as on the wire, for logs.
    package var name: String {
        switch self {
        case .capability: "CAPABILITY"
        case .noop: "NOOP"
        case .logout: "LOGOUT"
        case .id: "ID"
        case .enable: "ENABLE"
        case .list: "LIST"
        case .status: "STATUS"
        case .select: "SELECT"
        case .examine: "EXAMINE"
        case .uidFetch: "UID FETCH"
        case .uidSearch: "UID SEARCH"
        case .uidStore, .uidStoreLabels: "UID STORE"
        case .uidCopy: "UID COPY"
        case .uidMove: "UID MOVE"
        case .uidExpunge: "UID EXPUNGE"
        case .idle: "IDLE"
        case .compress: "COMPRESS"
        case .notify: "NOTIFY"
        case .append: "APPEND"
        case .create: "CREATE"
        case .subscribe: "SUBSCRIBE"
        }
    }

    /// How it shares the connection with others.
    var discipline: Discipline {
        switch self {
        case .idle: .idle
        case .compress: .compress
        case .logout: .logout
        case .enable, .select, .examine: .alone
        case .capability, .noop, .id, .list, .status, .uidFetch, .uidSearch, .uidStore, .uidStoreLabels, .uidCopy,
            .uidMove, .uidExpunge, .append, .create, .subscribe, .notify:
            .pipelined
        }
    }

    enum Discipline {
        case pipelined
        /// Changes what other commands mean: waits for those before it and holds up those behind it.
        case alone
        /// Alone; behind its OK all octets are compressed.
        case compress
        /// Alone, until DONE.
        case idle
        /// Alone, and the last.
        case logout
    }

    /// Everything but the tag and the line end.
    func parts() throws(CommandError) -> [CommandPart] {
        var writer = CommandWriter()
        writer.text(name)
        switch self {
        case .capability, .noop, .logout, .idle: break
        case .compress: writer.text(" DEFLATE")
        case .notify(let items):
            writer.text(" SET (selected-delayed (MessageNew")
            try writer.fetchItems(items)
            writer.text(" MessageExpunge FlagChange))")
        case .id(let fields): try writer.id(fields ?? [])
        case .enable(let all): try writer.capabilities(all)
        case .list(let reference, let pattern, let returnSpecialUse):
            writer.text(" ")
            try writer.string(reference.wire)
            writer.text(" ")
            try writer.string(pattern.wire)
            if returnSpecialUse { writer.text(" RETURN (SPECIAL-USE)") }
        case .status(let mailbox, let items):
            if items.isEmpty { throw .emptyList }
            writer.text(" ")
            try writer.string(mailbox.wire)
            writer.text(" (" + items.map(\.rawValue).joined(separator: " ") + ")")
        case .select(let mailbox, let parameter), .examine(let mailbox, let parameter):
            writer.text(" ")
            try writer.string(mailbox.wire)
            writer.selectParameter(parameter)
        case .uidFetch(let set, let items, let changedSince, let vanished):
            writer.text(" ")
            try writer.set(set)
            try writer.fetchItems(items)
            if let changedSince { writer.text(" (CHANGEDSINCE \(changedSince)\(vanished ? " VANISHED" : ""))") }
        case .uidSearch(let key, let returning):
            if !returning.isEmpty {
                writer.text(" RETURN (" + returning.map(\.wireText).joined(separator: " ") + ")")
            }
            if key.needsCharset { writer.text(" CHARSET UTF-8") }
            writer.text(" ")
            try writer.searchKey(key)
        case .uidStore(let set, let action, let flags, let silent, let unchangedSince):
            if flags.isEmpty, action != .replace { throw .emptyList }
            writer.text(" ")
            try writer.set(set)
            if let unchangedSince { writer.text(" (UNCHANGEDSINCE \(unchangedSince))") }
            writer.text(" \(action.sign)FLAGS\(silent ? ".SILENT" : "") ")
            try writer.flags(flags)
        case .uidStoreLabels(let set, let action, let labels):
            if labels.isEmpty, action != .replace { throw .emptyList }
            writer.text(" ")
            try writer.set(set)
            writer.text(" \(action.sign)X-GM-LABELS (")
            for (index, label) in labels.enumerated() {
                if index > 0 { writer.text(" ") }
                try writer.string(label.wire)
            }
            writer.text(")")
        case .uidExpunge(let set):
            writer.text(" ")
            try writer.set(set)
        case .uidCopy(let set, let mailbox), .uidMove(let set, let mailbox):
            writer.text(" ")
            try writer.set(set)
            writer.text(" ")
            try writer.string(mailbox.wire)
        case .append(let mailbox, let flags, let date, let message):
            writer.text(" ")
            try writer.string(mailbox.wire)
            writer.text(" ")
            if !flags.isEmpty {
                try writer.flags(flags)
                writer.text(" ")
            }
            if let date {
                guard let text = date.wireText else { throw .malformedDate }
                writer.text("\"\(text)\" ")
            }
            try writer.literal(message)
        case .create(let mailbox), .subscribe(let mailbox):
            writer.text(" ")
            try writer.string(mailbox.wire)
        }
        return try writer.finished(maxLineLength: Self.maxLineLength)
    }
}

extension StoreAction {
    fileprivate var sign: String {
        switch self {
        case .add: "+"
        case .remove: "-"
        case .replace: ""
        }
    }
}

extension CommandWriter {
    /// RFC 2971: at most 30 fields, names of 30 and values of 1,024 octets; what is beyond is cut.
    fileprivate mutating func id(_ fields: [IDField]) throws(CommandError) {
        guard !fields.isEmpty else { return text(" NIL") }
        text(" (")
        for (index, field) in fields.prefix(30).enumerated() {
            if index > 0 { text(" ") }
            try string(Array(field.name.utf8.prefix(30)))
            text(" ")
            if let value = field.value { try string(Array(value.utf8.prefix(1024))) } else { text("NIL") }
        }
        text(")")
    }

    fileprivate mutating func capabilities(_ all: [Capability]) throws(CommandError) {
        if all.isEmpty { throw .emptyList }
        for capability in all {
            guard !capability.rawValue.isEmpty, capability.rawValue.utf8.allSatisfy(\.isAtomCharacter) else {
                throw .malformedName(capability.rawValue)
            }
            text(" \(capability)")
        }
    }

    fileprivate mutating func selectParameter(_ parameter: SelectParameter?) {
        switch parameter {
        case nil: break
        case .condstore: text(" (CONDSTORE)")
        case .qresync(let validity, let sequence, let known):
            let uids = known.map { $0.isEmpty ? "" : " \($0)" } ?? ""
            text(" (QRESYNC (\(validity) \(sequence)\(uids)))")
        }
    }
}
