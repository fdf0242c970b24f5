import Foundation
import SentSync
import Store

/// What the sync has learned of a folder and the store may not know yet, in its order.
///
/// While a first scan goes on, what several answers told is stored in one transaction, beside the conversation: a sync to
/// disk takes as long as hundreds of messages, and the server would wait for it. A transaction holds what was learned
/// and the marks that vouch for it, and one ends before the next begins, so that what a crash loses is work and nothing
/// else. Before anybody asks the store for anything, ``flush()``.
struct PendingChanges {
    private let store: AgentStore
    private let folder: FolderID
    private let signs: Signs
    private let judge: Bell
    private let interval: Duration
    private var waiting: [Change] = []
    /// Since when, and up to when, others may have done what is told of in `waiting`.
    private var since: Date?
    private var now = Date.distantPast
    private var writing: Task<Void, any Error>?
    private var began = ContinuousClock.now

    /// - Parameter interval: zero: nothing is stored beside the conversation.
    init(for folder: FolderID, in store: AgentStore, _ signs: Signs, judge: Bell, every interval: Duration) {
        self.folder = folder
        self.store = store
        self.signs = signs
        self.judge = judge
        self.interval = interval
    }

    /// - Parameter since: as of ``AgentStore/apply(_:to:signs:since:now:)``.
    mutating func add(_ changes: [Change], since: Date?, now: Date) {
        guard !changes.isEmpty else { return }
        if waiting.isEmpty { self.since = since }
        self.now = now
        waiting += changes
    }

    /// Begins to store what has been added, if the last time is long enough ago. Waits for that one to end, and for no
    /// longer.
    mutating func writeBeside() async throws {
        if interval == .zero { return try await flush() }
        guard !waiting.isEmpty, ContinuousClock.now - began >= interval else { return }
        try await endWriting()
        began = .now
        let write = takeWrite()
        writing = Task { try await write() }
    }

    /// Returns when all is stored.
    mutating func flush() async throws {
        try await endWriting()
        guard !waiting.isEmpty else { return }
        began = .now
        try await takeWrite()()
    }

    /// The session ends with an error: what is being stored is waited for, so that no later session is overtaken by it.
    /// - Parameter isOrderly: whether what has been added and not stored is stored too.
    mutating func end(isOrderly: Bool) async {
        try? await endWriting()
        if isOrderly { try? await flush() }
        waiting = []
    }

    private mutating func endWriting() async throws {
        guard let writing else { return }
        self.writing = nil
        try await withTaskCancellationHandler {
            try await writing.value
        } onCancel: {
            writing.cancel()
        }
    }

    private mutating func takeWrite() -> @Sendable () async throws -> Void {
        let changes = waiting
        waiting = []
        return { [store, folder, signs, judge, since, now] in
            let isNew = try await store.apply(changes, to: folder, signs: signs, since: since, now: now)
            if isNew { judge.ring() }
            await StopPoint.reached(.changesStored)
        }
    }
}
