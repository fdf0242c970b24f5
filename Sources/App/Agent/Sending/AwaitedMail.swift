import Synchronization

/// Tells those who watch an account's folders that a mail is on its way whose copy they will see.
package final class AwaitedMail: Sendable {
    private let count = Mutex(0)

    package init() {}

    /// Another one after each mail.
    var generation: Int { count.withLock { $0 } }

    package func add() { count.withLock { $0 += 1 } }
}
