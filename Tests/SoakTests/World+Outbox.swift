import Foundation
import IMAP
import MailboxModel
import Tokens

/// Drafts that are to be sent through their folder, what the provider has taken of them, and where they are in the end.
extension World {
    /// The nth draft, by its Subject.
    mutating func draft(hasOwnID: Bool, isTracked: Bool) {
        drafts += 1
        let text = """
            From: Alice <alice@example.net>
            To: Bob <bob@example.org>
            Bcc: Carol <carol@example.org>
            Subject: Draft \(drafts);
            \(hasOwnID ? "Message-ID: <draft\(drafts)@example.net>\n" : "")X-Sentmark: \(isTracked ? "yes" : "no")
            Date: Mon, 21 Sep 2026 14:13:20 +0000
            MIME-Version: 1.0
            Content-Type: text/html; charset=utf-8

            <html><body><p>Hello</p></body></html>
            """
        self[.outbox].append(text)
    }

    /// What has been accepted. Some providers file it by themselves, as it was sent.
    mutating func take(_ mails: [Provider.Mail], filesThem: Bool) {
        for mail in mails {
            guard let number = Self.number(mail.content) else { continue }
            delivered[number, default: 0] += 1
            if mail.content.contains("Bcc:") { violations.append("draft \(number) was sent with Bcc") }
            if mail.content.contains("X-Sentmark:") { violations.append("draft \(number) was sent with our words") }
            registered[number] = Self.token(in: mail.content)
            if filesThem { file(Array(mail.content.utf8), to: .sent, flags: [.seen], byProvider: true) }
        }
    }

    /// APPEND.
    mutating func file(_ raw: [UInt8], to folder: Folder, flags: [Flag], byProvider: Bool = false) {
        let text = String(decoding: raw, as: UTF8.self)
        let uid = self[folder].append(text, flags: flags.map(\.spelling), at: Self.sent)
        guard let id = self[folder].messages[uid]?.id else { return }
        var messageID = "notice\(uid)@example.net"
        if let found = text.firstMatch(of: /Message-I[dD]: <([^>]*)>/) { messageID = String(found.1) }
        var token: String?
        if folder == .sent, let number = Self.number(text) {
            token = registered[number]
            if !byProvider, text.contains("px.example.org") {
                violations.append("draft \(number) was filed with a pixel")
            }
            if !byProvider, text.contains("X-Sentmark:") {
                violations.append("draft \(number) was filed with our words")
            }
            if !byProvider, !text.contains("Bcc: Carol") { violations.append("draft \(number) was filed without Bcc") }
            if token != nil { everTracked[.sent, default: []].insert(uid) }
        }
        letters[id] = Letter(
            kind: byProvider ? .tracked : .filed, token: token, messageID: messageID, isSick: false, isOld: false,
            flags: Set(flags))
    }

    /// Of what it has sent itself a lost database has known the tokens alone: they are not in clean copies.
    mutating func forgetRegistrations() {
        hasLostBook = true
        registered = [:]
        for folder in Folder.watched {
            for (uid, message) in self[folder].messages where letters[message.id]?.kind == .filed {
                let flags = flags(uid, in: folder)
                letters[message.id]?.token = nil
                letters[message.id]?.flags = flags
            }
        }
    }

    /// All drafts have come to an end: sent at most once, and filed or told of.
    func outboxProblems() -> [String] {
        var problems: [String] = []
        let places = Dictionary(
            uniqueKeysWithValues: Folder.allCases.map { folder in
                (folder, self[folder].messages.values.map { String(decoding: $0.raw, as: UTF8.self) })
            })
        func count(_ number: Int, in folder: Folder) -> Int {
            places[folder]?.count { Self.number($0) == number && !$0.contains("Auto-Submitted") } ?? 0
        }
        var setAside = 0
        for number in 1..<drafts + 1 {
            let sent = delivered[number] ?? 0
            if sent > 1 { problems.append("draft \(number) was sent \(sent) times") }
            let waiting = count(number, in: .outbox) + count(number, in: .sending)
            if waiting > 0 { problems.append("draft \(number) is still in the outbox") }
            let filed = count(number, in: .sent) + count(number, in: .archive)
            let (refused, unsure) = (count(number, in: .refused), count(number, in: .notSure))
            let all = filed + refused + unsure
            if hasLostBook || touched.contains(number) { continue }
            if all != 1 {
                problems.append("draft \(number): filed \(filed), refused \(refused), not sure \(unsure) times")
            }
            if filed > 0, sent == 0 { problems.append("draft \(number) was filed and not sent") }
            if refused > 0, sent > 0 { problems.append("draft \(number) was refused and sent") }
            setAside += refused + unsure
        }
        // Whose they are is in encoded words; their Message-IDs are made of the drafts.
        let notices = (places[.inbox] ?? []).compactMap { $0.firstMatch(of: /Message-ID: <(outbox-[^>]*)>/)?.1 }
        if Set(notices).count < notices.count { problems.append("somebody was told of a draft twice") }
        if !hasLostBook, touched.isEmpty, notices.count != setAside {
            problems.append("\(setAside) drafts were set aside, and \(notices.count) were told of")
        }
        return problems
    }

    static func number(_ text: String) -> Int? {
        text.firstMatch(of: /Subject: Draft (\d+);/).flatMap { Int($0.1) }
    }

    private static func token(in text: String) -> String? {
        text.firstMatch(of: /px\.example\.org\/i\/([a-z2-7]{40})\.gif/).map { String($0.1) }
    }
}
