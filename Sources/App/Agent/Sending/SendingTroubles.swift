import Logging
import Store
import Synchronization

/// Says that mail cannot be written down, which nobody else sees: it is sent all the same, as it was written. Of a flood of
/// mail one line for each kind of trouble and each ten minutes, with how many mails it was about since the last.
package final class SendingTroubles: Sendable {
    package enum Effect: String, Sendable {
        case untracked = "mail goes out without its token: the registration failed"
        case late = "mail goes out without its token: the registration took too long"
        case unnoted = "what became of mail is not written down"
    }

    private let logger: Logger
    private let repetitions = Mutex(Repetitions())

    package init(logger: Logger) { self.logger = logger }

    func note(_ error: any Error, _ effect: Effect, account: String, now: ContinuousClock.Instant = .now) {
        let kind = (error as? StoreError).map { "\($0.kind)" } ?? "\(type(of: error))"
        say(effect, kind, account, "\(error)", now)
    }

    /// It was written down, when the mail had gone out without.
    func noteDelay(_ path: String, account: String, now: ContinuousClock.Instant = .now) {
        let problem =
            "\(path) was held, or its disk was busy; stop what uses them (`fuser \(path)` tells who holds the file)"
        say(.late, "", account, problem, now)
    }

    private func say(
        _ effect: Effect, _ kind: String, _ account: String, _ problem: String, _ now: ContinuousClock.Instant
    ) {
        guard let count = repetitions.withLock({ $0.tell("\(effect) \(kind)", now: now) }) else { return }
        logger.error(
            "\(effect.rawValue)", metadata: ["account": "\(account)", "problem": "\(problem)", "mails": "\(count)"])
    }
}

/// What is not said again before some time has passed.
struct Repetitions {
    private var spans: [String: (end: ContinuousClock.Instant, unsaid: Int)] = [:]

    static let span = Duration.seconds(600)

    /// Of how many times is to be told, this one included; `nil` if it is to be kept for later.
    mutating func tell(_ kind: String, now: ContinuousClock.Instant) -> Int? {
        let known = spans[kind]
        if let known, now < known.end {
            spans[kind] = (known.end, known.unsaid + 1)
            return nil
        }
        spans[kind] = (now + Self.span, 0)
        return (known?.unsaid ?? 0) + 1
    }
}
