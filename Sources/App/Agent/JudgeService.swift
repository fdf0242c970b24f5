import Foundation
import Logging
import Opens
import ServiceLifecycle
import Store

/// Turns facts into verdicts: every message with new hits, and every verdict whose time for a second look has come.
struct JudgeService: Service {
    let store: AgentStore
    let bell: Bell
    /// Each is rung when keywords of its account may have to change.
    let accounts: [String: Bell]
    let now: @Sendable () -> Date
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await bell.wait(atMost: await judgeAll())
            }
        }
    }

    /// Judges all that is due; returns how long nothing will be due by itself.
    private func judgeAll() async -> Duration? {
        do throws(StoreError) {
            var changed = false
            var rung = ContinuousClock.now
            while !Task.isCancelled {
                let time = now()
                let tasks = try await store.judgingTasks(now: time, rules: Rules.current.version)
                if tasks.isEmpty { break }
                let judged = tasks.map { (OpensEngine.judge($0.history, now: time), $0) }
                if try await store.save(judged, rules: Rules.current.version) { changed = true }
                await StopPoint.reached(.judged)
                // Many at once are written at once, but the first ones do not wait for all.
                guard changed, ContinuousClock.now - rung > Self.patience else { continue }
                try await ringAccounts()
                (changed, rung) = (false, .now)
            }
            if changed { try await ringAccounts() }
            guard let next = try await store.nextReview() else { return nil }
            return .seconds(max(0.05, next.timeIntervalSince(now())))
        } catch {
            // The stop ends what it waits for.
            if Task.isCancelled { return nil }
            logger.error("judging waits", metadata: ["problem": "\(error)"])
            return .seconds(10)
        }
    }

    private static let patience = Duration.milliseconds(500)

    private func ringAccounts() async throws(StoreError) {
        for name in try await store.accountsWithDueCopies() { accounts[name]?.ring() }
    }
}
