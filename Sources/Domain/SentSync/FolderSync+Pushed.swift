import IMAP

/// Messages of which a server told by itself all that is asked of news (NOTIFY, RFC 5465).
struct Pushed: Sendable {
    private(set) var messages: [UID: FetchData] = [:]
    /// Whether the number of messages below UIDNEXT is known for this moment, and not only as of the last look.
    var countIsKnown = false
    /// The server has dropped news and tells no more.
    var hasOverflowed = false

    mutating func add(_ data: FetchData, of uid: UID) {
        guard !data.isPartial, data.flags != nil, data.internalDate != nil, data.headerFields != nil else { return }
        if messages.count < SyncLimits.pushed { messages[uid] = data }
    }

    mutating func take() -> [UID: FetchData] {
        defer { messages = [:] }
        return messages
    }
}

extension FolderSync {
    /// Whether the folder has to be selected anew, to learn what was not told.
    package var hasLostNews: Bool { pushed.hasOverflowed }

    /// Those that arrived, if the server has told of every one: as many as there are more. Else they are asked for.
    mutating func takePushed(from first: UID) -> Chunk? {
        let told = pushed.take()
        guard pushed.countIsKnown, let count = state.count, !told.isEmpty, Int(exists) == Int(count) + told.count else {
            return nil
        }
        return Chunk(told: told, from: first, lookout: lookout)
    }
}
