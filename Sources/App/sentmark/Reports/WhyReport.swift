import Foundation
import Opens
import Store
import Tokens

/// What `sentmark why` shows.
struct WhyReport: Sendable {
    /// A Message-ID, or the text of a token.
    var name: String
    var messages: [MessageReport]
    /// What was sent under the Message-ID through us, tracked or not, the latest first.
    var outgoing: [OutgoingReport] = []
    /// Hits on the token, if no message is known for it.
    var waiting: [Hit]
    var streams: StreamKeys
    /// Asked only where no message is known.
    var accounts: [AccountReport] = []
    var agent = AgentPresence.unknown

    func text(clock: ClockText) -> String {
        if !messages.isEmpty {
            return messages.map { text(of: $0, clock) }.joined(separator: "\n") + sending(clock)
        }
        if !outgoing.isEmpty { return String(sending(clock).dropFirst()) }
        var out = ""
        if let token = Token(name) { out += TokenFacts(token, streams.origin(of: token)).text + "\n" }
        if !waiting.isEmpty {
            out += "No message with this token has been seen. These requests for its pixel wait for it:\n"
            out += waiting.map { "  \(clock.second($0.at))  \(TerminalText.clean($0.clientText))\n" }.joined()
            return out
        }
        out += "Nothing is known of it. It may be that:\n"
        return out + reasons.map { "  - \(TerminalText.clean($0))\n" }.joined()
    }

    /// Why nothing is known of a message or token, the likeliest first.
    var reasons: [String] {
        var reasons: [String] = []
        if agent == .notRunning { reasons.append("the agent does not run, so that new messages are not seen") }
        for account in accounts where account.state != "idle" {
            let detail = account.detail.isEmpty ? "" : ": \(account.detail)"
            reasons.append("account \(account.account) is not up to date (\(account.state)\(detail))")
        }
        for account in accounts where account.parked > 0 {
            reasons.append(
                "it is one of the messages in account \(account.account) that cannot be read: \(account.parked)")
        }
        if let token = Token(name) {
            switch streams.origin(of: token) {
            case .source: reasons.append("the message is not in the Sent folder, and nobody has loaded the pixel")
            case .server: reasons.append("the token belongs to a stream that no source in the configuration reads")
            case .damaged: reasons.append("the token is damaged: its signature is wrong")
            case .unknown: reasons.append("the token belongs to a stream that is not configured here")
            }
        } else {
            reasons.append("it carries no token that is known here: see 'sentmark token inspect FILE.eml'")
            reasons.append("it is not in the Sent folder of an account")
            reasons.append("it was sent before the time that `since` in the configuration reaches back to")
            reasons.append("the Message-ID is spelled differently")
        }
        return reasons
    }
}

extension WhyReport {
    /// Empty if it was not sent through us.
    private func sending(_ clock: ClockText) -> String {
        outgoing.map { mail in
            let head = "\nSent through Sentmark, \(clock.second(mail.at))\n"
            return head + SendingText(mail).lines.map { "  \(TerminalText.clean($0))\n" }.joined()
        }.joined()
    }

    private func text(of message: MessageReport, _ clock: ClockText) -> String {
        sections(of: message, clock).filter { !$0.1.isEmpty }.map { title, lines in
            "\(title)\n" + lines.map { "  \(TerminalText.clean($0))\n" }.joined()
        }.joined(separator: "\n")
    }

    private func sections(of message: MessageReport, _ clock: ClockText) -> [(String, [String])] {
        [
            ("Message", head(message, clock)),
            ("Tokens", message.tokens.map(line)),
            ("Recipients", message.recipients.map { "\($0.address)  \($0.status.word)" }),
            (
                "Requests for its pixel",
                message.hits.isEmpty && message.forgotten == 0
                    ? ["none so far"]
                    : forgotten(message) + message.hits.flatMap { lines($0, clock, message.recipients) }
                        + flood(message)
            ),
            ("Your mailbox", MailboxEvents(message: message).lines(clock)),
            ("Keywords", message.writes.isEmpty ? ["none written so far"] : message.writes.map { line($0, clock) }),
        ]
    }

    private func head(_ message: MessageReport, _ clock: ClockText) -> [String] {
        let line = message.line
        var out = [
            "Message-ID  \(line.messageID ?? "none")", "account     \(line.account)",
            "sent        \(line.sentAt.map(clock.second) ?? "unknown")",
            "to          \(line.recipients.prefix(20).joined(separator: ", "))"
                + (line.recipients.count > 20 ? " and \(line.recipients.count - 20) more" : ""),
            "subject     \(line.subject)",
        ]
        if message.tracked, message.recipients.isEmpty, line.recipients.count > 1 {
            out.append("            The recipients share one token: somebody opened it, if it was.")
        }
        guard message.tracked else {
            let why =
                message.tokens.allSatisfy(\.quoted)
                ? "its only tokens are those of messages that it quotes"
                : "no source in the configuration has signed its token"
            return out + ["status      not tracked: \(why)"]
        }
        out.append("status      \(line.ticks) \(line.word)\(readings(line, clock))")
        if line.word == "yours", line.standing.status == .opened {
            out.append("            You marked it not-me: the opens are taken for your own.")
        }
        if line.marks.contains(.unreliable) {
            for domain in line.unreliable { out += domain.sentences.map { "            \($0)" } }
        }
        if !line.kept.isEmpty {
            let marks = line.kept.map(\.rawValue).sorted().joined(separator: ", ")
            out.append(
                "            \(marks): from before this agent's database; no request that is known says otherwise.")
        }
        if let review = message.reviewAt {
            out.append(
                "            Not final before \(clock.second(review)): a burst of machines may still show itself.")
        }
        if !History.clocksAgree(sentAt: line.sentAt, first: message.hits.first?.hit.at) {
            out.append(
                "            A request came long before it was sent, so the clocks disagree: no rule on time was used.")
        }
        let flags = line.flags.map { $0.isEmpty ? "none" : $0.joined(separator: " ") }
        out.append("on server   \(flags ?? "no copy is known")")
        return out
    }

    private func readings(_ line: StatusLine, _ clock: ClockText) -> String {
        guard line.standing.readings > 0, let first = line.firstOpen else { return "" }
        guard line.standing.readings > 1, let last = line.lastOpen else { return ", \(clock.second(first))" }
        return ", \(line.standing.readings) readings from \(clock.second(first)) to \(clock.second(last))"
    }

    private func line(_ token: MessageReport.TokenLine) -> String {
        let quoted = token.quoted ? ", in quoted text: it counts for the message that is quoted" : ""
        guard token.kind != "foreign", let own = Token(token.text) else {
            return "\(token.text)  of another tracker\(quoted)"
        }
        return "\(token.text)  \(TokenFacts(own, streams.origin(of: own)).summary)\(quoted)"
    }

    private func lines(
        _ line: MessageReport.HitLine, _ clock: ClockText, _ recipients: [MessageReport.RecipientLine]
    ) -> [String] {
        let what =
            line.verdict.map { verdict in
                let probability = Int((verdict.personProbability * 100).rounded())
                return "\(verdict.hitClass.word), \(probability) % a person (rule \(verdict.rule))"
            } ?? "not judged: on a token that is only quoted here, or the agent has not come to it"
        let why = line.verdict.flatMap { Explanation.sentence(for: $0.rule) }
        let whose = recipients.first { $0.token == line.hit.token }.map { "; the copy of \($0.address)" } ?? ""
        return ["\(clock.second(line.hit.at))  \(what)", "    \(line.hit.clientText); source \(line.source)\(whose)"]
            + (why.map { ["    \($0)"] } ?? [])
    }

    private func forgotten(_ message: MessageReport) -> [String] {
        guard message.forgotten > 0 else { return [] }
        let what = message.forgotten == 1 ? "1 earlier one was" : "\(message.forgotten) earlier ones were"
        return ["\(what) deleted, being older than `retention` in [privacy]; what they proved stays"]
    }

    private func flood(_ message: MessageReport) -> [String] {
        guard message.moreHits > 0 else { return [] }
        let rest =
            message.onlyCounted > 0
            ? "; of one message the first \(AgentStore.keptHits) are judged, and \(message.onlyCounted) were only counted"
            : ""
        return ["and \(message.moreHits) later ones\(rest)"]
    }

    private func line(_ write: MessageReport.WriteLine, _ clock: ClockText) -> String {
        let detail = write.detail.isEmpty ? "" : ": \(write.detail)"
        let what =
            switch write.action {
            case "add": "added"
            case "remove": "taken off"
            case "refused": "not kept by the server"
            case "withdrawn": "removed by you, and left off until there is new evidence"
            default: write.action
            }
        let shown = write.action == "withdrawn" ? "" : detail
        return "\(clock.second(write.at))  \(write.keyword)  \(what)\(shown)"
    }
}

extension UnreliableDomain {
    fileprivate var sentences: [String] {
        let what =
            switch reason {
            case .silent: "none of the last \(messages) mails to \(domain) was loaded by anything"
            case .scanned: "scanners loaded \(reached) of the last \(messages) mails to \(domain)"
            case .preloaded: "machines loaded \(reached) of the last \(messages) mails to \(domain) ahead"
            }
        let rest =
            reason == .silent
            ? "Either images are blocked there or nobody reads them: that this one shows no reader says nothing."
            : "No reader showed beside them: that none shows here says nothing."
        return ["Unreliable: \(what).", rest]
    }
}

extension Hit {
    /// Network and client in words, such as `network google-proxy, client gmail-proxy, your own network`.
    var clientText: String {
        var parts = ["network \(netclass?.rawValue ?? "unknown")" + (asn.map { " (AS\($0))" } ?? "")]
        parts.append("client \(family?.rawValue ?? "unknown")")
        if let method, method != "GET" { parts.append(method) }
        if selfNet { parts.append("your own network") }
        parts += signals.map(\.rawValue).sorted()
        return parts.joined(separator: ", ")
    }
}

extension HitClass {
    var word: String {
        switch self {
        case .person: "a person"
        case .proxyPerson: "a mail service, for a person"
        case .machinePrefetch: "a machine, fetching ahead"
        case .securityScanner: "a security scanner"
        case .own: "yourself"
        case .duplicate: "the same reading again"
        case .forged: "forged"
        }
    }
}
