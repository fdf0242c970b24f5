import ArgumentParser
import Foundation
import Host
import Settings
import Store
import Tokens

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show everything that is known about one message, and what follows from it.",
        discussion: """
            Every token in the message, every request for its pixel with its verdict and the rule that gave it, what your \
            mailbox tells (a flag that you changed, an answer or a report that quotes the pixel), and every keyword that \
            was written, refused or removed by you. Of a message that was sent through Sentmark also what the \
            provider said, and why each recipient's copy carries a token or none.

            ID is the message's Message-ID, with or without angle brackets, or one of its tokens, or a pixel's URL.

            EXAMPLES
              sentmark why '<20261123150405.12345@example.org>'
              sentmark why ceaaaaceaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
              sentmark why --json ID | jq '.messages[].hits[].verdict.rule'

            JSON
              messages: message (as in 'sentmark status --json'), tracked, tokens,
              hits (source, hit, verdict with its rule's explanation), more_hits (later
              ones), only_counted (of these), forgotten (earlier ones, deleted),
              own_activity (since, until), incoming (at, kind, by_recipient,
              shows_pixel), undelivered, written, rules, review_at.
              outgoing: account, message_id, way, at, state, reply, provider_id,
              recipients (address, reason, explanation, token).
              waiting: hits on a token of no known message.
              reasons: why nothing is known.
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: ArgumentHelp("A Message-ID, a token, or a pixel's URL.", valueName: "id"))
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try config.loadIfPresent()
        let directories = Directories()
        let name = PixelText.token(in: name)?.text ?? name
        let store = try AgentStore.readOnly(path: directories.state + "/agent.db")
        let messages = try await store.reports(on: name)
        var report = WhyReport(
            name: name, messages: messages, waiting: messages.isEmpty ? try await store.waitingHits(on: name) : [],
            streams: StreamKeys(of: settings))
        report.outgoing = try await store.outgoing(named: name)
        if messages.isEmpty {
            report.agent = AgentPresence.find(lock: directories.state + "/agent.lock")
            report.accounts = try await store.accounts(now: Date())
        }
        try StandardOutput.write(json ? try JSONText.of(WhyJSON(report)) : report.text(clock: ClockText()))
        guard messages.isEmpty, report.waiting.isEmpty, report.outgoing.isEmpty else { return }
        throw Failure(.unavailable, "\(name): no such message is known", action: "the likely reasons are listed above")
    }
}
