import Outgoing
import Store

/// In words, what became of a mail on its way out, and why its copies carry a token or none.
struct SendingText {
    let mail: OutgoingReport

    init(_ mail: OutgoingReport) { self.mail = mail }

    var lines: [String] {
        var lines = [
            "Message-ID  \(mail.messageID ?? "none")", "account     \(mail.account), \(way)", "outcome     \(outcome)",
        ]
        if !mail.reply.isEmpty { lines.append("provider    \(mail.reply)") }
        if let id = mail.providerID { lines.append("            which gave it the Message-ID \(id)") }
        return lines + recipients
    }

    private var way: String {
        switch mail.way {
        case .smtp: "by SMTP"
        case .sendmail: "by sentmark sendmail"
        case .outbox: "from the outbox folder"
        }
    }

    private var outcome: String {
        switch mail.state {
        case .registered: "not known: the agent was ended while it was sent"
        case .partial: "the provider took some copies of it and not the others"
        case .accepted: "the provider took it"
        case .refused: "the provider did not take it"
        case .uncertain: "not known: the connection ended before the provider's answer"
        }
    }

    /// Those of one reason together.
    private var recipients: [String] {
        var groups: [(text: String, addresses: [String])] = []
        for recipient in mail.recipients {
            let text = text(of: recipient)
            if let index = groups.firstIndex(where: { $0.text == text }) {
                groups[index].addresses.append(recipient.address)
            } else {
                groups.append((text, [recipient.address]))
            }
        }
        return groups.map { group in
            let shown = group.addresses.prefix(10).joined(separator: ", ")
            return
                "\(shown)\(group.addresses.count > 10 ? " and \(group.addresses.count - 10) more" : ""): \(group.text)"
        }
    }

    private func text(of recipient: OutgoingReport.Recipient) -> String {
        let why =
            recipient.reason.map { "\($0.explanation) (\($0.name))" } ?? "for a reason that this version does not know"
        return (recipient.token == nil ? "no token: " : "a token: ") + why
    }
}
