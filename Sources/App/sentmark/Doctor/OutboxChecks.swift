import Agent
import IMAP
import Mailbox
import SentSync

/// What lies in the folders of an account's outbox.
struct OutboxFacts: Sendable {
    struct Folder: Sendable {
        /// As the user reads it.
        var name: String
        /// Those that are marked as deleted do not count.
        var drafts: Int
    }

    var outbox: Folder
    var sending: Folder
    var refused: Folder
    var notSure: Folder
    /// Whether the agent has made the folders.
    var isMade = true
    /// Without UIDPLUS no draft can be kept from being sent twice.
    var canBeServed = true
    var agent = AgentPresence.unknown
}

extension OutboxFacts {
    /// Looks, and changes nothing.
    static func find(
        _ name: String, among entries: [ListEntry], over connection: Connection, agent: AgentPresence
    ) async throws(MailboxError) -> OutboxFacts {
        let folders = OutboxFolders(named: name, among: entries)
        func folder(_ mailbox: MailboxName) async throws(MailboxError) -> Folder {
            var folder = Folder(name: mailbox.display, drafts: 0)
            guard !folders.missing.contains(mailbox) else { return folder }
            folder.drafts = try await drafts(in: mailbox, over: connection)
            return folder
        }
        return OutboxFacts(
            outbox: try await folder(folders.outbox), sending: try await folder(folders.sending),
            refused: try await folder(folders.refused), notSure: try await folder(folders.notSure),
            isMade: folders.missing.isEmpty, canBeServed: await connection.capabilities.contains(.uidPlus), agent: agent
        )
    }

    private static func drafts(in mailbox: MailboxName, over connection: Connection) async throws(MailboxError) -> Int {
        var exists: UInt32 = 0
        try await connection.require(.examine(mailbox, nil)) { if case .exists(let count) = $0 { exists = count } }
        guard exists > 0 else { return 0 }
        var count = 0
        try await connection.require(.uidFetch(UIDSet(from: UID(1)), [.uid, .flags])) { untagged in
            guard case .fetch(let data) = untagged, let flags = data.flags, !flags.contains(.deleted) else { return }
            count += 1
        }
        return count
    }
}

/// What that means: a check for each folder in which there is something to do.
enum OutboxChecks {
    static func checks(_ topic: String, _ facts: OutboxFacts) -> [Check] {
        let name = "outbox"
        let (outbox, refused, notSure) = (facts.outbox, facts.refused, facts.notSure)
        guard facts.canBeServed else {
            return [
                Check(
                    topic, name, .failed(.unavailable),
                    "the server has no UIDPLUS (RFC 4315), without which no draft can be kept from being sent twice",
                    action: "take outbox out of the configuration")
            ]
        }
        var checks = outbox.drafts + facts.sending.drafts > 0 ? waiting(topic, facts) : []
        if refused.drafts > 0 {
            checks.append(
                Check(
                    topic, name, .warning, "\(refused.drafts.counted("draft")) in \(refused.name) NOT sent",
                    action: "a mail in the inbox says why: correct it and move it to \(outbox.name) again, or delete it"
                ))
        }
        if notSure.drafts > 0 {
            checks.append(
                Check(
                    topic, name, .warning, "\(notSure.drafts.counted("draft")) in \(notSure.name), sent or not",
                    action:
                        "ask the recipients: move what they have not got to \(outbox.name) again, and delete the rest"))
        }
        guard checks.isEmpty else { return checks }
        let state = facts.isMade ? "empty" : "which the agent makes when it starts"
        return [Check(topic, name, .good, "\(outbox.name), \(state)")]
    }

    private static func waiting(_ topic: String, _ facts: OutboxFacts) -> [Check] {
        let count = (facts.outbox.drafts + facts.sending.drafts).counted("draft")
        let places = [facts.outbox, facts.sending].filter { $0.drafts > 0 }.map(\.name).joined(separator: " and ")
        let detail = "\(count) in \(places) to be sent"
        return switch facts.agent {
        case .notRunning:
            [
                Check(
                    topic, "outbox", .warning, "\(detail), and the agent does not run",
                    action: "start it with 'sentmark run' or 'sentmark service install'")
            ]
        case .running, .unknown:
            [
                Check(
                    topic, "outbox", .good,
                    "\(detail); what stays there longer stands in 'sentmark status', or in the agent's log")
            ]
        }
    }
}
