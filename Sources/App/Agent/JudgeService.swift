import Foundation
import Logging
import Opens
import ServiceLifecycle
import Store

/// Turns facts into verdicts: every message with new hits, and every verdict whose time for a second look has come.
struct JudgeService: Service {
    let store: AgentStore
    let bell: Bell
    /// Rung when keywords may have to change.
    let accounts: [Bell]
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
            while !Task.isCancelled {
                let time = now()
                let tasks = try await store.judgingTasks(now: time, rules: Rules.current.version)
                if tasks.isEmpty { break }
                for task in tasks {
                    let judgement = OpensEngine.judge(task.history, now: time)
                    if try await store.save(judgement, of: task, rules: Rules.current.version) { changed = true }
                }
                await StopPoint.reached(.judged)
                if changed { accounts.forEach { $0.ring() } }
            }
            if changed { accounts.forEach { $0.ring() } }
            guard let next = try await store.nextReview() else { return nil }
            return .seconds(max(0.05, next.timeIntervalSince(now())))
        } catch {
            logger.error("judging waits", metadata: ["problem": "\(error)"])
            return .seconds(10)
        }
    }
}
