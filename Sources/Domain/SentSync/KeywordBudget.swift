import IMAP

/// Which of our keywords get a place in a mailbox that has room for so many.
package enum KeywordBudget {
    /// What the others are worth nothing without comes first: `opened` is the answer itself, and a message without it
    /// reads as not opened, which is true of most. `tracked` tells such a message from one that nobody asks about. Then
    /// the rest, by how much it adds to these two.
    static let byImportance: [Mark] = [
        .opened, .tracked, .openedAgain, .reached, .clicked, .replied, .followUp, .unreliable,
    ]

    /// The keywords that must not be asked for, with the reason. A keyword that the mailbox has already costs nothing.
    ///
    /// It does not matter which of them are due now: a place that a less important one took could never be had back,
    /// since servers keep the place of a keyword that no message has (Cyrus). Nothing is kept free for the user's own
    /// later keywords: ours are as much the user's wish, there are few of them, and a keyword that is switched off in
    /// the configuration takes no place.
    ///
    /// - Parameters:
    ///   - listed: all flags and keywords of the mailbox, as FLAGS and PERMANENTFLAGS tell them.
    ///   - limit: keywords that the mailbox has room for; `nil`: no limit is known.
    package static func refusals(of signs: Signs, listed: Set<Flag>, limit: Int?) -> [Sign: String] {
        guard let limit else { return [:] }
        let taken = listed.count(where: \.isKeyword)
        let new = byImportance.compactMap { mark in
            signs.all.first {
                $0.projection == .keyword && $0.mark == mark && !listed.contains(Flag(spelling: $0.text))
            }
        }
        let room = max(0, limit - taken)
        guard new.count > room else { return [:] }
        let first = new.prefix(room).map(\.text)
        let reason =
            "this mailbox has room for \(limit) keywords, and \(taken) are taken"
            + (first.isEmpty ? "" : "; \(first.joined(separator: " and ")) \(first.count > 1 ? "go" : "goes") first")
        return Dictionary(uniqueKeysWithValues: new.dropFirst(room).map { ($0, reason) })
    }
}
