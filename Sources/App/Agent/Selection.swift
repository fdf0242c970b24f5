import IMAP
import Mailbox
import SentSync
import Servers

/// What SELECT told of a mailbox.
struct Selection: Sendable {
    let selected: FolderSync.Selected
    var offer: MailboxOffer
    /// All flags and keywords of the mailbox, as FLAGS and PERMANENTFLAGS tell them.
    var listedFlags: Set<Flag> = []
    /// What came behind SELECT's own EXISTS, perhaps in the same packet: news already, and not part of the answer.
    let news: [Untagged]

    /// `state` is what is known of the mailbox: a server that can tells what has changed since.
    static func select(
        _ mailbox: MailboxName, on connection: any MailConnection, of server: MailServer, resuming state: FolderState
    ) async throws -> Selection {
        let numbersChanges = server.serverClass >= .condstore
        var seen = Collected()
        var completion: Completion?
        if server.serverClass == .qresync, let validity = state.uidValidity, let highest = state.highest {
            let answer = try await connection.run(
                [.select(mailbox, .qresync(validity, highest, known: nil))], each: { seen.add($0) }
            ).first
            // BAD is about the parameter, and asked without it the answer is another.
            if answer?.status == .bad {
                seen = Collected()
            } else if let answer {
                guard answer.status == .ok else { throw MailboxError.refused(command: "SELECT", answer) }
                seen.selected.isResynchronised =
                    seen.selected.uidValidity == validity && seen.selected.highest != nil
                completion = answer
            }
        }
        if completion == nil {
            completion = try await connection.require(.select(mailbox, numbersChanges ? .condstore : nil)) {
                seen.add($0)
            }
        }
        if !numbersChanges { seen.selected.highest = nil }
        return Selection(
            selected: seen.selected,
            offer: MailboxOffer(
                permanentFlags: seen.permanentFlags, isReadOnly: completion?.code == .readOnly,
                assumesKeywords: server.policy.assumesKeywords,
                hasLabels: server.identity.capabilities.contains(.gmail)),
            listedFlags: seen.flags.union(seen.permanentFlags ?? []), news: seen.news)
    }

    struct Collected {
        var selected = FolderSync.Selected(uidValidity: nil, uidNext: nil, highest: nil, exists: 0)
        var permanentFlags: Set<Flag>?
        var flags: Set<Flag> = []
        var news: [Untagged] = []
        private var hasCount = false

        mutating func add(_ untagged: Untagged) {
            switch untagged {
            case .exists(let count) where !hasCount:
                selected.exists = count
                hasCount = true
            case .exists, .expunge, .vanished, .fetch: news.append(untagged)
            case .condition(let condition): add(condition.code)
            case .flags(let all): flags = Set(all)
            default: break
            }
        }

        private mutating func add(_ code: ResponseCode?) {
            switch code {
            case .uidValidity(let value): selected.uidValidity = value
            case .uidNext(let value): selected.uidNext = value
            case .highestModificationSequence(let value): selected.highest = value
            case .noModificationSequences: selected.highest = nil
            case .permanentFlags(let flags): permanentFlags = Set(flags)
            // What came before was about the mailbox that was selected before (RFC 7162 3.2.11).
            case .closed: self = Collected()
            default: break
            }
        }
    }
}
