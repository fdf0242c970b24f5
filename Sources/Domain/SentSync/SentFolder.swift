import IMAP

/// Finds the folder with sent mail among what LIST said.
package enum SentFolder {
    package enum Choice: Sendable, Equatable {
        case found([MailboxName])
        /// No folder qualifies; the names a user may mean, most likely first.
        case missing(candidates: [String])
    }

    /// What the account's `sent = …` says; `archives = …` says it of ``ArchiveFolders``.
    package enum Wish: Sendable, Equatable {
        case automatic
        case named([String])
    }

    /// A name the user gave beats the `\Sent` attribute, which beats a usual name at the top level or below a
    /// namespace prefix such as `INBOX.` or `[Gmail]/`.
    package static func choose(from entries: [ListEntry], wish: Wish) -> Choice {
        let selectable = entries.filter(\.isSelectable)
        switch wish {
        case .named(let names):
            let found = names.compactMap { name in selectable.first { matches($0, name) }?.name }
            return found.count == names.count ? .found(found) : .missing(candidates: candidates(selectable))
        case .automatic:
            if let first = selectable.first(where: { $0.attributes.contains(.sent) }) { return .found([first.name]) }
            for usual in usualNames {
                if let entry = selectable.first(where: { leaf($0) == usual && depth($0) <= 1 }) {
                    return .found([entry.name])
                }
            }
            return .missing(candidates: candidates(selectable))
        }
    }
}

extension SentFolder {
    /// What mail programs call the folder, most common first; compared without case.
    /// Sources: Outlook, Exchange, Apple Mail, Gmail, GMX, web.de, Courier and laposte.net defaults.
    static let usualNames = [
        "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte", "gesendete elemente",
        "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "posta inviata", "inviati",
        "inviata", "verzonden", "verzonden items", "verzonden berichten", "itens enviados", "skickat",
        "skickade objekt",
        "sendt", "sendte elementer", "sendt post", "lähetetyt", "wysłane", "elementy wysłane", "odeslaná pošta",
        "odeslané", "odoslané", "elküldött", "elküldött elemek", "trimise", "elemente trimise", "отправленные",
        "надіслані", "изпратени", "απεσταλμένα", "gönderilmiş öğeler", "gönderilmiş postalar", "gönderilenler",
        "送信済み", "送信済みアイテム", "送信済みメール", "보낸 편지함", "보낸메일함", "已发送", "已发送邮件", "已傳送郵件", "寄件備份",
        "sentmail", "sent-mail", "outbox",
    ]

    fileprivate static func matches(_ entry: ListEntry, _ name: String) -> Bool {
        entry.name.display == name || entry.name.wire == Array(name.utf8)
    }

    fileprivate static func leaf(_ entry: ListEntry) -> String { (entry.path.last ?? "").lowercased() }
    fileprivate static func depth(_ entry: ListEntry) -> Int { entry.path.count - 1 }

    /// Names that look like sent mail first, then the rest, at most ten.
    fileprivate static func candidates(_ entries: [ListEntry]) -> [String] {
        let names = entries.map(\.name.display).filter { $0.uppercased() != "INBOX" }
        let likely = names.filter { name in
            usualNames.contains { name.lowercased().contains($0) }
        }
        return Array((likely + names.filter { !likely.contains($0) }).prefix(10))
    }
}

extension ListEntry {
    /// The levels of its name, as people read them; an empty one where two delimiters meet, or at an end.
    var path: [String] {
        guard let delimiter else { return [name.display] }
        let separator = Character(Unicode.Scalar(delimiter))
        return name.display.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
