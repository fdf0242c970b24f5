import Foundation

/// Named moments between two steps of the main loop, at which a test can stop the process dead.
///
/// `SENTMARK_STOP_AT=name[:count]` makes the process end with SIGKILL when it comes to the named point for the
/// count-th time (default the first). Without the variable a point costs one comparison.
enum StopPoint: String, CaseIterable {
    /// Pages of hits have arrived and are not stored yet.
    case pulled
    /// Pages of hits and their cursor are stored.
    case hitsStored = "hits-stored"
    case judged
    /// A step of the sync has been answered and its changes are not stored yet.
    case answered
    /// The changes of a step are stored.
    case changesStored = "changes-stored"
    /// A plan with STOREs in it has been made and nothing is sent yet.
    case planned
    /// The server has answered the STOREs and nothing is read back yet.
    case keywordsStored = "keywords-stored"
    /// Keywords are read back and that is not recorded yet.
    case readBack = "read-back"
    /// What was written is recorded.
    case recorded
    /// A draft in the outbox is in the book, and still there.
    case outboxClaiming = "outbox-claiming"
    /// It has been moved to where messages are sent from, and that is not in the book.
    case outboxMoved = "outbox-moved"
    case outboxClaimed = "outbox-claimed"
    /// That it may be sent from here on is in the book; nothing of it is.
    case outboxSending = "outbox-sending"
    /// The provider has answered, and that is not in the book.
    case outboxAnswered = "outbox-answered"
    /// That the provider has it is in the book.
    case outboxSent = "outbox-sent"
    /// Its copy is in Sent, and that is not in the book.
    case outboxAppended = "outbox-appended"
    case outboxFiled = "outbox-filed"
    /// It is gone from where messages are sent from, and that is not in the book.
    case outboxRemoved = "outbox-removed"
    /// Why it is not sent is in the book, and nothing is done about it.
    case outboxRefusing = "outbox-refusing"
    /// The user has been told, and the draft is where it was.
    case outboxTold = "outbox-told"
    /// It has been set aside, and that is not in the book.
    case outboxSetAside = "outbox-set-aside"
    /// A clean copy of what was sent is in Sent beside the other one.
    case copyAppended = "copy-appended"
    /// It has been read back.
    case copyProven = "copy-proven"
    /// That the other one goes is in the book.
    case copyReplacing = "copy-replacing"
    /// That one is marked as deleted, and still there.
    case copyDeleted = "copy-deleted"
    case copyRemoved = "copy-removed"

    private static let armed: (name: String, count: Int)? = {
        guard let wish = ProcessInfo.processInfo.environment["SENTMARK_STOP_AT"] else { return nil }
        let parts = wish.split(separator: ":", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()

    static func reached(_ point: StopPoint) async {
        guard let armed, armed.name == point.rawValue else { return }
        await Countdown.shared.pass(limit: armed.count)
    }

    private actor Countdown {
        static let shared = Countdown()
        private var passes = 0

        func pass(limit: Int) {
            passes += 1
            if passes >= limit { kill(getpid(), SIGKILL) }
        }
    }
}
