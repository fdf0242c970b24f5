import Agent
import Host
import SMTP
import Secrets
import Settings
import Submission
import Transport

/// What was found when an account's provider was asked whether it takes mail, as far as it went.
struct SendingFacts: Sendable {
    var account: String
    var provider: String
    var offer: Result<Extensions, Failure>

    static func find(_ account: Settings.Account, _ provider: Settings.Provider, poller: Poller) async -> SendingFacts {
        let offer: Result<Extensions, Failure>
        do {
            let upstream = try await Upstream.open(account, provider, on: poller)
            offer = .success(upstream.extensions)
            await upstream.quit()
        } catch {
            offer = .failure(Failure(error))
        }
        return SendingFacts(account: account.name, provider: provider.url.text, offer: offer)
    }
}

/// What that means, and how mail programs reach the proxy.
enum SendingChecks {
    static func checks(_ facts: SendingFacts) -> [Check] {
        let topic = "account \(facts.account)"
        switch facts.offer {
        case .failure(let failure): return [Check(topic, "sending", failure)]
        case .success(let offer):
            var words = ["\(facts.provider) lets it in"]
            if case .limit(let limit) = offer.size { words.append("mail of up to \(limit / 1_000_000) MB") }
            let missing = [(offer.eightBitMIME, "8BITMIME"), (offer.dsn, "DSN"), (offer.smtpUTF8, "SMTPUTF8")]
                .filter { !$0.0 }.map(\.1)
            if !missing.isEmpty { words.append("without \(missing.joined(separator: ", "))") }
            return [Check(topic, "sending", .good, words.joined(separator: "; "))]
        }
    }

    static func checks(_ submission: Settings.Submission, accounts: [Settings.Account]) -> [Check] {
        let topic = "submission"
        var checks: [Check] = []
        let users = accounts.filter { $0.smtp != nil }.map(\.name)
        if !users.isEmpty {
            checks.append(
                Check(
                    topic, "mail programs", .good,
                    "send to \(submission.listen)\(submission.certificate == nil ? "" : " (STARTTLS)"), user "
                        + "\(users.prefix(5).joined(separator: " or ")), password \(place(of: submission.password))"))
        }
        if case .file(let path) = submission.password {
            checks += password(topic, path, isMade: submission.isPasswordMade)
        }
        if submission.source == nil {
            checks.append(
                Check(
                    topic, "tokens", .warning, "there is no key to sign them with: mail passes as it is",
                    action: "add a [[source]]"))
        }
        if let program = submission.sendmail?.first {
            checks.append(Check(topic, "sendmail", .good, "hands on to \(program)"))
        }
        return checks
    }

    private static func place(of password: Settings.SecretOrigin) -> String {
        switch password {
        case .file(let path): "in \(path)"
        case .command(let words): "as \(words.first ?? "its command") prints it"
        case .credential(let name): "of the systemd credential \(name)"
        case .literal: "in the configuration"
        }
    }

    private static func password(_ topic: String, _ path: String, isMade: Bool) -> [Check] {
        do throws(HostError) {
            _ = try SecretFile.read(path)
            return []
        } catch {
            // The agent makes it at its first start.
            return isMade && error.code == .notFound ? [] : [Check(topic, "password", Failure(error))]
        }
    }
}
