import IMAP

extension FolderSync {
    package mutating func received(_ response: Untagged) {
        switch response {
        case .exists(let count):
            if count > exists { due.insert(.arrivals) }
            exists = count
            existsIsCertain = true
        case .expunge:
            exists = exists > 0 ? exists - 1 : 0
            pushed.countIsKnown = false
            due.insert(.survivors)
        case .vanished(let uids, let earlier):
            if !earlier {
                exists -= min(exists, UInt32(clamping: uids.count))
                existsIsCertain = false
                pushed.countIsKnown = false
            }
            forget(uids)
        case .fetch(let data):
            received(data)
        case .search(let result):
            found = (found ?? UIDSet()).union(result.all ?? UIDSet())
        case .flags(let all):
            listedFlags = Set(all)
        case .condition(let condition) where condition.code == .notificationOverflow:
            pushed.hasOverflowed = true
        case .condition, .bye, .preauthenticated, .capability, .enabled, .id, .list, .recent, .mailboxStatus, .other:
            break
        }
    }

    private mutating func received(_ data: FetchData) {
        guard let uid = data.uid else {
            // Without CONDSTORE a change of flags comes by sequence number alone.
            if data.flags != nil { due.insert(.flags) }
            return
        }
        if doubt != nil {
            doubt?.received(data, uid)
            // Whose flags they are nobody knows yet.
            if data.flags != nil { due.insert(.flags) }
            return
        }
        if let flags = data.flags, state.tracked.contains(uid) {
            if reviewed != nil {
                reviewed?[uid] = Set(flags)
            } else {
                news.append(.flags(uid, Set(flags)))
            }
        }
        if let labels = data.gmailLabels, state.tracked.contains(uid) {
            news.append(.labels(uid, Set(labels.map { Label($0) })))
        }
        for index in chunks.indices where chunks[index].received(data, uid) { return }
        if let next = state.uidNext, uid >= next, !policy.isVisit { pushed.add(data, of: uid) }
    }

    /// Flags that were read after a STORE of ours, and that were kept from ``received(_:)``: a review that is under way may
    /// have been told of the same messages before, or not at all.
    package mutating func readBack(_ flags: [UID: Set<Flag>]) {
        for (uid, flags) in flags { reviewed?[uid] = flags }
    }

    /// Flag changes and disappearances that the server told on its own.
    package mutating func drainNews() -> [Change] {
        defer { news = [] }
        return news
    }

    /// The request was answered with OK, and all untagged responses to it have been received.
    /// - Parameter took: since the server could begin with it.
    package mutating func finished(_ request: SyncRequest, took: Duration = .zero) -> [Change] {
        let told = drainNews()
        underway.removeAll { $0 == request }
        switch request {
        case .search(let first, _):
            return told + searched(from: first)
        case .review(let asked):
            return told + review(asked) + settle([.flags, .survivors])
        case .changes:
            return told + settle(.flags)
        case .identities:
            return told + clearUp()
        case .find:
            return told + located()
        case .survivors(let asked):
            return told + survived(asked)
        case .news, .glances, .structures, .parts, .wholes, .details:
            return told + advance(request, took)
        }
    }

    /// The server refused the request, or the connection broke over it. Large requests are cut down until the one
    /// message that cannot be read stands alone and is set aside.
    package mutating func failed(_ request: SyncRequest, reason: String) -> [Change] {
        let told = drainNews()
        underway.removeAll { $0 == request }
        switch request {
        case .search, .survivors:
            found = nil
            return told
        case .find:
            found = nil
            return told + notLocated()
        case .identities:
            doubt = nil
            return told + startAfresh()
        case .review:
            reviewed = nil
            // It may have been another request's answer that could not be read.
            if !asksAlone {
                asksAlone = true
                due.insert(.flags)
            }
            return told
        case .changes:
            // What it does not do after all is done without.
            selected.highest = nil
            due.insert(.flags)
            return told
        case .news:
            due.insert(.arrivals)
        case .glances, .structures, .parts, .wholes, .details:
            break
        }
        guard let index = chunks.firstIndex(where: { $0.asked == request }) else { return told }
        let failed = chunks.remove(at: index)
        // Of several requests under way, a line that could not be read may have been any one's answer.
        if failed.newsFrom == nil || request.uids != nil, failed.uids.count == 1, failed.isAlone,
            let uid = failed.uids.first
        {
            return told + [.parked(uid, reason: reason)] + settled(UIDSet(uid))
        }
        state.chunk = max(1, min(chunkSize, request.uids?.count ?? chunkSize) / 2)
        if failed.newsFrom != nil { due.insert(.arrivals) }
        return told + [.chunk(state.chunk)]
    }
}

extension FolderSync {
    private mutating func review(_ asked: UIDSet) -> [Change] {
        let flags = reviewed ?? [:]
        reviewed = nil
        let gone = asked.subtracting(UIDSet(flags.keys))
        state.tracked = state.tracked.subtracting(gone)
        return flags.sorted { $0.key < $1.key }.map { Change.flags($0.key, $0.value) }
            + (gone.isEmpty ? [] : [.vanished(gone)])
    }

    private mutating func survived(_ asked: UIDSet) -> [Change] {
        defer { found = nil }
        // An answer without any SEARCH response says nothing.
        guard let found else { return [] }
        let gone = asked.subtracting(found)
        state.tracked = state.tracked.subtracting(gone)
        let vanished: [Change] = gone.isEmpty ? [] : [.vanished(gone)]
        if unsettled.isEmpty { return vanished + [checkpoint()].compactMap { $0 } }
        return vanished + settle(.survivors)
    }

    private mutating func forget(_ uids: UIDSet) {
        let known = state.tracked.intersection(uids)
        guard !known.isEmpty else { return }
        state.tracked = state.tracked.subtracting(known)
        news.append(.vanished(known))
    }

    /// Found out; what SELECT told is remembered when all of it has been looked into.
    mutating func settle(_ looks: Looks) -> [Change] {
        let wasUnsettled = !unsettled.isEmpty
        unsettled.subtract(looks)
        return unsettled.isEmpty && wasUnsettled ? caughtUp() : []
    }

    /// What SELECT said of the mailbox before the look is what is remembered: changes that come while looking are seen
    /// again, never missed.
    mutating func caughtUp() -> [Change] {
        guard state.uidNext != nil else { return [] }
        state.highest = selected.highest
        return [checkpoint()].compactMap { $0 }
    }

    /// Where the folder is known up to. The count is of the messages below UIDNEXT.
    mutating func checkpoint() -> Change? {
        guard let next = state.uidNext else { return nil }
        let arriving =
            due.contains(.arrivals) || isExaminingArrivals
            || !backlog.intersection(UIDSet(from: next)).isEmpty
        state.count = arriving || due.contains(.survivors) ? nil : exists
        pushed.countIsKnown = state.count != nil
        return .checkpoint(uidNext: next, highest: state.highest, count: state.count)
    }
}
