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
        if since != nil, story.serverClass == .plain { return "BAD no such modifier" }
        // Whoever asks for what comes is told what has come.
        if set.last == .last { tellArrivals(world) }
        let wanted = chosen(set).filter { world.mailbox.messages[$0] != nil }
        if wanted.isEmpty { return "OK nothing there" }
        let reads = items.contains { if case .body = $0 { true } else { $0 == .bodyStructure } }
        let sick = reads ? wanted.filter { world.letter($0)?.isSick == true } : []
        let isRefused = has(.refusesSick) && !sick.isEmpty
        let isGarbled = !isRefused && has(.garblesSick)
        let healthy = isRefused || isGarbled ? wanted.filter { !sick.contains($0) } : wanted
        if !healthy.isEmpty {
            let answers = world.mailbox.answer(
                .uidFetch(UIDSet(healthy.map { UID($0) }), items, changedSince: since)
            ).untagged
            for case .fetch(let data) in has(.descending) ? answers.reversed() : answers { write(data, world) }
        }
        for uid in isGarbled ? sick : [] {
            guard let position = view.firstIndex(of: uid) else { continue }
            writer.line("* \(position + 1) FETCH UID \(uid) oops")
        }
        return isRefused ? "NO some messages cannot be read" : "OK fetched"
    }

    private mutating func write(_ data: FetchData, _ world: World) {
        guard let uid = data.uid, let position = view.firstIndex(of: uid.rawValue) else { return }
        var data = data
        data.sequence = SequenceNumber(UInt32(position + 1))
        if hasModSeq, !has(.noModSeq), data.flags != nil {
            data.modificationSequence = world.mailbox.messages[uid.rawValue].map { ModificationSequence($0.changed) }
        }
        writer.fetch(data, isUpperCase: has(.upperCase))
        if data.flags != nil { changed.remove(uid.rawValue) }
    }

    mutating func search(
        _ tag: String, _ key: SearchKey, _ returning: [SearchReturn], _ world: inout World
    ) -> String {
        guard case .search(let result)? = world.mailbox.answer(.uidSearch(key, returning: returning)).untagged.first
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
        world.check(storeTo: set, action, flags, isSilent: silent, isReadOnly: has(.readOnly))
        let kept = flags.filter { world.keeps($0) }
        if kept != flags, has(.refusesKeyword) || has(.fixedKeywords) { return "NO [LIMIT] too many keywords" }
        let uids = chosen(set).filter { world.mailbox.messages[$0] != nil }
        if uids.isEmpty || kept.isEmpty { return "OK nothing to do" }
        _ = world.mailbox.answer(.uidStore(UIDSet(uids.map { UID($0) }), action, kept))
        for uid in uids {
            if has(.loudStore) {
                self.flags(of: uid, world.mailbox, withUID: isResynchronising || !has(.flagsWithoutUID))
            } else if hasModSeq, !has(.noModSeq), let position = view.firstIndex(of: uid) {
                // Dovecot, for silent STOREs too.
                writer.line(
                    "* \(position + 1) FETCH (UID \(uid) MODSEQ (\(world.mailbox.messages[uid]?.changed ?? 1)))")
            }
        }
        return "OK stored"
    }
}
