import Foundation
import SentSync
import Store

/// `sentmark status --json`. Fields are added, never changed or taken away.
struct StatusJSON: Encodable {
    struct OpenedBy: Encodable {
        let count: Int
        let of: Int
    }

    struct UnreliableDomain: Encodable {
        let domain: String
        let reason: String
        let messages: Int
        let reached: Int
    }

    struct Message: Encodable {
        let account: String
        let messageID: String?
        let sentAt: Date?
        let recipients: [String]
        let subject: String
        let status: String
        let marks: [String]
        let readings: Int
        let firstOpenAt: Date?
        let lastOpenAt: Date?
        /// Where each recipient has a token of their own.
        let openedBy: OpenedBy?
        let keywords: [String]?
        /// Left out where there are none.
        let unreliable: [UnreliableDomain]?
    }

    struct Account: Encodable {
        struct Refusal: Encodable {
            let keyword: String
            let reason: String
            let kind: String
            let messages: Int?
        }

        struct Drafts: Encodable {
            /// `waiting`, `sent`, `refused` or `uncertain`.
            let state: String
            let drafts: Int
            let at: Date
            let reason: String
        }

        let name: String
        let state: String
        let detail: String
        let since: Date
        let tracked: Int
        let refused: [Refusal]
        let setAside: Int
        /// Left out where there are none.
        let outbox: [Drafts]?
    }

    struct Agent: Encodable {
        let running: Bool?
        let pid: Int32?
    }

    let messages: [Message]
    let accounts: [Account]
    let agent: Agent

    init(_ report: StatusReport) {
        messages = report.messages.map(Message.init)
        accounts = report.accounts.map { account in
            Account(
                name: account.account, state: account.state, detail: account.detail, since: account.since,
                tracked: account.tracked,
                refused: account.refusals.map {
                    Account.Refusal(
                        keyword: $0.sign.text, reason: $0.reason, kind: $0.sign.projection.rawValue,
                        messages: $0.messages)
                }, setAside: account.parked,
                outbox: account.outbox.isEmpty
                    ? nil
                    : account.outbox.map {
                        Account.Drafts(state: $0.stage.rawValue, drafts: $0.drafts, at: $0.at, reason: $0.reason)
                    })
        }
        agent =
            switch report.agent {
            case .running(let pid): Agent(running: true, pid: pid)
            case .notRunning: Agent(running: false, pid: nil)
            case .unknown: Agent(running: nil, pid: nil)
            }
    }
}

extension StatusJSON.Message {
    init(_ line: StatusLine) {
        self.init(
            account: line.account, messageID: line.messageID, sentAt: line.sentAt, recipients: line.recipients,
            subject: line.subject, status: line.standing.claimedStatus.rawValue,
            marks: line.marks.sorted().map(\.rawValue),
            readings: line.standing.readings, firstOpenAt: line.firstOpen, lastOpenAt: line.lastOpen,
            openedBy: line.openedBy.map { StatusJSON.OpenedBy(count: $0.count, of: $0.of) }, keywords: line.flags,
            unreliable: line.unreliable.isEmpty
                ? nil
                : line.unreliable.map {
                    StatusJSON.UnreliableDomain(
                        domain: $0.domain, reason: $0.reason.rawValue, messages: $0.messages, reached: $0.reached)
                })
    }
}
