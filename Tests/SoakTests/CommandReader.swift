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
        case "STATUS": status()
        case "SELECT": select()
        case "EXAMINE": mailbox().map { .examine($0, nil) }
        case "LIST": .list(reference: MailboxName(""), pattern: MailboxName("*"), returnSpecialUse: false)
        case "CREATE": mailbox().map { .create($0) }
        case "SUBSCRIBE": mailbox().map { .subscribe($0) }
        case "COMPRESS": word() == "DEFLATE" ? .compress : nil
        case "NOTIFY": notify()
        case "UID": uidCommand()
        default: nil
        }
    }

    private mutating func uidCommand() -> Command? {
        switch word()?.uppercased() {
        case "FETCH": fetch()
        case "SEARCH": search()
        case "STORE": store()
        case "COPY": copy()
        case "MOVE": move()
        case "EXPUNGE": set().map { .uidExpunge($0) }
        default: nil
        }
    }

    private mutating func status() -> Command? {
        guard let mailbox = mailbox(), let list = list() else { return nil }
        let items = list.rest.split(separator: " ").compactMap { StatusItem(rawValue: String($0)) }
        return .status(mailbox, items)
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

    /// `SET (selected-delayed (MessageNew (UID FLAGS) MessageExpunge FlagChange))`
    private mutating func notify() -> Command? {
        guard word() == "SET", var filter = list(), filter.word() == "selected-delayed", var events = filter.list(),
            events.word() == "MessageNew", let items = events.fetchItems(),
            events.rest == "MessageExpunge FlagChange"
        else { return nil }
        return .notify(newMessages: items)
    }

    private mutating func copy() -> Command? {
        guard let set = set(), let mailbox = mailbox() else { return nil }
        return .uidCopy(set, mailbox)
    }

    private mutating func move() -> Command? {
        guard let set = set(), let mailbox = mailbox() else { return nil }
        return .uidMove(set, mailbox)
    }

    /// In parentheses.
    private mutating func fetchItems() -> [FetchItem]? {
        guard var list = list() else { return nil }
        var items: [FetchItem] = []
        while !list.rest.isEmpty {
            guard let item = list.fetchItem() else { return nil }
            items.append(item)
        }
        return items
    }

    private mutating func fetch() -> Command? {
        guard let set = set(), let items = fetchItems() else { return nil }
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
            case "RFC822.SIZE": return .size
            case "BODYSTRUCTURE": return .bodyStructure
            case "X-GM-LABELS": return .gmailLabels
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
        return .body(section == "HEADER" ? .header : .part(String(section)), range: range)
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
        case "SINCE": return day().map { .since($0) }
        case "BEFORE": return day().map { .before($0) }
        case "HEADER":
            guard let name = string(), let text = string() else { return nil }
            return .header(name, text)
        case "OR":
            guard let left = searchKey(), let right = searchKey() else { return nil }
            return .or(left, right)
        default: return nil
        }
    }

    private mutating func day() -> CalendarDay? {
        guard let fields = word()?.split(separator: "-"), fields.count == 3, let day = Int(fields[0]),
            let month = ResponseWriter.months.firstIndex(of: String(fields[1])), let year = Int(fields[2])
        else { return nil }
        return CalendarDay(year: year, month: month + 1, day: day)
    }

    private mutating func store() -> Command? {
        guard let set = set(), let how = word(), var list = list() else { return nil }
        if how.hasSuffix("X-GM-LABELS") {
            var labels: [MailboxName] = []
            while let label = list.mailbox() { labels.append(label) }
            return .uidStoreLabels(set, how.hasPrefix("+") ? .add : .remove, labels)
        }
        let flags = list.rest.split(separator: " ").map { Flag(spelling: String($0)) }
        let action: StoreAction = how.hasPrefix("+") ? .add : how.hasPrefix("-") ? .remove : .replace
        return .uidStore(set, action, flags, silent: how.hasSuffix(".SILENT"))
    }

    private mutating func mailbox() -> MailboxName? { string().map { MailboxName(wire: Array($0.utf8)) } }

    /// Quoted, or an atom; what the agent quotes has no quotes in it.
    private mutating func string() -> String? {
        guard rest.first == "\"" else { return word() }
        guard let end = rest.dropFirst().firstIndex(of: "\"") else { return nil }
        let text = rest[..<end].dropFirst()
        rest = rest[rest.index(after: end)...].drop { $0 == " " }
        return String(text)
    }
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
