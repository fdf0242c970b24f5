import IMAP
import MailboxModel
import SentSync

/// Sessions of the sync with a mailbox in memory.
enum Sessions {
    /// Counts as ours wherever `isOurs` says yes to all.
    static let token = "kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"

    static func selected(_ mailbox: MailboxModel) -> FolderSync.Selected {
        .init(
            uidValidity: UIDValidity(mailbox.uidValidity), uidNext: UID(mailbox.uidNext), highest: mailbox.highest,
            exists: mailbox.exists)
    }

    static func policy() -> FolderSync.Policy { .init(since: nil) { _ in true } }

    /// Until nothing is left to ask; returns all that was to be stored.
    @discardableResult
    static func work(_ sync: inout FolderSync, _ mailbox: inout MailboxModel, took: Duration = .zero) -> [Change] {
        var changes: [Change] = []
        var underway: [SyncRequest] = []
        while true {
            while let request = sync.next() { underway.append(request) }
            if underway.isEmpty { return changes + sync.drainNews() }
            let request = underway.removeFirst()
            var refusal: Completion?
            for command in request.commands(for: mailbox.capabilities) {
                let (untagged, completion) = mailbox.answer(command)
                untagged.forEach { sync.received($0) }
                if completion.status != .ok { refusal = completion }
            }
            changes +=
                refusal.map { sync.failed(request, reason: $0.text) } ?? sync.finished(request, took: took)
        }
    }

    static func scanned(_ mailbox: inout MailboxModel) -> FolderState {
        var sync = FolderSync(state: FolderState(), policy: policy())
        _ = sync.begin(selected(mailbox))
        work(&sync, &mailbox)
        return sync.state
    }
}

extension MailboxModel {
    /// A mail called `<NUMBER@example.net>`.
    @discardableResult
    mutating func send(_ number: Int, token: Bool = false, header: String = "", at date: Int64 = 1_790_000_000)
        -> UInt32
    {
        let pixel = token ? "<img src=\"https://px.example.org/i/\(Sessions.token).gif\">" : ""
        return append(
            "Subject: \(number)\nMessage-ID: <\(number)@example.net>\n\(header)Content-Type: text/html\n\n<p>Hi\(pixel)\n",
            at: date)
    }

    /// What was fetched beside flags and header fields.
    var bodiesRead: Int {
        log.count { command in
            guard case .uidFetch(_, let items, _, _) = command else { return false }
            return items.contains {
                switch $0 {
                case .bodyStructure: true
                case .body(let section, _): !section.part.isEmpty
                default: false
                }
            }
        }
    }
}

extension [Change] {
    var messages: [ExaminedMessage] { compactMap { if case .message(let message) = $0 { message } else { nil } } }
    var isReset: Bool { contains { if case .reset = $0 { true } else { false } } }
    var vanished: String {
        reduce(UIDSet()) { all, change in
            if case .vanished(let uids) = change { all.union(uids) } else { all }
        }.description
    }
}
