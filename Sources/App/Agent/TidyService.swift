import Foundation
import Logging
import ServiceLifecycle
import Store

/// Forgets what is older than the user wants it remembered: to whom mail was sent, what the provider said, and when the
/// user was in the mailbox.
struct TidyService: Service {
    let store: AgentStore
    let retention: Duration
    let now: @Sendable () -> Date
    let logger: Logger

    private static let interval = Duration.seconds(6 * 3600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(StoreError) {
                    try await store.forgetOutgoing(before: now() - retention.seconds)
                    try await store.forgetActivity(before: now() - retention.seconds)
                } catch {
                    logger.error("old mail was not forgotten", metadata: ["problem": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
