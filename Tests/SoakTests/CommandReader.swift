import IMAP

/// Takes a client's line apart; as much of the grammar as the agent uses.
struct CommandReader {
    private var rest: Substring

    /// `nil` for what is no command; the command is `nil` if this server does not know it.
    static func read(_ line: String) -> (tag: String, command: Command?)? {
        var reader = CommandReader(rest: line[...])
        guard let tag = reader.word(), !reader.rest.isEmpty else { return nil }
        return (tag, reader.command())
    }

    private mutating func command() -> Command? {
        switch word()?.uppercased() {
        case "CAPABILITY": .capability
        case "NOOP": .noop
        case "LOGOUT": .logout
        case "IDLE": .idle
        case "ID": .id([])
        case "ENABLE": .enable(rest.split(separator: " ").map { Capability(String($0)) })
        case "STATUS": mailbox().map { .status($0, [.messages, .uidNext]) }
        case "SELECT": select()
        case "UID": uidCommand()
        default: nil
        }
    }

    private mutating func uidCommand() -> Command? {
        switch word()?.uppercased() {
        case "FETCH": fetch()
        case "SEARCH": search()
        case "STORE": store()
        default: nil
        }
    }

    private mutating func select() -> Command? {
        guard let mailbox = mailbox() else { return nil }
        guard var list = list() else { return .select(mailbox, nil) }
        switch list.word() {
        case "CONDSTORE": return .select(mailbox, .condstore)
        case "QRESYNC":
            guard var known = list.list(), let validity = known.word().flatMap({ UInt32($0) }),
                let highest = known.word().flatMap({ UInt64($0) })
            else { return nil }
            return .select(
                mailbox, .qresync(UIDValidity(validity), ModificationSequence(highest), known: nil))
        default: return nil
        }
    }

    private mutating func fetch() -> Command? {
        guard let set = set(), var list = list() else { return nil }
        var items: [FetchItem] = []
        while !list.rest.isEmpty {
            guard let item = list.fetchItem() else { return nil }
            items.append(item)
        }
        guard var modifiers = self.list() else { return .uidFetch(set, items) }
        guard modifiers.word() == "CHANGEDSINCE", let since = modifiers.word().flatMap({ UInt64($0) }) else {
            return nil
        }
        return .uidFetch(set, items, changedSince: ModificationSequence(since))
    }

    private mutating func fetchItem() -> FetchItem? {
        guard rest.hasPrefix("BODY.PEEK[") else {
            switch word() {
            case "UID": return .uid
            case "FLAGS": return .flags
            case "INTERNALDATE": return .internalDate
            case "BODYSTRUCTURE": return .bodyStructure
            default: return nil
            }
        }
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let section = rest[..<end].dropFirst("BODY.PEEK[".count)
        rest = rest[rest.index(after: end)...]
        var range: Range<UInt32>?
        if rest.first == "<", let close = rest.firstIndex(of: ">") {
            let numbers = rest[..<close].dropFirst().split(separator: ".").compactMap { UInt32($0) }
            guard numbers.count == 2 else { return nil }
            range = numbers[0]..<numbers[0] + numbers[1]
            rest = rest[rest.index(after: close)...]
        }
        rest = rest.drop { $0 == " " }
        if section.hasPrefix("HEADER.FIELDS ") {
            let names = section.dropFirst("HEADER.FIELDS (".count).dropLast().split(separator: " ").map(String.init)
            return .body(.headerFields(names), range: range)
        }
        return .body(.part(String(section)), range: range)
    }

    private mutating func search() -> Command? {
        var returning: [SearchReturn] = []
        if rest.hasPrefix("RETURN ") {
            _ = word()
            guard list()?.rest == "ALL" else { return nil }
            returning = [.all]
        }
        if var keys = list() {
            guard let first = keys.searchKey(), let second = keys.searchKey() else { return nil }
            return .uidSearch(.and([first, second]), returning: returning)
        }
        return searchKey().map { .uidSearch($0, returning: returning) }
    }

    private mutating func searchKey() -> SearchKey? {
        switch word() {
        case "ALL": return .all
        case "UID": return set().map { .uid($0) }
        case "SINCE":
            guard let fields = word()?.split(separator: "-"), fields.count == 3, let day = Int(fields[0]),
                let month = ResponseWriter.months.firstIndex(of: String(fields[1])), let year = Int(fields[2])
            else { return nil }
            return .since(CalendarDay(year: year, month: month + 1, day: day))
        default: return nil
        }
    }

    private mutating func store() -> Command? {
        guard let set = set(), let how = word(), let list = list() else { return nil }
        let flags = list.rest.split(separator: " ").map { Flag(spelling: String($0)) }
        let action: StoreAction = how.hasPrefix("+") ? .add : how.hasPrefix("-") ? .remove : .replace
        return .uidStore(set, action, flags, silent: how.hasSuffix(".SILENT"))
    }

    private mutating func mailbox() -> MailboxName? { word().map { MailboxName(wire: Array($0.utf8)) } }
    private mutating func set() -> UIDSet? { word().flatMap { UIDSet($0) } }

    private mutating func word() -> String? {
        let word = rest.prefix { $0 != " " }
        rest = rest[word.endIndex...].drop { $0 == " " }
        return word.isEmpty ? nil : String(word)
    }

    /// What stands in the parentheses that follow.
    private mutating func list() -> CommandReader? {
        guard rest.first == "(" else { return nil }
        var depth = 0
        for index in rest.indices {
            if rest[index] == "(" { depth += 1 }
            if rest[index] == ")" { depth -= 1 }
            if depth == 0 {
                let inner = rest[..<index].dropFirst()
                rest = rest[rest.index(after: index)...].drop { $0 == " " }
                return CommandReader(rest: inner)
            }
        }
        return nil
    }
}
