import Foundation
import IMAP
import Opens
import SentSync
import Store

/// What `sentmark status` shows.
struct StatusReport: Sendable {
    var messages: [StatusLine]
    var accounts: [AccountReport]
    var agent: AgentPresence
    var now: Date
    /// The state directory, if its disk has no room: then the agent cannot note what it does.
    var fullDisk: String?

    private static let narrow = 110

    /// `width` is the terminal's; `nil` is without limit.
    func text(width: Int?, clock: ClockText) -> String {
        var out = messages.isEmpty ? "No tracked message matches.\n" : table(clock, width: width).rendered(width: width)
        out += "\n"
        for account in accounts {
            for line in lines(on: account, clock) { out += TerminalText.clean(line) + "\n" }
        }
        switch agent {
        case .running: break
        case .notRunning: out += "The agent does not run: start it with 'sentmark run' or 'sentmark service install'.\n"
        case .unknown: out += "Whether the agent runs cannot be told on this system.\n"
        }
        if let fullDisk {
            let line = "The disk of \(fullDisk) is full, so that this may be old. Make room: nothing is lost meanwhile."
            out += TerminalText.clean(line) + "\n"
        }
        return out
    }

    private func table(_ clock: ClockText, width: Int?) -> TextTable {
        // Times take the most room; in a narrow terminal they do without what everybody knows.
        let time = width.map { $0 < Self.narrow } ?? false ? { clock.short($0, now: now) } : clock.minute
        var table = TextTable([
            .init("SENT"), .init("TO", minimum: 8), .init("SUBJECT", minimum: 10), .init(""), .init("STATUS"),
            .init("OPENS", .right), .init("LAST OPEN"), .init("ACCOUNT", minimum: 6),
        ])
        table.rows = messages.map { line in
            [
                line.sentAt.map(time) ?? "?", line.recipientText, line.subject, line.ticks, line.words,
                line.standing.readings > 0 ? String(line.standing.readings) : "",
                line.lastOpen.map(time) ?? "", line.account,
            ]
        }
        return table
    }

    private func lines(on account: AccountReport, _ clock: ClockText) -> [String] {
        let count = account.tracked.counted("tracked message")
        var lines = ["\(account.account): \(count); \(account.words(clock))"]
        for refusal in account.refusals {
            lines.append("  \(refusal.sign.words) \(refusal.verb): \(refusal.reason)")
        }
        if account.parked > 0 {
            let (messages, them) =
                account.parked == 1 ? ("1 message is", "it") : ("\(account.parked) messages are", "them")
            lines.append("  \(messages) set aside: what the server sends of \(them) cannot be read")
        }
        return lines + account.outbox.map { "  outbox: \($0.words(clock))" }
    }
}

extension StatusLine {
    /// The keywords that the evidence asks for, the user's own word included.
    var marks: Set<Mark> {
        let isOverruled = (flags ?? []).contains { Flag(spelling: $0) == KeywordNames.notMe }
        return standing.marks(overruled: isOverruled).union(isOverruled ? [] : kept)
    }

    var ticks: String {
        guard flags != nil else { return "–" }
        return marks.contains(.opened) ? "✓✓" : "✓"
    }

    var word: String {
        if standing.status == .opened, !marks.contains(.opened) { return "yours" }
        if standing.status != .opened, marks.contains(.opened) { return "opened earlier" }
        return standing.claimedStatus.word
    }

    /// With how many of the recipients, where that can be told, or with how little it says.
    fileprivate var words: String {
        if marks.contains(.unreliable) { return "\(word), unreliable" }
        guard let openedBy, standing.status == .opened, marks.contains(.opened) else { return word }
        return "\(word) \(openedBy.count)/\(openedBy.of)"
    }

    fileprivate var recipientText: String {
        guard let first = recipients.first else { return "" }
        return recipients.count > 1 ? "\(first) +\(recipients.count - 1)" : first
    }
}

extension OpenStatus {
    /// For people; never "unread".
    var word: String {
        switch self {
        case .opened: "opened"
        case .maybe: "maybe"
        case .machineOnly: "reached"
        case .selfOnly: "yours"
        case .notOpened: "not opened"
        case .unknown: "no evidence"
        }
    }
}

extension Refusal {
    fileprivate var verb: String {
        let verb = sign.projection == .copy ? "is not made" : "is not kept"
        return switch messages {
        case nil: verb
        case 1: verb + " for 1 message"
        case let count?: verb + " for \(count) messages"
        }
    }
}

extension AccountReport {
    /// The state as the agent last noted it, in words.
    fileprivate func words(_ clock: ClockText) -> String {
        let detail = detail.isEmpty ? "" : ": \(detail)"
        return switch state {
        case "idle": "up to date since \(clock.minute(since))"
        case "connecting": "connecting since \(clock.minute(since))"
        case "scanning": "first look at the Sent folder\(detail)"
        case "waiting": "trying again by itself\(detail)"
        case "needs-user": "NEEDS YOU\(detail)"
        default: state + detail
        }
    }
}
