import FoundationEssentials
import IMAP
import MIME

/// A mailbox in memory that answers commands as a server would: the reference against which the sync is tested.
package struct MailboxModel: Sendable {
    package struct Message: Sendable {
        /// Which message it is, whatever its UID and mailbox; they count up from where the mailbox was told to begin.
        package let id: Int
        package var raw: [UInt8]
        package var flags: Set<Flag>
        package var internalDate: Int64
        package var changed: UInt64
        package var labels: Set<String> = []
    }

    package var uidValidity: UInt32 = 1
    package private(set) var uidNext: UInt32 = 1
    package private(set) var modSeq: UInt64 = 1
    package private(set) var messages: [UInt32: Message] = [:]
    /// CONDSTORE, ESEARCH; with QRESYNC, ``resync(since:)`` tells what has changed.
    package var capabilities = Capabilities([.condstore, .esearch])
    private var expunged: [(uid: UInt32, at: UInt64)] = []
    private var appended = 0
    package var keepsKeywords = true
    /// Otherwise SEARCH finds no text, whatever it holds.
    package var searchesText = true
    /// Sections that a fetch of this UID is refused for.
    package var unreadable: Set<UInt32> = []
    /// Every command, in order.
    package private(set) var log: [Command] = []
    /// Message-IDs of what has been copied elsewhere, in order.
    package private(set) var copies: [String] = []

    /// - Parameter first: the number of the first message that is appended here.
    package init(countingFrom first: Int = 1) { appended = first - 1 }

    @discardableResult
    package mutating func append(_ raw: String, flags: [String] = [], at date: Int64 = 1_790_000_000) -> UInt32 {
        modSeq += 1
        appended += 1
        let bytes = Array(raw.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8)
        messages[uidNext] = Message(
            id: appended, raw: bytes, flags: Set(flags.map { Flag(spelling: $0) }), internalDate: date, changed: modSeq)
        uidNext += 1
        return uidNext - 1
    }

    /// A message from another mailbox, as it is there.
    @discardableResult
    package mutating func receive(_ message: Message) -> UInt32 {
        modSeq += 1
        var message = message
        message.changed = modSeq
        messages[uidNext] = message
        uidNext += 1
        return uidNext - 1
    }

    /// Who has labels sees them as a mail program sets them.
    package mutating func setLabel(_ label: String, _ on: Bool, of uid: UInt32) {
        modSeq += 1
        if on { messages[uid]?.labels.insert(label) } else { messages[uid]?.labels.remove(label) }
        messages[uid]?.changed = modSeq
    }

    package mutating func expunge(_ uid: UInt32) {
        modSeq += 1
        messages[uid] = nil
        expunged.append((uid, modSeq))
    }

    /// HIGHESTMODSEQ, where the server numbers changes.
    package var highest: ModificationSequence? {
        capabilities.contains(.condstore) ? ModificationSequence(modSeq) : nil
    }

    /// What SELECT with QRESYNC tells beside the usual (RFC 7162 3.2.5).
    package func resync(since: ModificationSequence) -> [Untagged] {
        let gone = UIDSet(expunged.filter { $0.at > since.rawValue }.map { UID($0.uid) })
        let changed = messages.filter { $0.value.changed > since.rawValue }.sorted { $0.key < $1.key }
        return (gone.isEmpty ? [] : [.vanished(gone, earlier: true)])
            + changed.map { .fetch(data(0, $0.key, $0.value, [.flags])) }
    }

    /// What another client does.
    package mutating func setFlag(_ name: String, _ on: Bool, of uid: UInt32) {
        modSeq += 1
        if on {
            messages[uid]?.flags.insert(Flag(spelling: name))
        } else {
            messages[uid]?.flags.remove(Flag(spelling: name))
        }
        messages[uid]?.changed = modSeq
    }

    /// Another UIDVALIDITY, and the same UIDs.
    package mutating func rename() { uidValidity += 1 }

    /// As after a backup was restored: the last messages never were.
    package mutating func goBack(to uidNext: UInt32, modSeq: UInt64) {
        messages = messages.filter { $0.key < uidNext }
        self.uidNext = uidNext
        self.modSeq = modSeq
    }

    /// Every message gets another UID, as after a restored backup.
    package mutating func renumber(from first: UInt32 = 1000) {
        uidValidity += 1
        let before = messages.sorted { $0.key < $1.key }.map(\.value)
        expunged = []
        uidNext = first
        messages = [:]
        for message in before {
            messages[uidNext] = message
            uidNext += 1
        }
    }

    /// The numbers of changes begin anew, as after an index was rebuilt.
    package mutating func turnBack() {
        modSeq = 1
        messages = messages.mapValues { message in
            var message = message
            message.changed = 1
            return message
        }
        expunged = []
    }

    package func keywords(of uid: UInt32) -> Set<String> {
        Set((messages[uid]?.flags ?? []).filter(\.isKeyword).map(\.spelling))
    }

    package var exists: UInt32 { UInt32(messages.count) }

    package mutating func answer(_ command: Command) -> (untagged: [Untagged], completion: Completion) {
        log.append(command)
        switch command {
        case .uidFetch(let set, let items, let since, _): return fetch(set, items, since)
        case .uidSearch(let key, let returning): return (search(key, returning), Completion(.ok))
        case .uidStore(let set, let action, let flags, _, _): return store(set, action, flags)
        case .uidStoreLabels(let set, let action, let labels): return label(set, action, labels)
        case .uidCopy(let set, _): return copy(set)
        default: return ([], Completion(.bad, ResponseText(text: "not modelled")))
        }
    }
}

extension MailboxModel {
    private func selected(_ set: UIDSet) -> [(sequence: UInt32, uid: UInt32, message: Message)] {
        let all = messages.sorted { $0.key < $1.key }
        var found = all.enumerated().filter { set.contains(UID($0.element.key)) }
        // `n:*` is answered with the last message whatever n is.
        if found.isEmpty, set.last == .last, let last = all.enumerated().reversed().first { found = [last] }
        return found.map { (UInt32($0.offset + 1), $0.element.key, $0.element.value) }
    }

    private func fetch(
        _ set: UIDSet, _ items: [FetchItem], _ since: ModificationSequence?
    ) -> ([Untagged], Completion) {
        let chosen = selected(set).filter { $0.message.changed > since?.rawValue ?? 0 }
        let reads = items.contains { if case .body = $0 { true } else { $0 == .bodyStructure } }
        if reads, chosen.contains(where: { unreadable.contains($0.uid) }) {
            return ([], Completion(.no, ResponseText(code: .serverBug, text: "cannot read that")))
        }
        return (chosen.map { .fetch(data($0.sequence, $0.uid, $0.message, items)) }, Completion(.ok))
    }

    private func data(_ sequence: UInt32, _ uid: UInt32, _ message: Message, _ items: [FetchItem]) -> FetchData {
        var data = FetchData(sequence: SequenceNumber(sequence))
        data.uid = UID(uid)
        for item in items {
            switch item {
            case .flags: data.flags = message.flags.sorted { $0.spelling < $1.spelling }
            case .gmailLabels: data.gmailLabels = message.labels.sorted().map { MailboxName($0) }
            case .size: data.size = UInt64(message.raw.count)
            case .internalDate: data.internalDate = InternalDate(secondsSince1970: message.internalDate)
            case .bodyStructure: data.structure = structure(message.raw)
            case .body(let section, let range): data.sections.append(content(section, range, message.raw))
            default: break
            }
        }
        return data
    }

    private func structure(_ raw: [UInt8]) -> BodyStructure {
        BodyStructure(
            parts: MessageParser.leaves(of: raw).map { leaf in
                BodyPart(
                    section: leaf.section, type: leaf.contentType.type, subtype: leaf.contentType.subtype,
                    charset: leaf.charset, encoding: Self.name(leaf.encoding), octets: UInt64(leaf.body.count),
                    disposition: leaf.isAttachment ? "attachment" : nil)
            })
    }

    private static func name(_ encoding: TransferEncoding) -> String {
        switch encoding {
        case .identity: "8bit"
        case .quotedPrintable: "quoted-printable"
        case .base64: "base64"
        }
    }

    private func content(_ section: Section, _ range: Range<UInt32>?, _ raw: [UInt8]) -> SectionData {
        let whole: ArraySlice<UInt8> =
            switch section.kind {
            case .headerFields(let names): ArraySlice(header(names, raw))
            default:
                section.part.isEmpty
                    ? raw[...] : raw[MessageParser.leaves(of: raw).first { $0.section == section.part }?.body ?? 0..<0]
            }
        guard let range else { return SectionData(section: section, content: .bytes(Array(whole))) }
        let cut = whole.dropFirst(Int(range.lowerBound)).prefix(range.count)
        return SectionData(section: section, origin: UInt64(range.lowerBound), content: .bytes(Array(cut)))
    }

    private func header(_ names: [String], _ raw: [UInt8]) -> [UInt8] {
        let lines = String(decoding: raw, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            .prefix { !$0.isEmpty }
        let wanted = lines.filter { line in names.contains { line.uppercased().hasPrefix($0 + ":") } }
        return Array((wanted.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private func search(_ key: SearchKey, _ returning: [SearchReturn]) -> [Untagged] {
        var result = SearchResult()
        result.isUID = !returning.isEmpty
        let found = UIDSet(messages.filter { matches(key, $0.key, $0.value) }.map { UID($0.key) })
        result.all = found.isEmpty ? nil : found
        return [.search(result)]
    }

    private func matches(_ key: SearchKey, _ uid: UInt32, _ message: Message) -> Bool {
        switch key {
        case .all: true
        case .uid(let set): set.contains(UID(uid))
        case .since(let day): message.internalDate >= Self.seconds(day)
        case .before(let day): message.internalDate < Self.seconds(day)
        case .header(let name, let text):
            // RFC 9051 6.4.4: without regard to case.
            searchesText
                && String(decoding: header([name.uppercased()], message.raw), as: UTF8.self).lowercased().contains(
                    text.lowercased())
        case .body(let text): searchesText && String(decoding: message.raw, as: UTF8.self).contains(text)
        case .and(let keys): keys.allSatisfy { matches($0, uid, message) }
        case .or(let left, let right): matches(left, uid, message) || matches(right, uid, message)
        default: false
        }
    }

    private static func seconds(_ day: CalendarDay) -> Int64 {
        var components = DateComponents(year: day.year, month: day.month, day: day.day)
        components.timeZone = .gmt
        return Int64(Calendar(identifier: .gregorian).date(from: components)?.timeIntervalSince1970 ?? 0)
    }

    private mutating func store(_ set: UIDSet, _ action: StoreAction, _ flags: [Flag]) -> ([Untagged], Completion) {
        guard keepsKeywords else { return ([], Completion(.ok)) }
        for (_, uid, _) in selected(set) {
            modSeq += 1
            switch action {
            case .add: messages[uid]?.flags.formUnion(flags)
            case .remove: messages[uid]?.flags.subtract(flags)
            case .replace: messages[uid]?.flags = Set(flags)
            }
            messages[uid]?.changed = modSeq
        }
        return ([], Completion(.ok))
    }

    private mutating func label(
        _ set: UIDSet, _ action: StoreAction, _ labels: [MailboxName]
    ) -> ([Untagged], Completion) {
        for (_, uid, _) in selected(set) {
            modSeq += 1
            switch action {
            case .add: messages[uid]?.labels.formUnion(labels.map(\.display))
            case .remove: messages[uid]?.labels.subtract(labels.map(\.display))
            case .replace: messages[uid]?.labels = Set(labels.map(\.display))
            }
            messages[uid]?.changed = modSeq
        }
        return ([], Completion(.ok))
    }

    private mutating func copy(_ set: UIDSet) -> ([Untagged], Completion) {
        for (_, _, message) in selected(set) {
            copies.append(HeaderFields(parsing: message.raw).messageID ?? "")
        }
        return ([], Completion(.ok))
    }
}
