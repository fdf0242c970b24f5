import ArgumentParser
import Foundation
import Host
import Opens
import SentSync
import Store

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "List the tracked messages and whether they were opened.",
        discussion: """
            ✓ is a message that carries a token, ✓✓ one that a person has opened, – one of which no copy is left in the \
            mailbox. Below the messages stands how each account does, and which drafts of its \
            outbox wait, or were not sent within the last week. Nothing is asked of any server: this is what the \
            agent knows now.

            A message without evidence is 'no evidence' and never 'unread': many mail programs load no images. \
            'unreliable' stands where nobody at the recipient's domain was ever seen to read; 'sentmark why' says why.

            EXAMPLES
              sentmark status
              sentmark status --state opened --since 7d
              sentmark status --account work --since 2026-11-01 --until 2026-11-30
              sentmark status --json | jq -r '.messages[] | [.status, .subject] | @tsv'

            JSON
              messages: account, message_id, sent_at, recipients, subject, status
              (opened, maybe, machine_only, self_only, not_opened, unknown), marks,
              readings, first_open_at, last_open_at, keywords (as last read from the
              server; left out when no copy is known), unreliable (domain, reason:
              silent, scanned, preloaded; messages, reached; left out where none is).
              accounts: name, state, detail, since, tracked, refused (keyword: or
              the label, colour or folder; reason; kind: keyword, label, color,
              copy; messages: how many, left out where it is all), set_aside,
              outbox (state: waiting, sent, refused, uncertain; drafts: how many;
              at: since when they wait, or when the last came so far; reason; left
              out where there are none).
              agent: running, pid.
            """)

    @OptionGroup var config: ConfigOptions

    @Option(help: "Only messages of this account.")
    var account: String?

    @Option(
        name: .customLong("state"),
        help: "Only messages in this state; may be given several times.")
    var states: [StateArgument] = []

    @Option(help: ArgumentHelp("Only messages sent since: 7d, 2026-11-23 or 2026-11-23T15:04.", valueName: "time"))
    var since: TimeArgument?

    @Option(help: ArgumentHelp("Only messages sent until: as --since; a day is included.", valueName: "time"))
    var until: TimeArgument?

    @Option(help: "At most so many messages, the newest first.")
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000000") }
    }

    /// Room for one transaction of the agent.
    private static let least: UInt64 = 64 << 10

    private static func isFull(_ path: String) -> Bool {
        (try? DiskSpace(at: path)).map { $0.available < least } ?? false
    }

    func run() async throws {
        let directories = Directories()
        let clock = ClockText()
        let now = Date()
        let filter = StatusFilter(
            account: account, statuses: Set(states.map(\.status)), from: since?.first(now: now, in: clock.calendar),
            until: until?.end(now: now, in: clock.calendar), limit: limit)
        let store = try AgentStore.readOnly(path: directories.state + "/agent.db")
        let report = StatusReport(
            messages: try await store.status(filter),
            accounts: try await store.accounts(now: now).filter { account == nil || $0.account == account },
            agent: AgentPresence.find(lock: directories.state + "/agent.lock"),
            now: now,
            fullDisk: Self.isFull(directories.state) ? directories.state : nil)
        if let account, report.accounts.isEmpty {
            throw Failure(
                .dataError, "account \(account): the agent knows none of this name", action: "see: sentmark status")
        }
        try StandardOutput.write(
            json ? try JSONText.of(StatusJSON(report)) : report.text(width: StandardOutput.width, clock: clock))
    }
}

/// A message's state as it is asked for: the word of the table or that of the JSON.
enum StateArgument: String, CaseIterable, ExpressibleByArgument {
    case opened, maybe, reached
    case own = "self"
    case notOpened = "not-opened"
    case unknown

    init?(argument: String) {
        let word = argument.lowercased().replacing("_", with: "-")
        switch word {
        case "machine-only": self = .reached
        case "self-only": self = .own
        default: self.init(rawValue: word)
        }
    }

    var status: OpenStatus {
        switch self {
        case .opened: .opened
        case .maybe: .maybe
        case .reached: .machineOnly
        case .own: .selfOnly
        case .notOpened: .notOpened
        case .unknown: .unknown
        }
    }
}
