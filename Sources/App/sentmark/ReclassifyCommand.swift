import Agent
import ArgumentParser
import Foundation
import Host
import Opens
import Store

struct ReclassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reclassify",
        abstract: "Judge all history once more, and show what changes.",
        discussion: """
            Every hit on every tracked message is judged by the rules and tables of this version. What comes out \
            otherwise than it was is listed. Then the agent that runs, or the next one that starts, does the same and \
            moves the keywords, both ways. After an update that changes the rules it does so by itself.

            EXAMPLES
              sentmark reclassify --dry-run
              sentmark reclassify --json | jq '.changes[].message_id'

            JSON
              version of the rules; messages: how many were judged;
              changes: account, message_id, subject, from, to, readings_from,
              readings_to, rules_from, rules_to (the rules of each hit).
              applied: whether an agent does it now; null with --dry-run.
            """)

    @Flag(help: "Show what would change, and leave it at that.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let directories = Directories()
        let store = try AgentStore.readOnly(path: directories.state + "/agent.db")
        var report = ReclassificationReport(version: Rules.current.version)
        var last: MessageKey?
        let now = Date()
        while case let messages = try await store.judgedMessages(after: last), !messages.isEmpty {
            for message in messages { report.add(message, OpensEngine.judge(message.history, now: now)) }
            last = messages.last?.key
        }
        if !dryRun { report.applied = try await Reclassification.request(directories) }
        try StandardOutput.write(json ? try JSONText.of(report) : report.text)
    }
}

/// What judging once more would change.
struct ReclassificationReport: Encodable {
    struct Change: Encodable, Equatable {
        let account: String
        let messageID: String?
        let subject: String
        let from: String
        let to: String
        let readingsFrom: Int
        let readingsTo: Int
        let rulesFrom: [String?]
        let rulesTo: [String]
    }

    let version: Int
    private(set) var messages = 0
    private(set) var changes: [Change] = []
    var applied: Bool?

    init(version: Int) { self.version = version }

    mutating func add(_ message: JudgedMessage, _ judgement: Judgement) {
        messages += 1
        let rules = judgement.verdicts.map(\.rule)
        guard judgement.status != message.status || judgement.readings != message.readings || rules != message.verdicts
        else { return }
        changes.append(
            Change(
                account: message.account, messageID: message.messageID, subject: message.subject,
                from: message.status.rawValue, to: judgement.status.rawValue, readingsFrom: message.readings,
                readingsTo: judgement.readings, rulesFrom: message.verdicts, rulesTo: rules))
    }

    var text: String {
        let moved = changes.filter { $0.from != $0.to || $0.readingsFrom != $0.readingsTo }
        var out = ""
        for change in moved {
            let name = change.messageID.map { "<\($0)>" } ?? "a message without Message-ID"
            out += TerminalText.clean("\(name)  \(Self.words(change))  \(change.subject)") + "\n"
        }
        let others = changes.count - moved.count
        out += "\(messages) judged by rules version \(version): \(moved.count) come out otherwise"
        out += others > 0 ? ", \(others) alike for another reason.\n" : ".\n"
        switch applied {
        case nil: out += "Nothing has been changed.\n"
        case true?: out += "The agent judges them now, and moves the keywords.\n"
        case false?: out += "No agent runs: the next one judges them when it starts.\n"
        }
        return out
    }

    private static func words(_ change: Change) -> String {
        func word(_ status: String, _ readings: Int) -> String {
            let word = OpenStatus(rawValue: status)?.word ?? status
            return readings > 1 ? "\(word) (\(readings) readings)" : word
        }
        return "\(word(change.from, change.readingsFrom)) → \(word(change.to, change.readingsTo))"
    }
}
