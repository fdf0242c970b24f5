import IMAP
import MIME
import Mailbox
import SentSync
import Store

/// The folder that the user has named for copies of messages. Before a session copies anything there it looks at what
/// has arrived in it since the last look: a COPY of which nobody knows whether it was carried out shows there.
struct CopyFolder {
    /// Messages that one look takes in; each costs memory.
    static let limit = 100_000

    private let name: String
    private let store: AgentStore
    private let account: AccountID
    /// Whose messages are copied.
    private let folder: FolderID

    /// `nil` where nothing is to be copied.
    init?(_ tools: FolderTools, for folder: FolderID) {
        guard let name = tools.signs.copyFolder else { return nil }
        self.name = name
        store = tools.store
        account = tools.account
        self.folder = folder
    }

    private var mailbox: MailboxName { MailboxName(name) }

    /// Returns why nothing can be copied there, if so. Another mailbox is selected afterwards.
    func lookThrough(_ connection: any MailConnection, source: MailboxName) async throws -> String? {
        if mailbox == source { return "it is the folder that the messages are in" }
        var contents = OpenedMailbox()
        let completion = try await connection.run([.examine(mailbox, nil)]) { contents.add($0) }.first
        guard completion?.status == .ok else { return try await make(on: connection) }
        let known = try await store.copyFolder(name, of: account)
        let first = known.flatMap { $0.validity == contents.validity ? $0.next : nil } ?? UID(1)
        var found = Found(first: first)
        if contents.exists > 0, contents.next.map({ $0 > first }) ?? true {
            let end = try await connection.run(
                [.uidFetch(UIDSet(from: first), [.uid, .body(.headerFields(["MESSAGE-ID"]))])],
                each: { found.add($0) }, skipped: { _ in found.isReadable = false }
            ).first
            guard end?.status == .ok, found.isReadable else {
                return "what is in it cannot be read: \(end?.text ?? "")"
            }
            guard found.messageIDs.count < Self.limit else { return "it holds too many messages to look through" }
        }
        let next = contents.validity.flatMap { validity in contents.next.map { (validity, max($0, first)) } }
        try await store.found(found.messageIDs, in: name, upTo: next, for: folder, of: account)
        return nil
    }

    private func make(on connection: any MailConnection) async throws -> String? {
        let completion = try await connection.run([.create(mailbox)]).first
        guard completion?.status == .ok else {
            return "the folder is not there and cannot be made: \(completion?.text ?? "")"
        }
        // Programs that show subscribed folders alone shall show it; if not, nothing is lost.
        _ = try await connection.run([.subscribe(mailbox)])
        try await store.found([], in: name, upTo: nil, for: folder, of: account)
        return nil
    }

    private struct Found {
        let first: UID
        var messageIDs: Set<String> = []
        var isReadable = true

        mutating func add(_ untagged: Untagged) {
            // `n:*` brings the last message, whatever n is.
            guard case .fetch(let data) = untagged, let uid = data.uid, uid >= first else { return }
            guard let header = data.headerFields?.bytes else { return isReadable = false }
            guard let id = HeaderFields(parsing: header).messageID, messageIDs.count < CopyFolder.limit else { return }
            messageIDs.insert(id)
        }
    }
}
