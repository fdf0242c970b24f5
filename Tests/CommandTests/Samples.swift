import Foundation
import IMAP
import Opens
import Secrets
import SentSync
import Tokens

@testable import Store
@testable import sentmark

/// A few days in the life of two accounts, with hostile text where strangers can put it.
enum Samples {
    static let clock = ClockText(TimeZone(identifier: "Europe/Berlin") ?? .gmt)

    /// Milliseconds after 2026-11-23 09:00 UTC.
    static func time(_ minutes: Double) -> Date { Date(timeIntervalSince1970: 1_795_424_400 + minutes * 60) }

    static let secret = Secret((0..<32).map { UInt8($0) })
    static let server = ServerSecret(secret)
    static let credential = StreamID(77).flatMap { server?.credential(for: $0, epoch: 0) }

    static func token(message: UInt64, recipient: UInt8 = 0) -> Token? {
        guard let credential else { return nil }
        return Token.mint(
            stream: credential.stream, epoch: 0, key: credential.streamKey, message: message, recipient: recipient,
            level: .pseudonymous)
    }

    static var keys: StreamKeys { StreamKeys(sources: credential.map { [("px.example.org", $0)] } ?? []) }

    static let contract = StatusLine(
        account: "work", messageID: "contract@example.org", sentAt: time(0),
        recipients: ["Ana Lima", "bo@example.net", "cy@example.net"], subject: "The contract, final version",
        standing: Standing(status: .opened, readings: 3, evidence: 4), firstOpen: time(61), lastOpen: time(3000),
        flags: ["\\Seen", "opened", "opened-again", "tracked"])

    static let lines: [StatusLine] = [
        contract,
        StatusLine(
            account: "work", messageID: "cjk@example.org", sentAt: time(-30), recipients: ["田中太郎"],
            subject: "会議の議事録 📎 と次回の予定について、長い件名をここに書いておきます",
            standing: Standing(status: .machineOnly, readings: 0, evidence: 1), firstOpen: nil, lastOpen: nil,
            flags: ["reached", "tracked"]),
        StatusLine(
            account: "club", messageID: nil, sentAt: nil, recipients: [],
            subject: "\u{1b}]0;pwned\u{07}\u{1b}[2Jhi\r\nthere\u{202e}gpj.exe\u{9b}31m",
            standing: Standing(status: .unknown, readings: 0, evidence: 0), firstOpen: nil, lastOpen: nil, flags: []),
        StatusLine(
            account: "club", messageID: "mine@example.org", sentAt: time(-2000), recipients: ["me@example.org"],
            subject: "Note to self", standing: Standing(status: .opened, readings: 1, evidence: 1),
            firstOpen: time(-1990), lastOpen: time(-1990), flags: ["not-me", "tracked"]),
        StatusLine(
            account: "club", messageID: "gone@example.org", sentAt: time(-900_000), recipients: ["x@example.net"],
            subject: "Deleted since", standing: Standing(status: .maybe, readings: 0, evidence: 1), firstOpen: nil,
            lastOpen: nil, flags: nil),
        filtered,
    ]

    /// To a company whose filter loads everything, and to somebody who is never seen to read.
    static let filtered = StatusLine(
        account: "work", messageID: "offer@example.org", sentAt: time(-40_000),
        recipients: ["k@bank.example", "l@quiet.example", "m@relay.example"], subject: "Our offer",
        standing: Standing(status: .machineOnly, readings: 0, evidence: 1, isUnreliable: true),
        unreliable: [
            .init(domain: "bank.example", reason: .scanned, messages: 4, reached: 4),
            .init(domain: "quiet.example", reason: .silent, messages: 7, reached: 0),
            .init(domain: "relay.example", reason: .preloaded, messages: 6, reached: 5),
        ], firstOpen: nil, lastOpen: nil, flags: ["reached", "tracked", "unreliable"])

    /// Old, and flooded.
    static let whyFiltered: WhyReport = {
        var report = MessageReport(
            line: filtered, tracked: true, tokens: [], hits: Array(why.messages[0].hits.prefix(1)), writes: [],
            rules: 1, reviewAt: nil)
        (report.moreHits, report.onlyCounted, report.forgotten) = (1_500, 500, 3)
        return WhyReport(name: "offer@example.org", messages: [report], waiting: [], streams: keys)
    }()

    static let accounts = [
        AccountReport(
            account: "club", state: "needs-user",
            detail: "mail.example.net:993 refuses the password: \u{1b}[31m[AUTHENTICATIONFAILED]; correct it",
            since: time(10),
            tracked: 3,
            refusals: [
                Refusal(sign: Sign(.keyword, .opened, "gelesen"), reason: "the server accepted it and did not keep it"),
                Refusal(sign: Sign(.keyword, .reached, "reached"), reason: "no\u{1b}", messages: 1),
                Refusal(sign: Sign(.label, .opened, "✓✓"), reason: "the server has no labels (X-GM-EXT-1)"),
                Refusal(sign: Sign(.copy, .opened, "Opened"), reason: "[TRYCREATE] no", messages: 12),
            ], parked: 2),
        AccountReport(
            account: "work", state: "idle", detail: "", since: time(-600), tracked: 1, refusals: [], parked: 0,
            outbox: outbox),
        AccountReport(
            account: "home", state: "idle", detail: "", since: time(-600), tracked: 0, refusals: [], parked: 0,
            outbox: OutboxReport.Stage.allCases.map { OutboxReport(stage: $0, drafts: 1, at: time(30)) }),
    ]

    private static let outbox = [
        OutboxReport(stage: .waiting, drafts: 2, at: time(-10), reason: "451 4.3.0 try\u{1b} again"),
        OutboxReport(stage: .sent, drafts: 2, at: time(5)),
        OutboxReport(stage: .refused, drafts: 3, at: time(7), reason: "it has no recipient in To, Cc or Bcc"),
        OutboxReport(
            stage: .uncertain, drafts: 2, at: time(9), reason: "the connection ended before the provider's answer"),
    ]

    static let status = StatusReport(
        messages: lines, accounts: accounts, agent: .notRunning, now: time(4000))

    static let why: WhyReport = {
        let tokens = [token(message: 0x0123_4567_89ab_cdef, recipient: 1), token(message: 99)].compactMap { $0?.text }
        let hit = Hit(
            seq: 7, at: time(61), token: tokens.first ?? "", net: "9f0c",
            netclass: NetworkClass(rawValue: "google-proxy"),
            asn: 15169, ua: "Mozilla/5.0", family: ClientFamily(rawValue: "gmail-proxy"),
            signals: [Signal(rawValue: "gpc")])
        var quotedHit = hit
        quotedHit.at = time(62)
        quotedHit.method = "HEAD"
        quotedHit.selfNet = true
        quotedHit.asn = nil
        let verdict = Verdict(
            hitClass: .proxyPerson, personProbability: 0.93, confidence: 0.9,
            rule: Rules.current.all.first { $0.hitClass == .proxyPerson }?.name ?? "")
        let report = MessageReport(
            line: contract, tracked: true,
            tokens: [
                .init(text: tokens.first ?? "", kind: "own", quoted: false),
                .init(text: tokens.last ?? "", kind: "own", quoted: true),
                .init(text: "AbC-123_x", kind: "foreign", quoted: false),
            ],
            hits: [
                .init(source: "px.example.org", hit: hit, verdict: verdict),
                .init(source: "px.example.org", hit: quotedHit, verdict: nil),
            ],
            writes: [
                .init(at: time(1), action: "add", keyword: "tracked", detail: "", uid: 5),
                .init(at: time(62), action: "add", keyword: "opened", detail: "", uid: 5),
                .init(at: time(70), action: "withdrawn", keyword: "opened", detail: "removed by the user", uid: 5),
                .init(
                    at: time(80), action: "refused", keyword: "opened-again", detail: "[LIMIT] too many\u{1b}c", uid: 5),
                .init(at: time(90), action: "remove", keyword: "reached", detail: "", uid: 5),
            ], rules: 1, reviewAt: time(3002))
        return WhyReport(name: "contract@example.org", messages: [report], waiting: [], streams: keys)
    }()
}
