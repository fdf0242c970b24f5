import IMAP

/// Finds out, with few commands, what a refusal is about that does not say so: some message of the set, or all of them.
///
/// The set is halved, and the halves that are refused again, until a message stands alone. When two of them are refused
/// alone and none was accepted before, it is not about messages. A search of many refused messages ends early, with
/// whole pieces of the set among them.
package struct RefusalSearch: Sendable {
    /// Commands after the first: enough for three messages out of 5,000.
    static let limit = 80

    /// What was refused, message by message.
    package private(set) var messages = UIDSet()
    /// The server's words for the last refusal.
    package private(set) var words: String
    private var pending: [UIDSet]
    private var asked = 0
    private var refusedAlone = 0
    private var accepted = false

    /// The command for `uids` was refused.
    package init(_ uids: UIDSet, words: String) {
        self.words = words
        pending = []
        split(uids)
    }

    /// Whether it is not about messages: each that was asked about alone was refused, and more than one.
    package var isAboutAll: Bool { !accepted && refusedAlone > 1 }

    /// What to ask for next; `nil` when it is known.
    package var next: UIDSet? { pending.last }

    /// The answer for ``next``; `refusal` is the server's words.
    package mutating func answered(_ refusal: String?) {
        guard let uids = pending.popLast() else { return }
        asked += 1
        if let refusal {
            words = refusal
            split(uids)
        } else {
            accepted = true
        }
        if isAboutAll { pending = [] }
    }

    private mutating func split(_ uids: UIDSet) {
        if uids.count < 2 {
            refusedAlone += 1
            messages.formUnion(uids)
        } else if asked >= Self.limit {
            messages.formUnion(uids)
        } else {
            var older = uids
            let newer = older.removeNewest(uids.count / 2)
            pending += [older, newer]
        }
    }
}
