import Foundation
import Host
import IMAP
import Logging
import Mailbox
import SentSync
import Servers
import Store

/// Keeps one folder of one account in step, over one connection, until the connection or the task ends.
///
/// The order is always: what the server says is stored, then judged elsewhere, then the keywords that are wanted and
/// not seen are written and read back, then the agent waits for news. Stopped at any point, the next session starts
/// from what was stored and comes to the same end.
struct FolderWatch {
    let account: AccountID
    let store: AgentStore
    let signs: Signs
    let policy: FolderSync.Policy
    let server: MailServer
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
        var copyRefusal: String?
        if let name = signs.copyFolder {
            copyRefusal = try await CopyFolder(name: name, store: store, account: account, folder: folder)
                .lookThrough(connection, source: mailbox)
        }
        var policy = policy
        policy.readsLabels = signs.contains(.label) && server.identity.capabilities.contains(.gmail)
        var sync = FolderSync(state: try await store.state(of: folder), policy: policy)
        var selection = try await Selection.select(mailbox, on: connection, of: server, resuming: sync.state)
        selection.offer.copyRefusal = copyRefusal
        let begun = sync.begin(selection.selected)
        selection.news.forEach { sync.received($0) }
        // What the server told of the time since is stored together with the mark that says so.
        try await keep(begun + sync.drainNews(), folder)
        let writer = KeywordWriter(
            store: store, folder: folder, signs: signs, selection: selection, now: now, logger: logger)
        var conversation = Conversation(connection, with: server, sync)
        var scan: (began: ContinuousClock.Instant, done: Int)?
        var trust = Self.firstTrust
        while true {
            try Task.checkCancellation()
            // Between two steps of a long scan the keywords of what is known already are not kept waiting.
            let hasWritten = try await writer.write(&conversation)
            try await conversation.ask()
            if hasWritten || conversation.isBusy { trust = Self.firstTrust }
            if conversation.isBusy {
                try await takeAnswers(&conversation, folder)
                if let (done, total) = conversation.sync.progress {
                    let began = scan ?? (.now, done)
                    scan = began
                    await report(.scanning(done: done, total: total, left: Self.estimate(began, done, total)))
                }
                continue
            }
            let news = conversation.sync.drainNews()
            try await keep(news, folder)
            if hasWritten || !news.isEmpty { continue }
            if scan != nil { Memory.trim() }
            scan = nil
            await report(.idle)
            try await wait(&conversation.sync, connection, mailbox, atMost: trust)
            trust = min(trust * 8, .seconds(3600))
        }
    }

    private func takeAnswers(_ conversation: inout Conversation, _ folder: FolderID) async throws {
        let answers: [(SyncRequest, Conversation.Outcome)]
        do {
            answers = try await conversation.answers()
        } catch {
            // A server that sends what cannot be read would do so again: the request is cut down for the next session.
            if error.isAboutContent, let request = conversation.oldest {
                try await keep(conversation.sync.failed(request, reason: "\(error)"), folder)
            }
            throw error
        }
        await StopPoint.reached(.answered)
        for (request, outcome) in answers {
            switch outcome {
            case .answered(let took):
                try await keep(conversation.sync.finished(request, took: took), folder)
            case .refused(let refusal, let command):
                if refusal.isTemporary { throw MailboxError.refused(command: command, refusal) }
                logger.warning("request refused", metadata: ["answer": "\(refusal.text)"])
                try await keep(conversation.sync.failed(request, reason: refusal.text), folder)
            case .unreadable(let words):
                logger.warning("answer not read", metadata: ["answer": "\(words)"])
                let reason = "the server's answer cannot be read: \(words)"
                try await keep(conversation.sync.failed(request, reason: reason), folder)
            }
        }
        await StopPoint.reached(.changesStored)
    }

    /// How long the rest of the scan will take, from what it has taken so far.
    private static func estimate(
        _ scan: (began: ContinuousClock.Instant, done: Int), _ done: Int, _ total: Int
    ) -> Duration? {
        guard done > scan.done else { return nil }
        return (ContinuousClock.now - scan.began) * (Double(total - done) / Double(done - scan.done))
    }

    private func keep(_ changes: [Change], _ folder: FolderID) async throws {
        if try await store.apply(changes, to: folder, signs: signs, now: now()) { judge.ring() }
    }

    /// How long the first IDLE after something was done is relied on, and each quiet one after it eight times as long.
    /// What arrives between a command and IDLE is told of by the end of IDLE, and perhaps not before: Dovecot 2.3.19
    /// said nothing for more than a minute (measured, once in about 170 times).
    private static let firstTrust = Duration.seconds(1)

    /// IDLE is ended after `limit`, or sooner by the session's own.
    private func wait(
        _ sync: inout FolderSync, _ connection: Connection, _ mailbox: MailboxName, atMost limit: Duration
    ) async throws {
        guard server.pushesNews else {
            await bell.wait(atMost: server.policy.pollInterval(pollInterval))
            for command in server.policy.poll(mailbox) { try await connection.require(command) { sync.received($0) } }
            return
        }
        var ringer: Task<Void, Never>?
        defer { ringer?.cancel() }
        try await connection.idle(
            begun: {
                ringer = Task { [bell] in
                    await bell.wait(atMost: limit < .seconds(3600) ? limit : nil)
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
