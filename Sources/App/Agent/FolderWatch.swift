import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Store

/// Keeps one folder of one account in step, over one connection, until the connection or the task ends.
///
/// The order is always: what the server says is stored, then judged elsewhere, then the keywords that are wanted and
/// not seen are written and read back, then the agent waits for news. Stopped at any point, the next session starts
/// from what was stored and comes to the same end.
struct FolderWatch {
    let account: AccountID
    let store: AgentStore
    let names: KeywordNames
    let policy: FolderSync.Policy
    let pollInterval: Duration
    /// Rung when keywords of this account may have to change.
    let bell: Bell
    /// Rung when there is something new to judge.
    let judge: Bell
    let report: @Sendable (AccountState) async -> Void
    let now: @Sendable () -> Date
    let logger: Logger

    func run(_ connection: Connection, _ mailbox: MailboxName) async throws {
        let folder = try await store.folder(mailbox, of: account)
        try await store.forgetRefusals(in: folder)
        var sync = FolderSync(state: try await store.state(of: folder), policy: policy)
        let selection = try await Selection.select(mailbox, on: connection)
        try await keep(sync.begin(selection.selected), folder)
        selection.news.forEach { sync.received($0) }
        let writer = KeywordWriter(
            connection: connection, store: store, folder: folder, names: names, selection: selection, now: now,
            logger: logger)
        while true {
            try Task.checkCancellation()
            // Between two steps of a long scan the keywords of what is known already are not kept waiting.
            try await writer.write(&sync)
            if let request = sync.next() {
                try await step(request, &sync, connection, folder)
                if let progress = sync.progress { await report(.scanning(done: progress.done, total: progress.total)) }
                continue
            }
            try await keep(sync.drainNews(), folder)
            if try await writer.write(&sync) { continue }
            await report(.idle)
            try await wait(&sync, connection)
            try await keep(sync.drainNews(), folder)
        }
    }

    private func step(
        _ request: SyncRequest, _ sync: inout FolderSync, _ connection: Connection, _ folder: FolderID
    ) async throws {
        let commands = request.commands(for: await connection.capabilities)
        let completions: [Completion]
        var unreadable: String?
        do {
            completions = try await connection.run(
                commands,
                each: { untagged in
                    if case .fetch(let data) = untagged, !request.isAnswered(by: data) {
                        unreadable = unreadable ?? "FETCH of UID \(data.uid?.description ?? "?")"
                    }
                    sync.received(untagged)
                }, skipped: { if request.isConcerned(by: $0) { unreadable = unreadable ?? Self.quote($0) } })
        } catch {
            // A server that sends what cannot be read would do so again: the request is cut down for the next session.
            if error.isAboutContent { try await keep(sync.failed(request, reason: "\(error)"), folder) }
            throw error
        }
        await StopPoint.reached(.answered)
        if let refusal = completions.first(where: { $0.status != .ok }) {
            if refusal.isTemporary { throw MailboxError.refused(command: commands.first?.name ?? "", refusal) }
            logger.warning("request refused", metadata: ["answer": "\(refusal.text)"])
            try await keep(sync.failed(request, reason: refusal.text), folder)
        } else if let unreadable {
            // What is missing in the answer would be taken for gone.
            let reason = "the server's answer cannot be read: \(unreadable)"
            logger.warning("answer not read", metadata: ["answer": "\(unreadable)"])
            try await keep(sync.failed(request, reason: reason), folder)
        } else {
            try await keep(sync.finished(request), folder)
        }
        await StopPoint.reached(.changesStored)
    }

    /// The beginning of a response, up to where a message's own words could begin: a log is no place for these.
    private static func quote(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(80).prefix { !#"([{"\#r\#n"#.utf8.contains($0) }, as: UTF8.self)
    }

    private func keep(_ changes: [Change], _ folder: FolderID) async throws {
        if try await store.apply(changes, to: folder, names: names, now: now()) { judge.ring() }
    }

    private func wait(_ sync: inout FolderSync, _ connection: Connection) async throws {
        let capabilities = await connection.capabilities
        guard capabilities.contains(.idle) else {
            await bell.wait(atMost: pollInterval)
            try await connection.require(.noop) { sync.received($0) }
            return
        }
        var ringer: Task<Void, Never>?
        defer { ringer?.cancel() }
        try await connection.idle(
            begun: {
                ringer = Task { [bell] in
                    await bell.wait()
                    await connection.finishIdle()
                }
            },
            each: { untagged in
                sync.received(untagged)
                return !sync.hasNews
            })
    }
}

extension MailboxError {
    /// Whether it was what the server sent, and not the network, that ended the conversation.
    fileprivate var isAboutContent: Bool {
        switch self {
        case .closed(.syntax), .closed(.tooMuchData): true
        case .closed, .transport, .refused, .unsendable, .cancelled: false
        }
    }
}

extension Completion {
    /// Whether the server means "not now".
    fileprivate var isTemporary: Bool {
        switch code {
        case .inUse, .unavailable, .throttled, .serverBug: status == .no
        default: false
        }
    }
}
