import Foundation
import Host
import Secrets
import SentSync
import Settings

/// A command that prints a secret.
enum SecretCommand: Hashable, Sendable {
    /// The first line is the password.
    case password([String])
    /// Prints an ``AccessToken``.
    case token([String])
}

/// What the password and token commands have printed, for all accounts: those that name the same command share one run
/// of it and what it printed, until a server refuses that or says goodbye, for 50 minutes at most, and not when a token
/// is about to end.
actor Credentials {
    typealias Run = @Sendable (_ command: SecretCommand, _ isForced: Bool) async throws -> Printed

    static let lifetime = Duration.seconds(50 * 60)
    /// Of a token that does not say how long it is good for: so long it is with the providers.
    static let tokenLifetime = Duration.seconds(60 * 60)
    /// Set for a run after a refusal: what the command has in store is known to be useless.
    static let forceVariable = "SENTMARK_FORCE_REFRESH"

    struct Printed: Sendable, Equatable {
        let secret: Secret
        /// How much longer it is good for; `nil`: that does not end by itself.
        var lifetime: Duration?
    }

    /// A secret to log in with.
    struct Current: Sendable, Equatable {
        let secret: Secret
        /// When it ends, in time that has elapsed.
        let end: Duration?
    }

    private struct Kept {
        let current: Current
        let until: Duration
    }

    private struct Running {
        let task: Task<Printed, any Error>
        let isForced: Bool
        var waiters = 0
    }

    private let elapsed: @Sendable () -> Duration
    private let run: Run
    private var kept: [SecretCommand: Kept] = [:]
    private var running: [SecretCommand: Running] = [:]

    init(elapsed: @escaping @Sendable () -> Duration = HostClock.system.elapsed, run: @escaping Run = Credentials.run) {
        self.elapsed = elapsed
        self.run = run
    }

    func secret(from command: SecretCommand) async throws -> Current {
        if let kept = fresh(command) { return kept }
        return try await obtain(command, isForced: false)
    }

    /// The one to try after a server has refused `secret`, or before that ends, asked for with ``forceVariable``; `nil`
    /// if there is no other.
    func another(than secret: Secret, from command: SecretCommand) async throws -> Current? {
        if let kept = fresh(command), kept.secret != secret { return kept }
        forget(secret, from: command)
        let other = try await obtain(command, isForced: true)
        guard other.secret == secret else { return other }
        forget(secret, from: command)
        return nil
    }

    /// Unless another one has taken its place since.
    func forget(_ secret: Secret, from command: SecretCommand) {
        if kept[command]?.current.secret == secret { kept[command] = nil }
    }

    private func fresh(_ command: SecretCommand) -> Current? {
        guard let kept = kept[command], elapsed() < kept.until else { return nil }
        return kept.current
    }

    private func keep(_ printed: Printed, from command: SecretCommand) -> Current {
        let now = elapsed()
        var useful = Self.lifetime
        if let lifetime = printed.lifetime { useful = min(useful, lifetime - Renewal.lead(of: lifetime)) }
        var end = printed.lifetime.map { now + $0 }
        // Printed once more, a token that does not say when it ends is no younger for it.
        if let before = kept[command]?.current, before.secret == printed.secret, let known = before.end {
            end = min(known, end ?? known)
        }
        let current = Current(secret: printed.secret, end: end)
        kept[command] = Kept(current: current, until: now + useful)
        return current
    }

    private func obtain(_ command: SecretCommand, isForced: Bool) async throws -> Current {
        // A run that was not forced may print what has been refused.
        while isForced, let other = running[command], !other.isForced { _ = try? await other.task.value }
        let task: Task<Printed, any Error>
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
        return keep(try result.get(), from: command)
    }

    /// With the last of those who wait for it, the command ends too.
    private func leave(_ command: SecretCommand, _ task: Task<Printed, any Error>) {
        guard running[command]?.task == task else { return }
        running[command]?.waiters -= 1
        if running[command]?.waiters == 0 { task.cancel() }
    }

    private static let run: Run = { command, isForced in
        var environment = ProcessInfo.processInfo.environment
        if isForced { environment[forceVariable] = "1" }
        switch command {
        case .password(let arguments):
            return Printed(secret: try await CommandSecret(arguments, environment: environment).read())
        case .token(let arguments):
            let command = CommandSecret(arguments, environment: environment)
            guard let token = AccessToken(printed: try await command.readAll(), now: Date()) else {
                throw command.unusable("printed no access token")
            }
            return Printed(secret: token.secret, lifetime: token.lifetime ?? tokenLifetime)
        }
    }
}
