import Foundation
import IMAP
import MailboxModel
import Opens
import SentSync
import Tokens

/// The truth that the agent is measured by: the mailboxes, what each message is, who has set which flags, and what the
/// pixel server knows.
struct World {
    /// What is known of a message, whatever its UID.
    struct Letter {
        let kind: Operation.Kind
        /// The token that makes it a tracked message.
        var token: String?
        let messageID: String
        let isSick: Bool
        let isOld: Bool
        /// As it would be if the agent did not exist.
        var flags: Set<Flag>
        /// Whether the agent knew of it when it was moved: what it has never seen it does not look for.
        var wasKnown = false
        /// Keywords of ours that the user took away when the agent knew that they were there and had no more to learn.
        var withdrawn: Set<Flag> = []
    }

    /// A keyword of ours on the copies of a message.
    struct Marking: Hashable {
        let token: String
        let keyword: Flag
    }

    static let now = Date(timeIntervalSince1970: 1_791_000_000)
    static let sent: Int64 = 1_790_000_000
    /// With `Quirk.since`.
    static let firstDay = Date(timeIntervalSince1970: Double(sent) - 10 * 86_400)
    static let pattern = "https://t.tracker.example/o/{token}.png"

    /// Those that are there.
    var boxes: [Folder: MailboxModel] = [:]
    /// By what stays the same of a message, whatever its UID and folder.
    var letters: [Int: Letter] = [:]
    var feed: [Hit] = []
    /// Hits that the agent has been given.
    var pulled = 0
    /// The numbers of changes have begun anew: before the agent has seen that, nothing else happens, since nobody could
    /// tell once they have grown past the old ones.
    var isHeld = false
    /// What this database may have found on a message when it first saw it.
    var mayInherit: Set<Marking> = []
    /// Tokens and keywords of ours that somebody else removed from one of their copies.
    var removed: Set<Marking> = []
    /// What somebody removed just before the agent looked whether its STORE had put it there: for the rest of the session
    /// it takes the server for one that does not keep it.
    var doubted: Set<Flag> = []
    /// UIDs that are or were tracked messages', under this UIDVALIDITY.
    var everTracked: [Folder: Set<UInt32>] = [:]
    /// What each STORE named that came, labels by what they stand for.
    var stores: [(flags: Set<Flag>, areLabels: Bool)] = []
    /// What has come to INBOX and shows a pixel of ours, and, by its UID there, what of that the agent has to know of.
    var answers: [Incoming] = []
    var mustBeTold: [UInt32: Incoming] = [:]
    /// What the agent knows of that.
    var told: [Incoming] = []
    /// Of each token, before all of them were opened once more.
    var evidence: [String: Int] = [:]
    /// How many drafts there were, how often the provider has accepted each, and with which token.
    var drafts = 0
    var delivered: [Int: Int] = [:]
    var registered: [Int: String] = [:]
    /// Those whose copies somebody has deleted or moved.
    var touched: Set<Int> = []
    /// What becomes of a draft that a lost database knew of is not certain; but it is not sent again.
    var hasLostBook = false
    /// What must never happen, and did.
    var violations: [String] = []
    private var numbers = 0

    let quirks: Set<Quirk>
    let showing: Showing
    let watchesReplies: Bool
    let brokenKeyword: Flag

    init(_ story: Story) {
        quirks = story.quirks
        showing = story.showing
        watchesReplies = story.watchesReplies
        brokenKeyword = Flag(spelling: story.brokenKeyword)
        var capabilities: Set<Capability> = story.quirks.contains(.noEsearch) ? [] : [.esearch]
        if story.serverClass >= .condstore { capabilities.insert(.condstore) }
        for (index, folder) in Folder.allCases.enumerated() where folder != .copies {
            if folder.isOfOutbox, !story.hasOutbox { continue }
            boxes[folder] = MailboxModel(countingFrom: folder == .sent ? 1 : (index + 1) * 1_000_000)
            boxes[folder]?.capabilities = Capabilities(capabilities)
        }
    }

    static let marks = Set(KeywordNames.standard.names.values.map { Flag(spelling: $0) })

    /// All that the agent may write on messages.
    var ours: Set<Flag> { showing == .colors ? Showing.colorFlags : Self.marks }
    /// Not with PERMANENTFLAGS that name neither the bits nor `\*`.
    var keepsColors: Bool { !quirks.contains(.fixedKeywords) }

    /// What a label stands for.
    static let labels = Dictionary(
        uniqueKeysWithValues: KeywordNames.standard.names.map { (label($0.key), Flag(spelling: $0.value)) })
    static func label(_ mark: Mark) -> String { "✓ \(mark.rawValue)" }
    static func label(_ flag: Flag) -> String? { labels.first { $0.value == flag }?.key }

    subscript(folder: Folder) -> MailboxModel {
        get { boxes[folder] ?? MailboxModel() }
        set { boxes[folder] = newValue }
    }
    /// Sent.
    var mailbox: MailboxModel {
        get { self[.sent] }
        set { self[.sent] = newValue }
    }

    var uids: [UInt32] { uids(in: .sent) }
    func uids(in folder: Folder) -> [UInt32] { self[folder].messages.keys.sorted() }
    func uid(_ pick: Int, in folder: Folder = .sent) -> UInt32? {
        let uids = uids(in: folder)
        return uids.isEmpty ? nil : uids[pick % uids.count]
    }
    func letter(_ uid: UInt32, in folder: Folder = .sent) -> Letter? {
        self[folder].messages[uid].flatMap { letters[$0.id] }
    }
    /// With the keyword of each mark that a label shows.
    func flags(_ uid: UInt32, in folder: Folder = .sent) -> Set<Flag> {
        guard let message = self[folder].messages[uid] else { return [] }
        return message.flags.union(message.labels.compactMap { Self.labels[$0] })
    }
    func tracked(_ uid: UInt32) -> Bool { letter(uid)?.token != nil }

    /// Whether the server takes this keyword from anybody, or the label that stands for it.
    func keeps(_ flag: Flag) -> Bool { showing.hasLabels && Self.marks.contains(flag) || keepsAsItIs(flag) }

    /// Whether it takes it as a flag or keyword.
    func keepsAsItIs(_ flag: Flag) -> Bool {
        if !flag.isKeyword { return true }
        if quirks.contains(.fixedKeywords), flag != Flag(spelling: "tracked") { return false }
        return !(quirks.contains(.dropsKeyword) || quirks.contains(.refusesKeyword)) || flag != brokenKeyword
    }
}

extension World {
    mutating func append(_ kind: Operation.Kind, pick: Int, carries keyword: String?, isSick: Bool) {
        let isOld = quirks.contains(.since) && pick % 3 == 0
        numbers += 1
        let others = letters.sorted { $0.key < $1.key }.map(\.value)
        let model = others.filter { $0.kind == .tracked }
        var token: String?
        var html = ""
        var quoting: String?
        var messageID: String?
        switch kind {
        case .tracked:
            token = Keys.token(UInt64(numbers))?.text
            messageID = token.map { "\($0)@example.net" }
        case .copy, .rewritten:
            token = model.isEmpty ? nil : model[pick % model.count].token
            if kind == .copy { messageID = token.map { "\($0)@example.net" } }
        case .foreign:
            token = "Foreign\(numbers)x"
            html = token.map(Self.html) ?? ""
        case .quoting:
            let quoted = model.isEmpty ? nil : model[pick % model.count].token
            quoting = quoted.flatMap(Token.init).map(MailboxModel.pixel)
        case .forged:
            // The last character is a part of the MAC.
            html = Keys.token(UInt64(numbers)).map(MailboxModel.pixel)?.replacing(/..\.gif/, with: "aa.gif") ?? ""
        case .plain, .filed: break
        }
        if html.isEmpty, let token = token.flatMap(Token.init) { html = MailboxModel.pixel(token) }
        let uid = mailbox.append(
            MailboxModel.letter(numbers, messageID: messageID, html: html, quoting: quoting), flags: ["\\Seen"],
            at: Self.sent - (isOld ? 30 * 86_400 : 0))
        guard let id = mailbox.messages[uid]?.id else { return }
        letters[id] = Letter(
            kind: kind, token: token, messageID: messageID ?? "m\(numbers)@example.net", isSick: isSick, isOld: isOld,
            flags: [.seen])
        if token != nil { everTracked[.sent, default: []].insert(uid) }
        guard let carried = keyword.map({ Flag(spelling: $0) }) else { return }
        setFlag(carried, true, of: uid)
        inherit(carried, token)
    }

    /// Somebody files a message elsewhere: it keeps what it carries.
    mutating func move(_ uid: UInt32, from folder: Folder, to other: Folder) {
        guard let message = self[folder].messages[uid] else { return }
        touch(message)
        self[folder].expunge(uid)
        let new = self[other].receive(message)
        if letters[message.id]?.token != nil { everTracked[other, default: []].insert(new) }
        // What was taken away just before is not seen any more.
        letters[message.id]?.withdrawn = []
    }

    private mutating func touch(_ message: MailboxModel.Message) {
        if let number = Self.number(String(decoding: message.raw, as: UTF8.self)) { touched.insert(number) }
    }

    mutating func expunge(_ uid: UInt32) {
        mailbox.messages[uid].map { touch($0) }
        mailbox.expunge(uid)
    }

    mutating func setFlag(_ flag: Flag, _ on: Bool, of uid: UInt32) {
        guard let id = mailbox.messages[uid]?.id, !on || keeps(flag) else { return }
        switch Self.label(flag) {
        case let label? where showing == .labels: mailbox.setLabel(label, on, of: uid)
        case let label? where showing == .automatic && (!on || !keepsAsItIs(flag)):
            mailbox.setLabel(label, on, of: uid)
            if !on { mailbox.setFlag(flag.spelling, on, of: uid) }
        default: mailbox.setFlag(flag.spelling, on, of: uid)
        }
        if on { letters[id]?.flags.insert(flag) } else { letters[id]?.flags.remove(flag) }
        if !on, let token = letters[id]?.token { removed.insert(Marking(token: token, keyword: flag)) }
        letters[id]?.withdrawn.remove(flag)
    }

    mutating func inherit(_ flag: Flag, _ token: String?) {
        if let token { mayInherit.insert(Marking(token: token, keyword: flag)) }
    }

    /// A database that knows nothing takes all that it finds for an earlier one's.
    mutating func inheritAll() {
        for folder in Folder.watched {
            for uid in uids(in: folder) {
                for flag in flags(uid, in: folder) { inherit(flag, letter(uid, in: folder)?.token) }
            }
        }
        if showing == .colors { inheritColors() }
        forgetRegistrations()
    }

    mutating func hit(_ opener: Operation.Opener, pick: Int) {
        let tokens = Set(letters.values.compactMap(\.token)).sorted()
        guard !tokens.isEmpty else { return }
        hit(opener, tokens[pick % tokens.count])
    }

    /// Hits lie so far apart that none is another one's neighbour.
    mutating func hit(_ opener: Operation.Opener, _ token: String) {
        let seq = Int64(feed.count + 1)
        let delay = 3600 * Double(seq)
        feed.append(
            opener == .person ? .person(seq, token, after: delay) : .scanner(seq, token, after: delay))
        for (id, letter) in letters where letter.token == token { letters[id]?.withdrawn = [] }
    }

    mutating func renumber(from first: UInt32) {
        mailbox.renumber(from: first)
        everTracked[.sent] = Set(uids.filter(tracked))
        forgetWithdrawals()
    }

    mutating func forgetWithdrawals() { for id in letters.keys { letters[id]?.withdrawn = [] } }

    /// What all hits on a token prove.
    func judgement(_ token: String) -> Judgement {
        let hits = feed.filter { $0.token == token }.map { hit in
            var hit = hit
            hit.token = token.lowercased()
            return hit
        }
        var history = History(
            sentAt: Date(timeIntervalSince1970: Double(Self.sent)), recipientDomains: ["example.org"],
            tokens: [token.lowercased()], hits: hits)
        history.incoming = told.filter { $0.token == token.lowercased() }
        return OpensEngine.judge(history, now: Self.now)
    }

    /// Whether something new is known of it since ``evidence`` was noted: only that brings back what was withdrawn.
    func isRenewed(_ token: String) -> Bool { judgement(token).tally.evidence > evidence[token] ?? .max }

    /// The keywords of ours that a copy should carry, whatever has been withdrawn.
    func wanted(_ token: String, _ flags: Set<Flag>) -> Set<Flag> {
        let judgement = judgement(token)
        let names =
            if flags.contains(KeywordNames.notMe) {
                ["tracked"]
            } else {
                switch judgement.status {
                case .opened: judgement.readings > 1 ? ["tracked", "opened", "opened-again"] : ["tracked", "opened"]
                case .maybe, .machineOnly: ["tracked", "reached"]
                case .selfOnly, .notOpened, .unknown: ["tracked"]
                }
            }
        return Set(names.map { Flag(spelling: $0) })
    }
}
