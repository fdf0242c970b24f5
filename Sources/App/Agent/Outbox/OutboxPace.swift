import Foundation
import Mailbox
import SentSync
import Synchronization
import Transport

/// When a provider that did not take a message is tried again.
final class OutboxPace: Sendable {
    private let state = Mutex<(backoff: Backoff, next: Date?)>((Backoff(), nil))

    /// `nil`: now.
    func date(now: Date) -> Date? { state.withLock { $0.next.flatMap { $0 > now ? $0 : nil } } }

    func reset() { state.withLock { $0 = (Backoff(), nil) } }

    func failed(_ error: any Error, now: Date) -> (reason: String, delay: Duration) {
        let error = (error as? TransportError).map { MailboxError.transport($0) } ?? error
        let (failure, reason) = SessionEnd.classify(error)
        return state.withLock { state in
            let delay = state.backoff.delay(after: failure, alive: nil, jitter: Double.random(in: 0..<1))
            state.next = now.addingTimeInterval(delay.seconds)
            return (reason, delay)
        }
    }
}
