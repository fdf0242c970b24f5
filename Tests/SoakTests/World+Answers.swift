import Foundation
import IMAP
import MailboxModel
import Opens
import SentSync
import Tokens

/// What comes to INBOX, and what the agent makes of it.
enum Answer: String, Sendable, CaseIterable {
    /// By a recipient, with the pixel in it; by somebody who is none; by a program.
    case reply, forward, automatic
    /// The message itself.
    case copy
    /// A reply without the pixel, and one with a token that no key of ours made.
    case short, forged
    /// About nothing that we know.
    case unrelated

    var kind: Incoming.Kind? {
        switch self {
        case .reply: .reply
        case .forward: .forward
        case .automatic: .automatic
        case .copy: .copy
        case .short, .forged, .unrelated: nil
        }
    }
}

extension World {
    /// Something arrives in INBOX, after all the hits that there are and before the next one.
    /// - Parameter isKnown: whether the agent knows what it answers.
    mutating func receive(_ answer: Answer, to letter: Letter, pick: Int, isRead: Bool, isKnown: Bool) {
        guard let token = letter.token else { return }
        let seconds = Self.sent + 3600 * Int64(feed.count) + 1800 + Int64(self[.inbox].messages.count)
        let name = answer == .copy ? letter.messageID : "answer\(seconds)-\(pick)@example.org"
        let uid = self[.inbox].append(
            Self.text(answer, to: letter.messageID, html: Self.html(token), messageID: name),
            flags: isRead ? ["\\Seen"] : [], at: seconds)
        guard let id = self[.inbox].messages[uid]?.id else { return }
        letters[id] = Letter(
            kind: .plain, token: nil, messageID: name, isSick: false, isOld: false, flags: isRead ? [.seen] : [])
        for (id, other) in letters where other.token == token { letters[id]?.withdrawn = [] }
        guard let kind = answer.kind else { return }
        let shown = Incoming(
            kind: kind, token: token.lowercased(), arrivedAt: Date(timeIntervalSince1970: Double(seconds)))
        answers.append(shown)
        if isKnown, watchesReplies { mustBeTold[uid] = shown }
    }

    /// What can be answered.
    func answered(_ pick: Int) -> Letter? {
        let all = letters.sorted { $0.key < $1.key }.map(\.value)
        let models = all.filter { $0.token != nil && ($0.kind == .tracked || $0.kind == .foreign) }
        return models.isEmpty ? nil : models[pick % models.count]
    }

    mutating func noteEvidence() {
        for token in Set(letters.values.compactMap(\.token)) { evidence[token] = judgement(token).tally.evidence }
    }

    /// The element that shows a token.
    static func html(_ token: String) -> String {
        Token(token).map(MailboxModel.pixel) ?? "<img src=\"\(pattern.replacing("{token}", with: token))\">"
    }

    private static func text(_ answer: Answer, to messageID: String, html: String, messageID name: String) -> String {
        let sender =
            switch answer {
            case .forward: "Carol <carol@elsewhere.example>"
            case .copy: "Alice <alice@example.net>"
            default: "Bob <bob@example.org>"
            }
        let about = answer == .unrelated ? "nothing@example.org" : messageID
        let pixel =
            switch answer {
            case .short: ""
            case .forged: html.contains(".gif") ? html.replacing(/..\.gif/, with: "aa.gif") : ""
            default: html
            }
        return """
            From: \(sender)
            To: Alice <alice@example.net>
            Subject: Re: Offer
            Message-ID: <\(name)>
            In-Reply-To: <\(answer == .copy ? "earlier@example.org" : about)>
            \(answer == .automatic ? "Auto-Submitted: auto-replied\n" : "")Date: Mon, 21 Sep 2026 14:13:20 +0000
            MIME-Version: 1.0
            Content-Type: text/html; charset=utf-8

            <html><body><p>Thanks</p><blockquote type="cite">\(pixel)</blockquote></body></html>
            """
    }

    /// Nothing in INBOX is ever changed, what is there and known is told of, and nothing else.
    func inboxProblems(_ knowledge: Knowledge) -> [String] {
        var problems = uids(in: .inbox).compactMap { uid in
            letter(uid, in: .inbox)?.flags == flags(uid, in: .inbox) ? nil : "INBOX \(uid) was changed"
        }
        if !watchesReplies, !knowledge.incoming.isEmpty { problems.append("INBOX was looked through") }
        problems += knowledge.incoming.filter { !answers.contains($0) }.map { "\($0) never came" }
        problems += mustBeTold.values.filter { !knowledge.incoming.contains($0) }.map { "\($0) was not seen" }
        return problems
    }
}
