import IMAP
import MIME
import Mailbox
import Servers

/// What SELECT or EXAMINE said of a mailbox.
struct OpenedMailbox: Sendable {
    var validity: UIDValidity?
    var next: UID?
    var exists: UInt32 = 0

    mutating func add(_ untagged: Untagged) {
        switch untagged {
        case .exists(let count): exists = count
        case .condition(let condition):
            if case .uidValidity(let value) = condition.code { validity = value }
            if case .uidNext(let value) = condition.code { next = value }
        default: break
        }
    }
}

/// Whole messages: each act has been carried out when it returns, or throws.
extension MailConnection {
    nonisolated(nonsending) func open(_ mailbox: MailboxName) async throws -> OpenedMailbox {
        var opened = OpenedMailbox()
        try await require(.select(mailbox, nil)) { opened.add($0) }
        return opened
    }

    /// A whole message or a section of it, of the selected mailbox; `nil` if it is not there.
    nonisolated(nonsending) func content(of uid: UID, _ section: Section = .message) async throws -> SectionContent? {
        var content: SectionContent?
        try await require(.uidFetch(UIDSet(uid), [.uid, .body(section)])) { untagged in
            if case .fetch(let data) = untagged, data.uid == uid, let found = data.sections.first?.content {
                content = found
            }
        }
        return content
    }

    /// Moves a message of the selected mailbox.
    /// - Returns: where it is now; `nil` if there was nothing to move: then somebody else has it. Needs UIDPLUS.
    nonisolated(nonsending) func move(_ uid: UID, to mailbox: MailboxName) async throws -> (UIDValidity, UID)? {
        let isAtOnce = await capabilities.contains(.move)
        var place: (UIDValidity, UID)?
        let note = { (code: ResponseCode?) in
            if case .copyUID(let validity, _, let destination) = code, let first = destination.first {
                place = (validity, first)
            }
        }
        let command: Command = isAtOnce ? .uidMove(UIDSet(uid), mailbox) : .uidCopy(UIDSet(uid), mailbox)
        let end = try await require(command) { if case .condition(let condition) = $0 { note(condition.code) } }
        note(end.code)
        if !isAtOnce, place != nil { try await remove(uid) }
        return place
    }

    /// Deletes one message of the selected mailbox for good, and no other. Needs UIDPLUS.
    nonisolated(nonsending) func remove(_ uid: UID) async throws {
        try await require(.uidStore(UIDSet(uid), .add, [.deleted]))
        try await require(.uidExpunge(UIDSet(uid)))
    }

    /// Finds a message by one of its Message-IDs. The mailbox is selected afterwards.
    ///
    /// The latest messages are looked at one by one; the server is asked for older ones where it can be relied on to
    /// answer, and is not believed without a look.
    nonisolated(nonsending) func find(
        _ messageIDs: Set<String>, in mailbox: MailboxName, _ policy: ServerPolicy
    ) async throws -> UID? {
        let opened = try await open(mailbox)
        guard opened.exists > 0 else { return nil }
        let last = opened.next?.rawValue ?? 1
        let recent = UIDSet(from: UID(last > recentUIDs ? last - recentUIDs : 1))
        if let found = try await match(messageIDs, among: recent) { return found }
        guard policy.searchesText else { return nil }
        for id in messageIDs.sorted() {
            var hits = UIDSet()
            try await require(.uidSearch(.header("Message-ID", id))) { untagged in
                if case .search(let result) = untagged, let all = result.all { hits = hits.union(all) }
            }
            if !hits.isEmpty, let found = try await match(messageIDs, among: hits) { return found }
        }
        return nil
    }

    /// The number of UIDs before the next one that are looked at.
    private nonisolated var recentUIDs: UInt32 { 500 }

    private nonisolated(nonsending) func match(_ messageIDs: Set<String>, among uids: UIDSet) async throws -> UID? {
        var found: UID?
        for command in Command.uidFetch(uids, [.uid, .body(.headerFields(["MESSAGE-ID"]))]).split() {
            try await require(command) { untagged in
                guard case .fetch(let data) = untagged, let uid = data.uid, let bytes = data.headerFields?.bytes,
                    let id = HeaderFields(parsing: bytes).messageID, messageIDs.contains(id)
                else { return }
                found = uid
            }
        }
        return found
    }
}
