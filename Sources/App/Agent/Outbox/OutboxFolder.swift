import IMAP
import MIME
import Mailbox
import Outgoing
import Store
import Tokens

/// The messages of a folder of the outbox, each by its content.
struct OutboxFolder {
    struct Message {
        let uid: UID
        /// SHA-256 of its octets; of one that is too large, of what is known of it.
        let contentHash: [UInt8]
        let messageID: String?
        /// What it is sent under if it has no Message-ID.
        let newMessageID: String
        let isTooLarge: Bool
    }

    let mailbox: MailboxName
    let validity: UIDValidity?
    /// What came since has a UID from here on.
    let next: UID?
    /// Whether there are more than one look takes in.
    private(set) var hasMore = false
    private(set) var messages: [Message] = []
    /// Those that have not been read, since they are in the book.
    private(set) var known: [UID: OutboxEntry] = [:]
    /// Those that were left out, since they are marked as deleted.
    private(set) var deleted: [(uid: UID, size: UInt64)] = []

    /// Octets of a message; providers take hardly more.
    static let sizeLimit = 25 << 20
    /// Messages that one look takes in.
    private static let countLimit = 50

    /// - Parameters:
    ///   - entries: those whose place in this folder is known.
    ///   - skipsDeleted: who has marked a message as deleted in the outbox does not want it sent.
    nonisolated(nonsending) static func read(
        _ mailbox: MailboxName, over connection: any MailConnection, entries: [OutboxEntry] = [],
        skipsDeleted: Bool = false
    ) async throws -> OutboxFolder {
        let opened = try await connection.open(mailbox)
        var folder = OutboxFolder(mailbox: mailbox, validity: opened.validity, next: opened.next)
        guard opened.exists > 0 else { return folder }
        var listed: [(uid: UID, size: UInt64)] = []
        try await connection.require(.uidFetch(UIDSet(from: UID(1)), [.uid, .flags, .size])) { untagged in
            guard case .fetch(let data) = untagged, let uid = data.uid else { return }
            if skipsDeleted, data.flags?.contains(.deleted) == true {
                folder.deleted.append((uid, data.size ?? 0))
            } else {
                listed.append((uid, data.size ?? 0))
            }
        }
        folder.hasMore = listed.count > countLimit
        for (uid, size) in listed.prefix(countLimit) {
            let entry = entries.first { $0.place?.uid == uid && $0.place?.validity == opened.validity }
            if let entry {
                folder.known[uid] = entry
            } else if let message = try await message(uid, size, of: opened.validity, over: connection) {
                folder.messages.append(message)
            }
        }
        return folder
    }

    /// The message with this content among those that are marked as deleted. The folder is to be selected.
    nonisolated(nonsending) func deleted(
        _ contentHash: [UInt8], over connection: any MailConnection
    ) async throws -> UID? {
        for (uid, size) in deleted.suffix(Self.countLimit) {
            let message = try await Self.message(uid, size, of: validity, over: connection)
            if message?.contentHash == contentHash { return uid }
        }
        return nil
    }

    private nonisolated(nonsending) static func message(
        _ uid: UID, _ size: UInt64, of validity: UIDValidity?, over connection: any MailConnection
    ) async throws -> Message? {
        let content: SectionContent? =
            size > UInt64(sizeLimit) ? .oversized(announced: size) : try await connection.content(of: uid)
        var random = SystemRandomNumberGenerator()
        let name = (0..<2).map { _ in String(random.next(), radix: 16) }.joined()
        switch content {
        case .bytes(let bytes):
            guard let hash = KeyedHash.sha256(bytes) else { return nil }
            return Message(
                uid: uid, contentHash: hash, messageID: HeaderFields(parsing: bytes).messageID,
                newMessageID: OutboxMail.newMessageID(for: bytes, random: name), isTooLarge: false)
        case .oversized:
            let known = "\(validity?.rawValue ?? 0) \(uid.rawValue) \(size)"
            guard let hash = KeyedHash.sha256(Array(known.utf8)) else { return nil }
            return Message(
                uid: uid, contentHash: hash, messageID: nil, newMessageID: "\(name)@localhost", isTooLarge: true)
        case .absent, nil:
            return nil
        }
    }
}
