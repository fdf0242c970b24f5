import IMAP
import MailboxModel

/// What is asked of messages.
extension ModelServer {
    /// Of the messages that this session knows of, those in the set; `n:*` names the last one whatever n is.
    private func chosen(_ set: UIDSet) -> [UInt32] {
        let named = view.filter { set.contains(UID($0)) }
        return named.isEmpty && set.last == .last ? Array(view.suffix(1)) : named
    }

    mutating func fetch(
        _ set: UIDSet, _ items: [FetchItem], _ since: ModificationSequence?, _ world: inout World
    ) -> String {
        guard let selected else { return "BAD nothing is selected" }
        if since != nil, story.serverClass == .plain { return "BAD no such modifier" }
        // Whoever asks for what comes is told what has come.
        if set.last == .last { tellArrivals(world) }
        let wanted = chosen(set).filter { world[selected].messages[$0] != nil }
        if wanted.isEmpty { return "OK nothing there" }
        return answer(wanted, items, since, in: selected, world)
            ? "OK fetched" : "NO some messages cannot be read"
    }

    /// What NOTIFY brings of messages that have arrived.
    mutating func tell(_ arrived: [UInt32], _ items: [FetchItem], in folder: Folder, _ world: World) {
        _ = answer(arrived, items, nil, in: folder, world)
    }

    /// Whether all of it could be answered.
    private mutating func answer(
        _ wanted: [UInt32], _ items: [FetchItem], _ since: ModificationSequence?, in folder: Folder, _ world: World
    ) -> Bool {
        let reads = items.contains { if case .body = $0 { true } else { $0 == .bodyStructure } }
        let sick = reads && folder != .copies ? wanted.filter { world.letter($0, in: folder)?.isSick == true } : []
        let isRefused = has(.refusesSick) && !sick.isEmpty
        let isGarbled = !isRefused && has(.garblesSick)
        let healthy = isRefused || isGarbled ? wanted.filter { !sick.contains($0) } : wanted
        if !healthy.isEmpty {
            var mailbox = world[folder]
            let answers = mailbox.answer(
                .uidFetch(UIDSet(healthy.map { UID($0) }), items, changedSince: since)
            ).untagged
            for case .fetch(let data) in has(.descending) ? answers.reversed() : answers { write(data, mailbox) }
        }
        for uid in isGarbled ? sick : [] {
            guard let position = view.firstIndex(of: uid) else { continue }
            writer.line("* \(position + 1) FETCH UID \(uid) oops")
        }
        return !isRefused
    }

    private mutating func write(_ data: FetchData, _ mailbox: MailboxModel) {
        guard let uid = data.uid, let position = view.firstIndex(of: uid.rawValue) else { return }
        var data = data
        data.sequence = SequenceNumber(UInt32(position + 1))
        if hasModSeq, !has(.noModSeq), data.flags != nil {
            data.modificationSequence = mailbox.messages[uid.rawValue].map { ModificationSequence($0.changed) }
        }
        writer.fetch(data, isUpperCase: has(.upperCase))
        if data.flags != nil {
            changed.remove(uid.rawValue)
            unread[uid.rawValue] = nil
        }
    }

    mutating func search(
        _ tag: String, _ key: SearchKey, _ returning: [SearchReturn], _ world: inout World
    ) -> String {
        guard let selected else { return "BAD nothing is selected" }
        var mailbox = world[selected]
        mailbox.searchesText = !has(.findsNoText)
        guard case .search(let result)? = mailbox.answer(.uidSearch(key, returning: returning)).untagged.first
        else { return "BAD no such key" }
        let found = (result.all ?? UIDSet()).intersection(UIDSet(view.map { UID($0) }))
        if returning.isEmpty {
            writer.line("* SEARCH" + found.uids.map { " \($0)" }.joined())
        } else {
            writer.line("* ESEARCH (TAG \"\(tag)\") UID" + (found.isEmpty ? "" : " ALL \(found)"))
        }
        return "OK searched"
    }

    mutating func store(
        _ set: UIDSet, _ action: StoreAction, _ flags: [Flag], _ silent: Bool, _ world: inout World
    ) -> String {
        guard let selected else { return "BAD nothing is selected" }
        world.check(
            storeTo: set, in: selected, action, flags, isSilent: silent, isReadOnly: has(.readOnly) || isExamined)
        let kept = flags.filter { world.keeps($0) }
        if kept != flags, has(.refusesKeyword) || has(.fixedKeywords) { return "NO [LIMIT] too many keywords" }
        let uids = chosen(set).filter { world[selected].messages[$0] != nil }
        if uids.isEmpty || kept.isEmpty { return "OK nothing to do" }
        _ = world[selected].answer(.uidStore(UIDSet(uids.map { UID($0) }), action, kept))
        for uid in uids {
            if action == .add { unread[uid, default: []].formUnion(kept) }
            if has(.loudStore) {
                self.flags(of: uid, world[selected], withUID: isResynchronising || !has(.flagsWithoutUID))
            } else if hasModSeq, !has(.noModSeq), let position = view.firstIndex(of: uid) {
                // Dovecot, for silent STOREs too.
                writer.line(
                    "* \(position + 1) FETCH (UID \(uid) MODSEQ (\(world[selected].messages[uid]?.changed ?? 1)))")
            }
        }
        return "OK stored"
    }

    /// Gmail tells of labels in its answer to their STORE.
    mutating func store(
        _ set: UIDSet, _ action: StoreAction, _ labels: [MailboxName], _ world: inout World
    ) -> String {
        guard let selected, hasLabels else { return "BAD no labels here" }
        let flags = labels.compactMap { World.labels[$0.display] }
        if flags.count < labels.count { world.violations.append("a STORE of labels that are not ours: \(labels)") }
        world.check(
            storeTo: set, in: selected, action, flags, isSilent: true, isReadOnly: has(.readOnly) || isExamined,
            areLabels: true)
        let uids = chosen(set).filter { world[selected].messages[$0] != nil }
        if uids.isEmpty { return "OK nothing to do" }
        _ = world[selected].answer(.uidStoreLabels(UIDSet(uids.map { UID($0) }), action, labels))
        for uid in uids { self.flags(of: uid, world[selected]) }
        return "OK stored"
    }

    func copy(_ set: UIDSet, to name: MailboxName, _ world: inout World) -> String {
        guard let selected else { return "BAD nothing is selected" }
        if !selected.isOfOutbox { world.check(copyOf: set, in: selected) }
        guard let folder = Folder(name), world.boxes[folder] != nil else { return "NO [TRYCREATE] no such" }
        var code = ""
        for uid in chosen(set) {
            guard let message = world[selected].messages[uid] else { continue }
            let new = world[folder].receive(message)
            if story.hasOutbox { code = "[COPYUID \(world[folder].uidValidity) \(uid) \(new)] " }
        }
        return "OK \(code)copied"
    }

    /// From one folder of the outbox to another one.
    mutating func move(_ set: UIDSet, to name: MailboxName, _ world: inout World) -> String {
        guard let selected, selected.isOfOutbox, Folder(name)?.isOfOutbox == true else {
            world.violations.append("a MOVE of \(set) to \(name)")
            return "NO not that"
        }
        let uids = chosen(set)
        let end = copy(set, to: name, &world)
        guard end.hasPrefix("OK") else { return end }
        for uid in uids { world[selected].expunge(uid) }
        guard let code = end.firstMatch(of: /\[.*\]/) else { return "OK nothing to move" }
        writer.line("* OK \(code.0) moved")
        return "OK moved"
    }

    mutating func expunge(_ set: UIDSet, _ world: inout World) -> String {
        guard let selected, selected.isOfOutbox else {
            world.violations.append("an EXPUNGE of \(set)")
            return "NO not that"
        }
        for uid in chosen(set) where world[selected].messages[uid]?.flags.contains(.deleted) == true {
            world[selected].expunge(uid)
        }
        return "OK expunged"
    }

    /// `a7 APPEND Sent (\Seen) {99}`
    mutating func append(_ line: String, _ content: [UInt8], _ world: inout World) {
        let words = line.split(separator: " ")
        guard servesOutbox, words.count > 2, words[1] == "APPEND",
            let folder = Folder(rawValue: String(words[2].replacing("\"", with: ""))),
            folder == .sent || folder == .inbox
        else {
            world.violations.append("no command: \(line)")
            return
        }
        if isBusy {
            isBusy = false
            return writer.line("\(words[0]) NO [UNAVAILABLE] not now")
        }
        let uid = world[folder].uidNext
        world.file(content, to: folder, flags: line.contains("\\Seen") ? [.seen] : [])
        writer.line("\(words[0]) OK [APPENDUID \(world[folder].uidValidity) \(uid)] appended")
    }
}
