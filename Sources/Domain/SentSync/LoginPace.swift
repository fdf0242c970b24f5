/// How often an account may log in, whatever becomes of its connections: servers lock out who logs in over and over, and
/// Gmail, Proton and Exchange count. Pure: times are on any clock that never goes back.
package struct LoginPace: Sendable, Equatable {
    /// Not more than so many…
    static let most = 2
    /// …within so long.
    static let window = Duration.seconds(120)

    private var recent: [Duration] = []

    package init() {}

    /// How long to wait before the next login.
    package func wait(now: Duration) -> Duration {
        guard recent.count >= Self.most, let first = recent.first else { return .zero }
        return max(.zero, first + Self.window - now)
    }

    /// The server has been given credentials, whether it liked them or not.
    package mutating func loggedIn(now: Duration) {
        recent = recent.suffix(Self.most - 1) + [now]
    }

    /// How long an account waits at the start, so that a thousand do not knock at once. `random` is 0..<1.
    package static func startDelay(accounts: Int, random: Double) -> Duration {
        // A family's accounts disturb nobody, and its owner is watching.
        guard accounts > 8 else { return .zero }
        return .milliseconds(Int64(random * Double(min(accounts * 10, 30_000))))
    }
}
