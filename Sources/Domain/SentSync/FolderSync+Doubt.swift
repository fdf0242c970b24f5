import IMAP
import MIME

/// Whether the UIDs that are remembered still name the same messages. What a wrong answer would cost is a keyword on
/// somebody else's message, so nothing is written before it is cleared up.
struct Doubt: Sendable {
    enum Reason: Sendable {
        /// UIDVALIDITY is another one. Some servers change it without need (Proton Bridge takes the time for it), and
        /// then all has to be read again for nothing.
        case renamed
        /// The same UIDVALIDITY, or none at all, but the numbers went back: a restored backup, or another mailbox.
        case receded
    }

    let reason: Reason
    /// What the copies were called when they were last seen, by the runner.
    var expected: [UID: String] = [:]
    private var found: [UID: [String]] = [:]

    /// `nil`: there is no cause for doubt, or nothing to be in doubt about.
    init?(of selected: FolderSync.Selected, knowing state: FolderState) {
        guard !state.tracked.isEmpty else { return nil }
        var wentBack = false
        if let before = state.uidNext, let next = selected.uidNext { wentBack = next < before }
        if let validity = selected.uidValidity, let before = state.uidValidity, validity != before {
            // With fewer of them it would be a guess.
            guard !wentBack, state.tracked.count >= SyncLimits.confirmations else { return nil }
            reason = .renamed
            return
        }
        if let before = state.highest, let highest = selected.highest { wentBack = wentBack || highest < before }
        guard wentBack || selected.uidValidity == nil else { return nil }
        reason = .receded
    }

    mutating func received(_ data: FetchData, _ uid: UID) {
        guard let header = data.headerFields else { return }
        found[uid] = MessageNames(HeaderFields(parsing: header.bytes ?? [])).all
    }

    /// Known copies that are not there.
    func missing(of tracked: UIDSet) -> UIDSet { tracked.subtracting(UIDSet(found.keys)) }

    /// No message is another one, and enough are the same.
    var isUnfounded: Bool {
        var confirmed = 0
        for (uid, name) in expected {
            guard let names = found[uid], !names.isEmpty else { continue }
            guard names.contains(name) else { return false }
            confirmed += 1
        }
        return confirmed >= (reason == .renamed ? SyncLimits.confirmations : 1)
    }
}

extension FolderSync {
    /// Whether the runner has to say what the copies were called: ``expect(_:)``.
    package var isInDoubt: Bool { doubt != nil }

    /// The Message-IDs of the known copies, as they were when they were last seen.
    package mutating func expect(_ names: [UID: String]) { doubt?.expected = names }

    mutating func clearUp() -> [Change] {
        guard let cleared = doubt else { return [] }
        doubt = nil
        guard cleared.isUnfounded else { return startAfresh() }
        var changes: [Change] = []
        if cleared.reason == .renamed, let validity = selected.uidValidity {
            state.uidValidity = validity
            changes.append(.renamed(uidValidity: validity))
        }
        let gone = cleared.missing(of: state.tracked)
        state.tracked = state.tracked.subtracting(gone)
        if !gone.isEmpty { changes.append(.vanished(gone)) }
        // What was numbered before was numbered otherwise.
        state.highest = nil
        state.count = nil
        selected.isResynchronised = false
        return changes + resume()
    }
}
