import FoundationEssentials
import IMAP

/// The examination of messages: those of the first scan, and those that arrived.
extension FolderSync {
    mutating func beginScan(since: Date?) -> Change {
        state.scanSince = since
        state.scanComplete = false
        state.scanned = UIDSet()
        state.hinted = false
        hint = Hint()
        return .scanBegan(since: since)
    }

    /// Which messages there are: all, or those from `first` on.
    mutating func searched(from first: UID?) -> [Change] {
        let uids = found ?? UIDSet()
        found = nil
        if let first {
            let arrived = uids.from(first)
            backlog.formUnion(arrived)
            return countArrivals(arrived.count)
        }
        var changes: [Change] = []
        let next = state.uidNext ?? UID((uids.last?.rawValue ?? 0) &+ 1)
        if state.uidNext == nil {
            state.uidNext = next
            changes += caughtUp()
        }
        let wanted = uids.subtracting(UIDSet(from: next))
        backlog.formUnion(wanted.subtracting(state.scanned))
        scanTotal = wanted.count
        if backlog.isEmpty {
            state.scanComplete = true
            changes.append(.scanCompleted)
        }
        return changes
    }

    /// Those that were there before and have not gone are what exists without those that arrived.
    private mutating func countArrivals(_ count: Int) -> [Change] {
        guard unsettled.contains(.arrivals) else { return [] }
        if let before = state.count, Int(before) != Int(exists) - count {
            due.insert(.survivors)
            unsettled.insert(.survivors)
        }
        return settle(.arrivals)
    }

    mutating func advance(_ request: SyncRequest, _ took: Duration) -> [Change] {
        guard let index = chunks.firstIndex(where: { $0.asked == request }) else { return [] }
        chunks[index].finished(request, took: took)
        var changes: [Change] = []
        if case .news = request { changes += countArrivals(chunks[index].uids.count) }
        return chunks[index].isDone ? changes + conclude(at: index) : changes
    }

    /// The chunk's messages have been examined.
    mutating func conclude(at index: Int) -> [Change] {
        let done = chunks.remove(at: index)
        let messages = done.messages()
        var changes: [Change] = []
        for message in messages {
            changes.append(.message(message))
            if message.isTracked { state.tracked.insert(message.uid) }
        }
        hint.note(messages, of: done)
        caught(messages)
        changes += adaptPace(done)
        return done.uids.isEmpty ? changes : changes + settled(done.uids)
    }

    /// After a failure the size comes back step by step; else it grows while the server answers quickly.
    private mutating func adaptPace(_ done: Chunk) -> [Change] {
        if state.chunk > 0 {
            state.chunk = state.chunk * 2 >= SyncLimits.chunk ? 0 : state.chunk * 2
            return [.chunk(state.chunk)]
        }
        if done.slowest < SyncLimits.quick, done.uids.count >= pace {
            pace = min(pace * 2, SyncLimits.largestChunk)
        } else if done.slowest > SyncLimits.slow {
            pace = max(pace / 2, SyncLimits.smallestPace)
        }
        return []
    }

    /// These UIDs need no further look: moves the mark for new mail, or the scan's.
    mutating func settled(_ uids: UIDSet) -> [Change] {
        backlog = backlog.subtracting(uids)
        var changes: [Change] = []
        if let next = state.uidNext, let last = uids.from(next).last {
            // The newest were examined first: what is settled below them settles them too.
            lastSettled = max(lastSettled ?? last, last)
            if let last = lastSettled, backlog.from(next).isEmpty {
                state.uidNext = UID(last.rawValue &+ 1)
                changes += [checkpoint()].compactMap { $0 }
            }
        }
        if !state.scanComplete, scanTotal > 0 {
            state.scanned.formUnion(uids)
            state.scanComplete = backlog.isEmpty
            changes.append(backlog.isEmpty ? .scanCompleted : .scanned(uids))
        }
        return changes
    }
}

extension UIDSet {
    /// Those not below `first`.
    fileprivate func from(_ first: UID) -> UIDSet { intersection(UIDSet(from: first)) }
}
