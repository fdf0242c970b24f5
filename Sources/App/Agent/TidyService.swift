import Foundation
import Logging
import ServiceLifecycle
import Store

/// Forgets what is older than the user wants it remembered: to whom mail was sent, what the provider said, who loaded a
/// pixel, and when the user was in the mailbox. Then it looks which recipients' domains show no reading, as they grow with
/// time.
struct TidyService: Service {
    let store: AgentStore
    let retention: Duration
    /// Each is rung when keywords of its account may have to change.
    let accounts: [String: Bell]
    let now: @Sendable () -> Date
    let logger: Logger

    private static let interval = Duration.seconds(6 * 3600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(StoreError) {
                    let time = now()
                    try await store.forgetOutgoing(before: time - retention.seconds)
                    try await store.forgetHits(before: time - retention.seconds)
                    try await store.forgetActivity(before: time - retention.seconds)
                    if try await store.weighDomains(now: time) {
                        for name in try await store.accountsWithDueCopies() { accounts[name]?.ring() }
                    }
                } catch {
                    logger.error("tidying waits", metadata: ["problem": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
