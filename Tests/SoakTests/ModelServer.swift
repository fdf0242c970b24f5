import IMAP
import MailboxModel
import Servers

/// One session of a server that speaks IMAP for the ``World``'s mailboxes, with the ways of its story.
struct ModelServer {
    let story: Story
    /// Who asks is the outbox, which looks for its notices in INBOX.
    let servesOutbox: Bool
    /// A command that ends in a literal, and the octets of that which are still to come.
    private var literal: (line: String, left: Int, content: [UInt8])?
    private var random: SplitMix64
    private var inbox: [UInt8] = []
    var writer = ResponseWriter()
    /// UIDs by sequence number, as this session has been told of them.
    var view: [UInt32] = []
    /// Messages whose flags others have changed, and that is not told yet.
    var changed: Set<UInt32> = []
    /// What has been stored and not been read since.
    var unread: [UInt32: Set<Flag>] = [:]
    private(set) var selected: Folder?
    /// By EXAMINE.
    private(set) var isExamined = false
    /// What it tells of messages that arrive, since NOTIFY.
    private var pushed: [FetchItem]?
    /// It has dropped news, and tells of nothing any more (RFC 5465 5.8).
    private var isMute = false
    /// Behind the answer to COMPRESS.
    private(set) var isCompressing = false
    var hasModSeq = false
    var isResynchronising = false
    private var idle: Idle?
    /// The next command is refused for the moment.
    var isBusy = false
    private(set) var isClosed = false

    private struct Idle {
        let tag: String
        /// Tells only when it ends.
        let isSilent: Bool
    }

    init(_ story: Story, servesOutbox: Bool, random: SplitMix64) {
        self.servesOutbox = servesOutbox
        self.story = story
        self.random = random
    }

    var isIdle: Bool { idle != nil }
    /// Whether the client has seen the mailbox as it is, by SELECT.
    var hasSelected: Bool { selected != nil }

    mutating func takeOutput() -> [UInt8] {
        defer { writer = ResponseWriter() }
        return writer.bytes
    }

    mutating func received(_ bytes: [UInt8], _ world: inout World) {
        inbox += bytes
        while !isClosed {
            if let open = literal {
                let piece = inbox.prefix(open.left)
                inbox.removeFirst(piece.count)
                literal = (open.line, open.left - piece.count, open.content + piece)
                if piece.count < open.left { return }
            }
            guard let end = inbox.firstIndex(of: 0x0A) else { return }
            let line = String(decoding: inbox[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            inbox.removeSubrange(...end)
            if let open = literal {
                literal = nil
                append(open.line, open.content, &world)
            } else if let length = line.firstMatch(of: /\{(\d+)\+?\}$/).flatMap({ Int($0.1) }) {
                literal = (line, length, [])
                if !line.hasSuffix("+}") { writer.line("+ go on") }
            } else {
                handle(line, &world)
            }
        }
    }

    mutating func noteFlags(of uid: UInt32) { if selected == .sent { changed.insert(uid) } }

    /// Whether the client has put it on this message of Sent, and has not looked yet whether it is there.
    func hasUnread(_ flag: Flag, on uid: UInt32) -> Bool { selected == .sent && unread[uid]?.contains(flag) == true }

    /// Something has happened to the mailbox: whoever idles is told.
    mutating func push(_ world: World) {
        if let idle, !idle.isSilent { tellNews(world) }
    }

    mutating func sayBye() {
        writer.line("* BYE see you")
        isClosed = true
    }
}

extension ModelServer {
    func has(_ quirk: Quirk) -> Bool { story.quirks.contains(quirk) }

    private mutating func handle(_ line: String, _ world: inout World) {
        if let idle {
            // Nothing but DONE is expected.
            guard line.uppercased() == "DONE" else { return world.violations.append("in IDLE came: \(line)") }
            tellNews(world)
            self.idle = nil
            return writer.line("\(idle.tag) OK idled")
        }
        guard let (tag, command) = CommandReader.read(line) else {
            return world.violations.append("no command: \(line)")
        }
        guard let command else { return writer.line("\(tag) BAD unknown: \(line)") }
        if isBusy, selected != nil {
            isBusy = false
            return writer.line("\(tag) NO [UNAVAILABLE] not now")
        }
        let isEarly = random.chance(percent: 50)
        if isEarly { tellNews(world) }
        let completion = execute(command, tag, &world)
        if !isEarly, idle == nil { tellNews(world) }
        if let completion { writer.line("\(tag) \(completion)") }
    }

    /// Returns how the command ends, if it does.
    private mutating func execute(_ command: Command, _ tag: String, _ world: inout World) -> String? {
        switch command {
        case .capability: writer.line("* CAPABILITY \(capabilities.joined(separator: " "))")
        case .id: writer.line("* ID NIL")
        case .enable(let wanted): enable(wanted)
        case .noop: break
        case .logout:
            sayBye()
        case .status(let mailbox, let items): return status(mailbox, items, world)
        case .list: list(world)
        case .create(let mailbox): return create(mailbox, &world)
        case .subscribe: break
        case .select(let mailbox, let parameter):
            if Folder(mailbox) == .inbox, !servesOutbox { world.violations.append("INBOX was selected") }
            return select(mailbox, parameter, world)
        case .examine(let mailbox, let parameter):
            let end = select(mailbox, parameter, world)
            isExamined = true
            return end
        case .notify(let items): pushed = items
        case .compress:
            if has(.refusesCompression) { return "NO not today" }
            isCompressing = true
        case .idle:
            beginIdle(tag, world)
            return nil
        case .uidFetch(let set, let items, let since, _): return fetch(set, items, since, &world)
        case .uidSearch(let key, let returning): return search(tag, key, returning, &world)
        case .uidStore(let set, let action, let flags, let silent, _):
            return store(set, action, flags, silent, &world)
        case .uidStoreLabels(let set, let action, let labels): return store(set, action, labels, &world)
        case .uidCopy(let set, let mailbox): return copy(set, to: mailbox, &world)
        case .uidMove(let set, let mailbox): return move(set, to: mailbox, &world)
        case .uidExpunge(let set): return expunge(set, &world)
        case .append: return "BAD not here"
        }
        return "OK done"
    }

    private var capabilities: [String] {
        var all = ["IMAP4rev1"]
        if !has(.noIdle) { all.append("IDLE") }
        if !has(.noEsearch) { all.append("ESEARCH") }
        if has(.notifies) { all.append("NOTIFY") }
        if has(.compresses) { all.append("COMPRESS=DEFLATE") }
        if hasLabels { all.append("X-GM-EXT-1") }
        if story.hasOutbox { all += has(.noMove) ? ["UIDPLUS"] : ["UIDPLUS", "MOVE"] }
        if story.software == .yahoo { all.append("XYMHIGHESTMODSEQ") }
        switch story.serverClass {
        case .plain: break
        case .condstore: all += ["ENABLE", "CONDSTORE"]
        case .qresync: all += ["ENABLE", "CONDSTORE", "QRESYNC"]
        }
        return all
    }

    var hasLabels: Bool { story.showing.hasLabels }

    private mutating func list(_ world: World) {
        for folder in Folder.allCases where world.boxes[folder] != nil {
            writer.line("* LIST (\\HasNoChildren\(folder.use)) \"/\" \"\(folder.rawValue)\"")
        }
    }

    private func create(_ mailbox: MailboxName, _ world: inout World) -> String {
        guard let folder = Folder(mailbox), world.boxes[folder] == nil else { return "NO [ALREADYEXISTS] there is one" }
        world.boxes[folder] = MailboxModel()
        return "OK created"
    }

    private mutating func enable(_ wanted: [Capability]) {
        if has(.enableUnanswered) { return }
        hasModSeq = true
        isResynchronising = wanted.contains(.qresync) && story.serverClass == .qresync
        writer.line("* ENABLED \(wanted.map(\.rawValue).joined(separator: " "))")
    }

    private mutating func beginIdle(_ tag: String, _ world: World) {
        if has(.newsBeforePlus) { tellNews(world) }
        writer.line("+ idling")
        let isSilent = has(.silentGap) && random.chance(percent: 50)
        idle = Idle(tag: tag, isSilent: isSilent)
        if !isSilent, !has(.silentGap) { tellNews(world) }
    }
}

extension ModelServer {
    private mutating func select(_ name: MailboxName, _ parameter: SelectParameter?, _ world: World) -> String {
        if case .qresync = parameter, has(.resyncRefused) || !isResynchronising { return "BAD no such parameter" }
        selected = nil
        guard let folder = Folder(name), let mailbox = world.boxes[folder] else { return "NO [NONEXISTENT] no such" }
        selected = folder
        isExamined = false
        view = world.uids(in: folder)
        changed = []
        unread = [:]
        hasModSeq = hasModSeq || parameter != nil
        var lines = [
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)", "* \(mailbox.exists) EXISTS", "* 0 RECENT",
            "* OK [UIDVALIDITY \(mailbox.uidValidity)] valid",
        ]
        if !has(.readOnly) {
            let more = has(.fixedKeywords) ? "tracked" : "\\*"
            lines.append("* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \(more))] kept")
        }
        if has(.shrinkingUIDNext) {
            lines.append("* OK [UIDNEXT \((view.last ?? 0) + 1)] next")
        } else if !has(.noUIDNext) {
            lines.append("* OK [UIDNEXT \(mailbox.uidNext)] next")
        }
        if story.serverClass >= .condstore {
            lines.append(
                has(.noModSeq) ? "* OK [NOMODSEQ] none" : "* OK [HIGHESTMODSEQ \(mailbox.modSeq)] highest")
        }
        lines.forEach { writer.line($0) }
        if case .qresync(let validity, let since, _) = parameter, validity.rawValue == mailbox.uidValidity {
            tellPast(since, mailbox)
        }
        return has(.readOnly) ? "OK [READ-ONLY] selected" : "OK [READ-WRITE] selected"
    }

    private mutating func tellPast(_ since: ModificationSequence, _ mailbox: MailboxModel) {
        for untagged in mailbox.resync(since: since) {
            switch untagged {
            case .vanished(let uids, _) where !has(.shortLog): vanished(uids, " (EARLIER)", mailbox)
            case .fetch(let data): flags(of: data.uid?.rawValue ?? 0, mailbox)
            default: break
            }
        }
        if has(.shortLog) {
            let known = UIDSet(view.map { UID($0) })
            let gone = UIDSet(UID(1)...UID(max(1, mailbox.uidNext - 1))).subtracting(known)
            if !gone.isEmpty { vanished(gone, " (EARLIER)", mailbox) }
        }
    }

    private mutating func status(_ name: MailboxName, _ items: [StatusItem], _ world: World) -> String {
        guard let folder = Folder(name), let mailbox = world.boxes[folder] else { return "NO [NONEXISTENT] no such" }
        let values = items.map { item in
            switch item {
            case .messages: "MESSAGES \(mailbox.exists)"
            case .uidNext: "UIDNEXT \(mailbox.uidNext)"
            case .uidValidity: "UIDVALIDITY \(mailbox.uidValidity)"
            case .unseen: "UNSEEN 0"
            case .highestModificationSequence: "HIGHESTMODSEQ \(mailbox.modSeq)"
            }
        }
        writer.line("* STATUS \(folder.rawValue) (\(values.joined(separator: " ")))")
        return "OK told"
    }

    private mutating func vanished(_ uids: UIDSet, _ earlier: String, _ mailbox: MailboxModel) {
        guard has(.wideVanished) else { return writer.line("* VANISHED\(earlier) \(uids)") }
        // Of those, none was ever there, and none is to come.
        let tail = UIDSet(from: UID(mailbox.uidNext + 100_000))
        writer.line("* VANISHED\(earlier) \(uids.union(tail))")
    }

    /// `* 3 FETCH (UID 7 FLAGS (…) MODSEQ (…))`, if this session knows of the message.
    mutating func flags(of uid: UInt32, _ mailbox: MailboxModel, withUID: Bool = true) {
        guard let position = view.firstIndex(of: uid), let message = mailbox.messages[uid] else { return }
        var data = FetchData(sequence: SequenceNumber(UInt32(position + 1)))
        if withUID { data.uid = UID(uid) }
        data.flags = message.flags.sorted { $0.spelling < $1.spelling }
        if hasLabels { data.gmailLabels = message.labels.sorted().map { MailboxName($0) } }
        if hasModSeq, !has(.noModSeq) { data.modificationSequence = ModificationSequence(message.changed) }
        writer.fetch(data, isUpperCase: has(.upperCase))
    }

    /// What has happened since this session was last told.
    private mutating func tellNews(_ world: World) {
        guard let selected, !isMute else { return }
        let mailbox = world[selected]
        let gone = view.filter { mailbox.messages[$0] == nil }
        if isResynchronising, !gone.isEmpty {
            vanished(UIDSet(gone.map { UID($0) }), "", mailbox)
            view.removeAll { gone.contains($0) }
        } else {
            for uid in gone.reversed() {
                guard let position = view.firstIndex(of: uid) else { continue }
                writer.line("* \(position + 1) EXPUNGE")
                view.remove(at: position)
            }
        }
        tellArrivals(world)
        for uid in changed.sorted() {
            flags(of: uid, mailbox, withUID: isResynchronising || !has(.flagsWithoutUID))
        }
        changed = []
    }

    mutating func tellArrivals(_ world: World) {
        guard let selected, !isMute else { return }
        let arrived = world.uids(in: selected).filter { $0 > view.last ?? 0 }
        guard !arrived.isEmpty else { return }
        if pushed != nil, has(.overflows), random.chance(percent: 30) {
            isMute = true
            return writer.line("* OK [NOTIFICATIONOVERFLOW] too much has happened")
        }
        view += arrived
        writer.line("* \(view.count) EXISTS")
        writer.line("* \(arrived.count) RECENT")
        if let pushed { tell(arrived, pushed, in: selected, world) }
    }
}
