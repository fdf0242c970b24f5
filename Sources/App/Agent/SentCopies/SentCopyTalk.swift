import IMAP
import MIME
import Mailbox
import SentSync
import Tokens

/// What is asked about single messages of a selected folder while its sync goes on: that learns of flags, and of nothing
/// that was not meant for it.
struct SentCopyTalk {
    let conversation: Conversation
    let numbersChanges: Bool

    /// A message as the server shows it.
    struct Look {
        let flags: Set<Flag>
        let date: InternalDate?
        let size: UInt64
        let change: ModificationSequence?

        var isDeleted: Bool { flags.contains(.deleted) }
        /// What its replacement gets.
        var kept: Set<Flag> { flags.subtracting([.deleted, .recent]) }
    }

    func run(_ command: Command) async throws(MailboxError) -> Completion {
        guard let end = try await conversation.run([command], takes: { _ in false }).first else { throw .cancelled }
        return end
    }

    func require(_ command: Command) async throws(MailboxError) {
        let end = try await run(command)
        guard end.status == .ok else { throw .refused(command: command.name, end) }
    }

    /// `nil` if it is not there.
    func look(at uid: UID) async throws(MailboxError) -> Look? {
        let items: [FetchItem] = [.uid, .flags, .internalDate, .size]
        let found = try await fetch(UIDSet(uid), items + (numbersChanges ? [.modificationSequence] : []))
        guard let data = found.last(where: { $0.uid == uid && $0.internalDate != nil }), let flags = data.flags else {
            return nil
        }
        return Look(
            flags: Set(flags), date: data.internalDate, size: data.size ?? 0, change: data.modificationSequence)
    }

    /// All octets; `nil` if it is not there, or too large to be read.
    func content(of uid: UID) async throws(MailboxError) -> [UInt8]? {
        try await fetch(UIDSet(uid), [.uid, .body(.message)]).last { $0.uid == uid }?.content(of: .message)?.bytes
    }

    /// What the messages are called that came after that one, or the last ones of them.
    func names(after uid: UID, atMost count: UInt32) async throws(MailboxError) -> [(UID, CopyName)] {
        var newest = uid
        // `*` is the newest message, whatever it is.
        for data in try await fetch(UIDSet(from: .last), [.uid, .internalDate]) {
            if let found = data.uid { newest = max(newest, found) }
        }
        guard newest > uid else { return [] }
        let first = max(uid.rawValue + 1, newest.rawValue > count ? newest.rawValue - count : 1)
        let found = try await fetch(UIDSet(UID(first)...newest), [.uid, .body(.headerFields(CopyName.fields))])
        return found.compactMap { data in
            guard let uid = data.uid, let bytes = data.headerFields?.bytes else { return nil }
            return (uid, CopyName(HeaderFields(parsing: bytes)))
        }
    }

    /// Deletes one message for good, and no other.
    /// Where the server refuses that, it stays.
    func remove(_ uid: UID) async throws(MailboxError) {
        guard try await run(.uidStore(UIDSet(uid), .add, [.deleted])).status == .ok else { return }
        try await require(.uidExpunge(UIDSet(uid)))
    }

    private func fetch(_ uids: UIDSet, _ items: [FetchItem]) async throws(MailboxError) -> [FetchData] {
        var found: [FetchData] = []
        let command = Command.uidFetch(uids, items)
        let ends = try await conversation.run([command]) { untagged in
            guard case .fetch(let data) = untagged, !data.sections.isEmpty || data.internalDate != nil else {
                return false
            }
            found.append(data)
            return true
        }
        for data in found where data.flags != nil {
            var told = FetchData(sequence: data.sequence)
            told.uid = data.uid
            told.flags = data.flags
            told.modificationSequence = data.modificationSequence
            conversation.sync.received(.fetch(told))
        }
        guard let end = ends.first, end.status == .ok else {
            throw ends.first.map { .refused(command: command.name, $0) } ?? .cancelled
        }
        return found
    }
}

/// What tells a clean copy from other messages.
struct CopyName: Equatable {
    static let fields = ["MESSAGE-ID", TokenField.name.uppercased()]

    let messageID: String?
    let tokens: [Token]

    init(_ header: HeaderFields) {
        messageID = header.messageID
        tokens = header.values(TokenField.name).flatMap { TokenField.tokens(in: $0) }
    }
}
