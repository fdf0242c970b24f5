/// How long to wait before the next connection. Pure: time since login and random numbers are arguments.
///
/// The delay grows with every failure and is forgotten only after a connection has survived: a server that drops its
/// clients right after login would otherwise see one login after the other.
package struct Backoff: Sendable, Equatable {
    package enum Failure: Sendable, Equatable {
        case network
        /// The server said how long to stay away.
        case asked(Duration)
        /// Nothing but a person can help: credentials, folder, certificate.
        case needsUser
    }

    static let survival = Duration.seconds(300)
    private static let first = 2.0
    private static let growth = 1.5
    private static let ceiling = 60.0
    private static let ceilingWhenHopeless = 600.0
    private static let userFirst = 300.0
    private static let userCeiling = 3600.0

    private var failures = 0
    private var userFailures = 0

    package init() {}

    /// - Parameter alive: how long the connection was of use; `nil` if there was none.
    /// - Parameter jitter: 0..<1, random.
    package mutating func delay(after failure: Failure, alive: Duration?, jitter: Double) -> Duration {
        if let alive, alive >= Self.survival { self = Backoff() }
        switch failure {
        case .network:
            failures += 1
            let ceiling = failures > 20 ? Self.ceilingWhenHopeless : Self.ceiling
            return Self.spread(Self.grown(Self.first, failures, ceiling), jitter)
        case .asked(let duration):
            failures += 1
            return max(.seconds(1), min(duration, .seconds(3600)))
        case .needsUser:
            userFailures += 1
            return Self.spread(Self.grown(Self.userFirst, userFailures, Self.userCeiling), jitter)
        }
    }

    private static func grown(_ first: Double, _ failures: Int, _ ceiling: Double) -> Double {
        var delay = first
        for _ in 1..<max(2, min(failures, 40)) where delay < ceiling { delay *= failures > 1 ? growth : 1 }
        return min(delay, ceiling)
    }

    /// ±25 %.
    private static func spread(_ seconds: Double, _ jitter: Double) -> Duration {
        .milliseconds(Int64(seconds * 1000 * (0.75 + jitter / 2)))
    }
}
