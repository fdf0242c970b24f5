import Outgoing
import SMTP
import Settings
import Store

@testable import sentmark

/// Mail that was sent through us.
enum SendingSamples {
    static var why: WhyReport {
        var report = WhyReport(name: "mail@example.org", messages: [], waiting: [], streams: StreamKeys())
        report.outgoing = [
            OutgoingReport(
                account: "work", messageID: "mail@example.org", way: .smtp, at: Samples.time(60), state: .accepted,
                reply: "250 2.0.0 OK <new@provider.example>", providerID: "new@provider.example",
                recipients: [
                    .init(address: "ann@far.example", reason: .untouched(.signed), token: nil, isDelivered: false),
                    .init(address: "ben@example.org", reason: .policy(.ownDomain), token: nil, isDelivered: false),
                    .init(address: "cid@far.example", reason: .untouched(.signed), token: nil, isDelivered: false),
                    .init(address: "dot\u{1b}[2J@far.example", reason: nil, token: nil, isDelivered: false),
                ]),
            OutgoingReport(
                account: "work", messageID: "mail@example.org", way: .sendmail, at: Samples.time(0), state: .uncertain,
                reply: "451 4.4.2 gone", providerID: nil,
                recipients: (0..<12).map {
                    .init(
                        address: "r\($0)@far.example", reason: .policy(.always),
                        token: "kbo3r5eclzztgtxbxvgabbilijvi3whdcne32ds6", isDelivered: false)
                }),
        ]
        return report
    }

    static func checks() throws -> [Check] {
        let settings = try Settings.parse(
            text: """
                [submission]
                upstream = "smtps://smtp.example.org"
                password_command = ["pass", "show", "submission"]
                sendmail = ["/usr/sbin/sendmail"]
                [[account]]
                name = "work"
                imap = "imaps://imap.example.org"
                user = "me@example.org"
                password_file = "p"
                """, file: "/c/sentmark.toml")
        var offer = Extensions()
        offer.size = .limit(35_882_577)
        offer.eightBitMIME = true
        let submission = settings.submission.map { SendingChecks.checks($0, accounts: settings.accounts) } ?? []
        return submission
            + SendingChecks.checks(
                SendingFacts(account: "work", provider: "smtps://smtp.example.org", offer: .success(offer)))
            + SendingChecks.checks(
                SendingFacts(
                    account: "club", provider: "smtp://smtp.example.net",
                    offer: .failure(
                        Failure(
                            .permission, "smtp.example.net:587 refuses the login: 535 5.7.8 no",
                            action: "check user and password"))))
    }
}
