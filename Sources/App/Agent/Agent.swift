import Foundation
import Host
import Logging
import ServiceLifecycle
import Settings
import Store
import Transport

/// The running agent: one service for each loop, built from the settings, and built again when they change.
package actor Agent {
    package enum Stop: Sendable, Equatable {
        case stop
        case reload
    }

    private let store: AgentStore
    private let directories: Directories
    private let poller: Poller
    /// For mail that is sent, which must not wait for what is read.
    private let sending: Poller
    private let notifier: ServiceNotifier?
    private let show: @Sendable (String) -> Void
    private let logger: Logger
    private let now: @Sendable () -> Date
    private var running: ServiceGroup?
    private var wish: Stop?
    // Held as long as the agent lives: a second one on the same state is refused.
    private let lock: ProcessLock

    /// Takes the lock and opens the state. Throws ``HostError`` when another agent runs, ``StoreError`` when the
    /// state cannot be used.
    package init(
        directories: Directories, logger: Logger, show: @escaping @Sendable (String) -> Void = { _ in },
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        try directories.create()
        self.directories = directories
        self.logger = logger
        self.now = now
        let notifier = ServiceNotifier()
        self.notifier = notifier
        self.show = { line in
            notifier?.status(line)
            show(line)
        }
        lock = try ProcessLock(directories.state + "/agent.lock")
        store = try AgentStore(path: directories.state + "/agent.db")
        poller = try Poller()
        sending = try Poller(name: "submission", isPreferred: true)
        for notice in store.notices { logger.warning("\(notice)") }
    }

    /// Runs until ``end(_:)`` says stop. On a reload `load` is asked for new settings; when it throws, or what they ask
    /// for does not start, the old ones go on, and the log says why.
    package func run(_ settings: Settings, load: @Sendable () throws -> Settings) async throws {
        var inputs = try Services.Inputs(settings)
        let watchdog = Task { [notifier] in await notifier?.watch { true } }
        defer { watchdog.cancel() }
        var before: Services.Inputs?
        while true {
            do {
                guard try await serve(inputs) == .reload else { break }
            } catch {
                // Such as a pixel server whose new address is taken.
                guard let old = before else { throw error }
                inputs = old
                before = nil
                refuse(error)
                continue
            }
            notifier?.reloading()
            do {
                let new = try Services.Inputs(try load())
                before = inputs
                inputs = new
                logger.notice("configuration read again")
            } catch {
                refuse(error)
            }
        }
        notifier?.stopping()
        try store.close()
    }

    private func allowConnections(of settings: Settings) {
        // One for each folder that is watched; the rest is for everything else, the pixel server's callers included.
        let needed = 512 + settings.accounts.reduce(0) { $0 + $1.connections }
        let allowed = OpenFiles.allow(needed)
        guard allowed < needed else { return }
        logger.warning(
            "too few open files are allowed: some accounts may not connect; raise the limit (ulimit -n, LimitNOFILE=)",
            metadata: ["allowed": "\(allowed)", "needed": "\(needed)"])
    }

    private func refuse(_ error: any Error) {
        logger.error("configuration not taken over; the old one goes on", metadata: ["problem": "\(error)"])
    }

    /// Ends the running services: for good, or to start again with new settings.
    package func end(_ wish: Stop) async {
        if self.wish != .stop { self.wish = wish }
        await running?.triggerGracefulShutdown()
    }

    private func serve(_ inputs: Services.Inputs) async throws -> Stop {
        if wish == .stop { return .stop }
        wish = nil
        let settings = inputs.settings
        for warning in settings.warnings { logger.warning("\(warning)") }
        allowConnections(of: settings)
        let parts = try await Services.build(
            inputs, directories: directories, store: store, poller: poller, sending: sending, show: show, now: now,
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: parts.map {
                .init(
                    service: Unprinted($0), successTerminationBehavior: .ignore,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            }, logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .milliseconds(1500)
        configuration.maximumCancellationDuration = .milliseconds(400)
        let group = ServiceGroup(configuration: configuration)
        running = group
        defer { running = nil }
        // Asked for while the services were being built.
        if wish != nil { await group.triggerGracefulShutdown() }
        // Beside what goes on: the first connection need not wait for it.
        Task.detached { Memory.trim() }
        notifier?.ready(status: "starting")
        logger.info(
            "running",
            metadata: [
                "accounts": "\(settings.accounts.count)",
                "sources": "\(settings.sources.count + settings.providers.count)",
            ])
        try await group.run()
        return wish ?? .stop
    }
}

extension Settings.Account {
    /// The outbox has one of its own too.
    fileprivate var connections: Int { watched.count + (outbox == nil ? 0 : 1) }
}

/// The group calls each service by what it prints as, which for a structure is all that it holds: 3 ms at the start of an
/// agent with one account.
private struct Unprinted: Service, CustomStringConvertible {
    private let service: any Service

    init(_ service: any Service) { self.service = service }

    var description: String { "\(type(of: service))" }

    func run() async throws { try await service.run() }
}
