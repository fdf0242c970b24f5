@testable import IMAP

/// Commands in the words of the dialogues' `>` lines, such as `fetch 1:3 uid flags body[1.2]<0.100>`.
enum CommandText {
    struct Unknown: Error { let text: String }

    static func command(_ text: String) throws -> Command {
        let words = text.split(separator: " ").map(String.init)
        guard let verb = words.first else { throw Unknown(text: text) }
        let rest = Array(words.dropFirst())
        func word(_ index: Int) throws -> String {
            guard rest.indices.contains(index) else { throw Unknown(text: text) }
            return rest[index] == "\"\"" ? "" : rest[index]
        }
        func set(_ index: Int) throws -> UIDSet {
            guard let set = UIDSet(try word(index)) else { throw Unknown(text: text) }
            return set
        }
        func mailbox(_ index: Int) throws -> MailboxName {
            let name = try word(index)
            return name.hasPrefix("wire=") ? MailboxName(wire: name.dropFirst(5).utf8.map(\.self)) : MailboxName(name)
        }
        switch verb {
        case "capability": return .capability
        case "noop": return .noop
        case "logout": return .logout
        case "idle": return .idle
        case "compress": return .compress
        case "notify": return .notify(newMessages: try rest.map(item))
        case "id": return .id(rest.map { IDField(before($0, "="), after($0, "=")) })
        case "enable": return .enable(rest.map { Capability($0) })
        case "list":
            return .list(
                reference: MailboxName(try word(0)), pattern: MailboxName(try word(1)),
                returnSpecialUse: rest.contains("special-use"))
        case "status":
            return .status(
                MailboxName(try word(0)),
                try rest.dropFirst().map { name in
                    guard let item = StatusItem(rawValue: name.uppercased()) else { throw Unknown(text: name) }
                    return item
                })
        case "select": return .select(try mailbox(0), try rest.dropFirst().first.map(parameter))
        case "examine": return .examine(try mailbox(0), try rest.dropFirst().first.map(parameter))
        case "create": return .create(MailboxName(try word(0)))
        case "fetch":
            let changed = rest.first { $0.hasPrefix("changedsince=") }.flatMap { UInt64(after($0, "=") ?? "") }
            let items = rest.dropFirst().filter { !$0.hasPrefix("changedsince=") && $0 != "vanished" }
            return .uidFetch(
                try set(0), try items.map(item), changedSince: changed.map { ModificationSequence($0) },
                vanished: rest.contains("vanished"))
        case "search":
            let returning: [SearchReturn] = try word(0) == "-" ? [] : [.all, .count]
            return .uidSearch(.and(try rest.dropFirst().map(key)), returning: returning)
        case "store":
            let actions: [String: StoreAction] = ["+": .add, "-": .remove, "=": .replace]
            guard let action = actions[try word(1)] else { throw Unknown(text: text) }
            return .uidStore(
                try set(0), action, rest.dropFirst(2).filter { $0 != "loud" }.map { Flag(spelling: $0) },
                silent: !rest.contains("loud"))
        case "label":
            let actions: [String: StoreAction] = ["+": .add, "-": .remove]
            guard let action = actions[try word(1)] else { throw Unknown(text: text) }
            return .uidStoreLabels(try set(0), action, rest.dropFirst(2).map { MailboxName($0) })
        case "copy": return .uidCopy(try set(0), MailboxName(try word(1)))
        case "move": return .uidMove(try set(0), MailboxName(try word(1)))
        case "expunge": return .uidExpunge(try set(0))
        case "subscribe": return .subscribe(MailboxName(try word(0)))
        case "append":
            return .append(
                MailboxName(try word(0)), try word(1) == "-" ? [] : [Flag(spelling: try word(1))], nil,
                message: rest.dropFirst(2).joined(separator: " ").bytes)
        default: throw Unknown(text: text)
        }
    }

    /// `condstore`, or `qresync=UIDVALIDITY:MODSEQ`
    private static func parameter(_ word: String) throws -> SelectParameter {
        if word == "condstore" { return .condstore }
        let numbers = (after(word, "=") ?? "").split(separator: ":")
        guard word.hasPrefix("qresync="), numbers.count == 2, let validity = UInt32(numbers[0]),
            let sequence = UInt64(numbers[1])
        else { throw Unknown(text: word) }
        return .qresync(UIDValidity(validity), ModificationSequence(sequence), known: nil)
    }

    private static func item(_ word: String) throws -> FetchItem {
        switch word {
        case "uid": return .uid
        case "flags": return .flags
        case "size": return .size
        case "modseq": return .modificationSequence
        case "structure": return .bodyStructure
        case "labels": return .gmailLabels
        default: break
        }
        if word.hasPrefix("header(") {
            return .body(.headerFields(word.dropFirst(7).dropLast().split(separator: ",").map(String.init)))
        }
        guard word.hasPrefix("body["), let section = after(before(word, "]"), "[") else { throw Unknown(text: word) }
        guard let range = after(word, "<") else { return .body(.part(section)) }
        let numbers = range.dropLast().split(separator: ".").compactMap { UInt32($0) }
        guard numbers.count == 2 else { throw Unknown(text: word) }
        return .body(.part(section), range: numbers[0]..<numbers[0] + numbers[1])
    }

    private static func key(_ word: String) throws -> SearchKey {
        let value = after(word, "=") ?? ""
        switch before(word, "=") {
        case "all": return .all
        case "uid":
            guard let set = UIDSet(value) else { throw Unknown(text: word) }
            return .uid(set)
        case "keyword": return .keyword(Flag(spelling: value))
        case "body": return .body(value)
        case "header": return .header(before(value, ":"), after(value, ":") ?? "")
        default: throw Unknown(text: word)
        }
    }

    private static func before(_ text: String, _ separator: Character) -> String {
        String(text.prefix { $0 != separator })
    }

    private static func after(_ text: String, _ separator: Character) -> String? {
        text.firstIndex(of: separator).map { String(text[text.index(after: $0)...]) }
    }
}
