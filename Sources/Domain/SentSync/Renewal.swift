/// When another connection is to take the place of one that a token opened: some minutes before the token ends, since
/// providers end the session with it. Pure: times are on any clock that never goes back.
package struct Renewal: Sendable, Equatable {
    /// So long before the end at the latest, and at most twice as long: a thousand accounts whose tokens end together
    /// do not log in together.
    package static let lead = Duration.seconds(300)
    /// Of a token that does not live long, a tenth of the rest instead.
    private static let share = 10
    /// In the last minute nothing is tried again.
    private static let tooLate = Duration.seconds(60)

    private let end: Duration
    private var due: Duration?

    /// - Parameters:
    ///   - end: when the token ends.
    ///   - random: 0..<1.
    package init(end: Duration, now: Duration, random: Double) {
        self.end = end
        due = end - Self.lead(of: end - now) * (1 + random)
    }

    /// How long before its end a token is no longer to be used for something new.
    package static func lead(of lifetime: Duration) -> Duration { min(lead, max(.zero, lifetime) / share) }

    /// How long until a connection is to be opened; `nil`: this one is kept, whatever becomes of it.
    package func wait(now: Duration) -> Duration? { due.map { max(.zero, $0 - now) } }

    /// It came to nothing. Half of the rest later is the next time.
    package mutating func failed(now: Duration) {
        let half = (end - now) / 2
        due = half >= Self.tooLate ? now + half : nil
    }
}
