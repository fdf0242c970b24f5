import FoundationEssentials

/// The sender was seen to touch a message over IMAP: some time between two moments.
package struct OwnActivity: Sendable, Equatable {
    /// Up to when nothing of the kind had happened; `nil`: nobody was listening then.
    package var since: Date?
    /// When it was learned of.
    package var until: Date

    package init(since: Date?, until: Date) {
        self.since = since
        self.until = until
    }

    /// Whether a hit at `moment` came with it. What is known no better than to a minute and a half, since the connection
    /// was away or the server is asked from time to time, says only that the sender was there some time: it explains
    /// nothing.
    func explains(_ moment: Date) -> Bool {
        guard let since, until.timeIntervalSince(since) <= Thresholds.activityPrecision else { return false }
        // The clock may have been set back in between.
        return moment >= min(since, until) - Thresholds.ownActivity && moment <= until + Thresholds.ownActivity
    }
}
