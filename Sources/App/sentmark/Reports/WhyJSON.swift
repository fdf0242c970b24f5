import Foundation
import Opens
import Store
import Tokens

/// `sentmark why --json`. Fields are added, never changed or taken away.
struct WhyJSON: Encodable {
    struct Message: Encodable {
        struct Hit: Encodable {
            struct Verdict: Encodable {
                let `class`: String
                let pPerson: Double
                let confidence: Double
                let rule: String
                let explanation: String?
            }

            let source: String
            let hit: Opens.Hit
            let verdict: Verdict?
        }

        struct Token: Encodable {
            let token: String
            let kind: String
            let quoted: Bool
            let facts: TokenFacts?
        }

        struct Write: Encodable {
            let at: Date
            let action: String
            let keyword: String
            let uid: UInt32
            let detail: String
        }

        struct Recipient: Encodable {
            let address: String
            let token: String
            let status: String
        }

        struct Activity: Encodable {
            /// Left out if nobody was listening.
            let since: Date?
            let until: Date
        }

        struct Incoming: Encodable {
            let at: Date
            let kind: String
            let byRecipient: Bool
            let showsPixel: Bool
        }

        let message: StatusJSON.Message
        let tracked: Bool
        let recipients: [Recipient]
        let tokens: [Token]
        let hits: [Hit]
        /// Left out if there are no more.
        let moreHits: Int?
        /// Of these; left out if there are none.
        let onlyCounted: Int?
        /// Left out if there were none.
        let forgotten: Int?
        /// Left out if there is none, as the two after it.
        let ownActivity: [Activity]?
        let incoming: [Incoming]?
        let undelivered: [String]?
        let written: [Write]
        let rules: Int
        let reviewAt: Date?
    }

    struct Outgoing: Encodable {
        struct Recipient: Encodable {
            let address: String
            let reason: String?
            let explanation: String?
            let token: String?
        }

        let account: String
        let messageID: String?
        let way: String
        let at: Date
        let state: String
        let reply: String
        let providerID: String?
        let recipients: [Recipient]
    }

    let messages: [Message]
    let outgoing: [Outgoing]
    let waiting: [Opens.Hit]
    let reasons: [String]

    init(_ report: WhyReport) {
        messages = report.messages.map { Message($0, report.streams) }
        outgoing = report.outgoing.map(Outgoing.init)
        waiting = report.waiting
        reasons = report.messages.isEmpty && report.waiting.isEmpty && report.outgoing.isEmpty ? report.reasons : []
    }
}

extension WhyJSON.Outgoing {
    fileprivate init(_ mail: OutgoingReport) {
        self.init(
            account: mail.account, messageID: mail.messageID, way: mail.way.rawValue, at: mail.at,
            state: mail.state.rawValue, reply: mail.reply, providerID: mail.providerID,
            recipients: mail.recipients.map {
                Recipient(
                    address: $0.address, reason: $0.reason?.name, explanation: $0.reason?.explanation, token: $0.token)
            })
    }
}

extension WhyJSON.Message {
    fileprivate init(_ report: MessageReport, _ streams: StreamKeys) {
        self.init(
            message: StatusJSON.Message(report.line), tracked: report.tracked,
            recipients: report.recipients.map {
                Recipient(address: $0.address, token: $0.token, status: $0.status.rawValue)
            },
            tokens: report.tokens.map { line in
                let own = line.kind == "foreign" ? nil : Tokens.Token(line.text)
                return Token(
                    token: line.text, kind: line.kind, quoted: line.quoted,
                    facts: own.map { TokenFacts($0, streams.origin(of: $0)) })
            },
            hits: report.hits.map { Hit(source: $0.source, hit: $0.hit, verdict: $0.verdict.map(Hit.Verdict.init)) },
            moreHits: report.moreHits > 0 ? report.moreHits : nil,
            onlyCounted: report.onlyCounted > 0 ? report.onlyCounted : nil,
            forgotten: report.forgotten > 0 ? report.forgotten : nil,
            ownActivity: report.ownActivity.isEmpty
                ? nil : report.ownActivity.map { Activity(since: $0.since, until: $0.until) },
            incoming: report.incoming.isEmpty
                ? nil
                : report.incoming.map {
                    Incoming(
                        at: $0.arrivedAt, kind: $0.kind.rawValue, byRecipient: $0.isByRecipient,
                        showsPixel: $0.showsPixel)
                },
            undelivered: report.failed.isEmpty ? nil : report.failed,
            written: report.writes.map {
                Write(at: $0.at, action: $0.action, keyword: $0.keyword, uid: $0.uid, detail: $0.detail)
            }, rules: report.rules, reviewAt: report.reviewAt)
    }
}

extension WhyJSON.Message.Hit.Verdict {
    fileprivate init(_ verdict: Opens.Verdict) {
        self.init(
            class: verdict.hitClass.rawValue, pPerson: verdict.personProbability, confidence: verdict.confidence,
            rule: verdict.rule, explanation: Explanation.sentence(for: verdict.rule))
    }
}
