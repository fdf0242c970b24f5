import Foundation
import Host
import Secrets
import Settings

/// What the password and token commands have printed, for all accounts: those that name the same command share one run
/// of it and what it printed, until a server refuses that or says goodbye, and for 50 minutes at most, since the
/// providers' tokens live for an hour.
actor Credentials {
    typealias Run = @Sendable (_ command: [String], _ isForced: Bool) async throws -> Secret

    static let lifetime = Duration.seconds(50 * 60)
    /// Set for a run after a refusal: what the command has in store is known to be useless.
    static let forceVariable = "SENTMARK_FORCE_REFRESH"

    private struct Kept {
        let secret: Secret
        let since: Duration
    }

    private struct Running {
        let task: Task<Secret, any Error>
        let isForced: Bool
        var waiters = 0
    }

    private let elapsed: @Sendable () -> Duration
    private let run: Run
    private var kept: [[String]: Kept] = [:]
    private var running: [[String]: Running] = [:]

    init(elapsed: @escaping @Sendable () -> Duration = HostClock.system.elapsed, run: @escaping Run = Credentials.run) {
        self.elapsed = elapsed
        self.run = run
    }

    func secret(from command: [String]) async throws -> Secret {
        if let kept = fresh(command) { return kept }
        return try await obtain(command, isForced: false)
    }

    /// The one to try after a server has refused `secret`, asked for with ``forceVariable``; `nil` if there is no other.
    func another(than secret: Secret, from command: [String]) async throws -> Secret? {
        if let kept = fresh(command), kept != secret { return kept }
        forget(secret, from: command)
        let other = try await obtain(command, isForced: true)
        guard other == secret else { return other }
        forget(secret, from: command)
        return nil
    }

    /// Unless another one has taken its place since.
    func forget(_ secret: Secret, from command: [String]) {
        if kept[command]?.secret == secret { kept[command] = nil }
    }

    private func fresh(_ command: [String]) -> Secret? {
        guard let kept = kept[command], elapsed() - kept.since < Self.lifetime else { return nil }
        return kept.secret
    }

    private func obtain(_ command: [String], isForced: Bool) async throws -> Secret {
        // A run that was not forced may print what has been refused.
        while isForced, let other = running[command], !other.isForced { _ = try? await other.task.value }
        let task: Task<Secret, any Error>
        if let running = running[command] {
            task = running.task
        } else {
            task = Task { try await run(command, isForced) }
            running[command] = Running(task: task, isForced: isForced)
        }
        running[command]?.waiters += 1
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            Task { await self.leave(command, task) }
        }
        if running[command]?.task == task { running[command] = nil }
        let secret = try result.get()
        kept[command] = Kept(secret: secret, since: elapsed())
        return secret
    }

    /// With the last of those who wait for it, the command ends too.
    private func leave(_ command: [String], _ task: Task<Secret, any Error>) {
        guard running[command]?.task == task else { return }
        running[command]?.waiters -= 1
        if running[command]?.waiters == 0 { task.cancel() }
    }

    private static let run: Run = { command, isForced in
        var environment = ProcessInfo.processInfo.environment
        if isForced { environment[forceVariable] = "1" }
        return try await CommandSecret(command, environment: environment).read()
    }
}
