import Foundation
import Logging
import Opens
import SentSync
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
            var isUpToDate = false
            while !Task.isCancelled {
                await bell.wait(atMost: await judgeAll(&isUpToDate))
            }
        }
    }

    private typealias Judged = [(Judgement, JudgingTask)]

    /// Judges all that is due; returns how long nothing will be due by itself.
    /// - Parameter isUpToDate: whether no message is left that other rules have judged.
    private func judgeAll(_ isUpToDate: inout Bool) async -> Duration? {
        do {
            var changed = false
            var rung = ContinuousClock.now
            var waiting: Judged = []
            while !Task.isCancelled {
                let judged = waiting
                // What is judged is stored while the next ones are read and judged.
                async let saved = save(judged)
                waiting = try await judgeSome(besides: Set(judged.map(\.1.message)), outdated: !isUpToDate)
                if try await saved { changed = true }
                if judged.isEmpty, waiting.isEmpty {
                    isUpToDate = true
                    break
                }
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

    private func judgeSome(besides underWay: Set<MessageKey>, outdated: Bool) async throws -> Judged {
        let time = now()
        let tasks = try await store.judgingTasks(
            now: time, rules: Rules.current.version, besides: underWay, outdated: outdated)
        return tasks.map { (OpensEngine.judge($0.history, now: time), $0) }
    }

    /// Whether keywords may have to change.
    private func save(_ judged: Judged) async throws -> Bool {
        if judged.isEmpty { return false }
        let changed = try await store.save(judged, rules: Rules.current.version)
        await StopPoint.reached(.judged)
        return changed
    }

    private static let patience = Duration.milliseconds(500)

    private func ringAccounts() async throws {
        for name in try await store.accountsWithDueCopies() { accounts[name]?.ring() }
    }
}
