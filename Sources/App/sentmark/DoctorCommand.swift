import Agent
import ArgumentParser
import Foundation
import Host
import SentSync
import Settings
import Transport

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything, and say what to do about what is wrong.",
        discussion: """
            One line for each check: ✓ good, ! could be better, ✗ wrong. The configuration, the files and the disk; for each \
            account the secret, the login, the server and what is special about it, the Sent folder, whether keywords can be \
            stored, where the results will be seen, and what lies in the outbox; for each source the credential, the server and \
            its clock; for [server] the port, the secret and the streams; where hits are looked up, the lists of networks. A running agent is not disturbed.

            Ends with 0 if nothing is wrong, warnings included, and otherwise with the exit status of the first ✗.

            EXAMPLES
              sentmark doctor
              sentmark doctor --write
              sentmark doctor --json | jq '.checks[] | select(.outcome == "failed")'

            JSON
              checks: topic, check, outcome (good, warning, failed), detail, action,
              exit_status. exit_status: what it ends with.
            """)

    @OptionGroup var config: ConfigOptions

    @Flag(
        help: """
            Also put the keyword sentmark-probe on the newest message in Sent, read it back, and take it off again.
            """)
    var write = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        var checks: [Check] = []
        let show: ([Check]) throws -> Void = { found in
            checks += found
            if !json { try StandardOutput.write(found.map(\.line).joined()) }
        }
        try show(HostChecks.checks(HostFacts(Directories())))
        switch Result(catching: { () throws(SettingsProblems) in try config.load(filesMustExist: false) }) {
        case .failure(let problems): try show(HostChecks.configuration(problems))
        case .success(let settings):
            try show(HostChecks.configuration(settings, path: config.path))
            try await examine(settings, show)
        }
        try StandardOutput.write(json ? try JSONText.of(DoctorJSON(checks)) : "\n" + DoctorSummary.line(checks))
        if let status = DoctorSummary.status(checks) { throw ExitCode(status.rawValue) }
    }

    /// Everything at once, shown in the order of the configuration.
    private func examine(_ settings: Settings, _ show: ([Check]) throws -> Void) async throws {
        let poller = try Poller()
        let mayWrite = write
        let agent = AgentPresence.find(lock: Directories().state + "/agent.lock")
        var parts: [@Sendable () async -> [Check]] = settings.accounts.map { account in
            {
                let examination = AccountExamination(
                    account: account, poller: poller, mayWrite: mayWrite, agent: agent)
                return AccountChecks.checks(await examination.run(), signs: Signs(account, settings))
            }
        }
        if let submission = settings.submission {
            parts.append { SendingChecks.checks(submission, accounts: settings.accounts) }
            for account in settings.accounts {
                guard let provider = account.smtp else { continue }
                parts.append { SendingChecks.checks(await SendingFacts.find(account, provider, poller: poller)) }
            }
        }
        parts += settings.sources.map { source in
            { SourceChecks.checks(await SourceExamination(source: source, poller: poller).run()) }
        }
        parts += settings.providers.map { provider in
            { SourceChecks.checks(await SourceFacts.find(provider, poller: poller)) }
        }
        if let server = settings.server {
            parts.append { ServerChecks.checks(await ServerFacts.find(server, poller: poller)) }
        }
        if settings.looksUpNetworks {
            parts.append {
                NetworkChecks.checks(RangesReport(settings.ranges, RangesDirectory(Directories()), now: Date()))
            }
        }
        try await withThrowingTaskGroup(of: (Int, [Check]).self) { group in
            for (index, part) in parts.enumerated() { group.addTask { (index, await part()) } }
            var waiting: [Int: [Check]] = [:]
            var next = 0
            for try await (index, checks) in group {
                waiting[index] = checks
                while let checks = waiting.removeValue(forKey: next) {
                    try show(checks)
                    next += 1
                }
            }
        }
    }
}
