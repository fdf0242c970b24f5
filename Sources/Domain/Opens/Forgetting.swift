import FoundationEssentials

/// Where a history may be cut when its older hits are to be deleted.
package enum Forgetting {
    /// Hits that belong together stay that much longer, until all of them may go.
    static let patience: TimeInterval = 86_400

    /// No verdict on what stays hangs on what goes: what is left of a burst would look like a reader.
    ///
    /// - Parameters:
    ///   - times: of the hits before `date`, ascending.
    ///   - next: that of the first one which is not before it.
    /// - Returns: hits before it may go; from `date` back to ``patience`` before it.
    package static func boundary(_ times: [Date], next: Date?, before date: Date) -> Date {
        guard var first = next else { return date }
        for time in times.reversed() {
            if first.timeIntervalSince(time) > Thresholds.memory { break }
            first = time
        }
        return max(min(first, date), date - patience)
    }
}
