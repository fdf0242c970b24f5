import IMAP

/// What the answer to a command that was to put signs on messages means.
package enum StoreAnswer: Sendable, Equatable {
    /// What is there now, the read-back shows: also after a STORE that some of the messages were left out of.
    case done
    /// Not now: it is the session that ends.
    case later
    /// The sign is refused, whatever the message.
    case refused(String)
    /// What it is about is not said: it may be a single message.
    case unclear(String)

    package init(_ completion: Completion) {
        let words = completion.text.isEmpty ? "the server refused it" : completion.text
        self =
            switch (completion.status, completion.code) {
            case (.ok, _): .done
            case _ where completion.isTemporary: .later
            case (_, .modified), (_, .expungeIssued), (_, .nonExistent): .done
            // RFC 5530. Over quota, the keyword is not kept for now: the next session tries once more.
            case (_, .limit), (_, .cannot), (_, .overQuota), (_, .noPermission), (_, .readOnly): .refused(words)
            case _ where Self.throttling.contains(where: words.contains): .later
            case _ where Self.partial.contains(where: words.contains): .done
            case _ where Self.ofTheKeyword.contains(where: words.contains): .refused(words)
            case (.no, _), (.bad, _): .unclear(words)
            }
    }

    /// Exchange: `BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds`, `NO Server Unavailable. 15`.
    private static let throttling = ["Request is throttled", "Server Unavailable"]
    /// Exchange: `NO Some of the requested messages no longer exist.` The others were served.
    private static let partial = ["Some of the requested messages no longer exist"]
    /// Cyrus: `NO Too many user flags in mailbox`. Exchange: `BAD Command Argument Error. 11`.
    private static let ofTheKeyword = ["Too many user flags", "Command Argument Error"]
}

extension Completion {
    /// Whether the server means "not now" (RFC 5530; `[THROTTLED]` is Gmail's).
    package var isTemporary: Bool {
        switch code {
        case .inUse, .unavailable, .throttled, .serverBug: status == .no
        default: false
        }
    }
}
