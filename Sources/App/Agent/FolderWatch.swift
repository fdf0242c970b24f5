import Foundation
import Host
import IMAP
import Logging
import Mailbox
import SentSync
import Servers

/// Keeps one folder of one account in step, over one connection, until the connection or the task ends.
///
/// The order is always: what the server says is stored, then judged elsewhere, then the keywords that are wanted and
/// not seen are written and read back, then the agent waits for news. Stopped at any point, the next session starts
/// from what was stored and comes to the same end.
struct FolderWatch {
    let tools: FolderTools
    let policy: FolderSync.Policy
    /// What has to be done in other folders over this connection.
    let errands: Errands?
    /// Where answers arrive.
    let inbox: Inbox?
    let pollInterval: Duration
    /// Rung when keywords of this account may have to change.
    let bell: Bell

    /// Why another connection is to take over.
    enum Ending {
        /// It is open, and its token lives longer.
        case successor(Line)
        /// This one has done its work now that nothing is left to read: to wait in one that compresses takes some 80 KB,
        /// and on Dovecot a process that would sleep otherwise (measured with 2.3.19: its imap-hibernate takes no
        /// connection that compresses).
        case compressed
        /// The server has dropped news, and tells of none from then on: as after NOTIFY NONE (RFC 5465 5.8), which no
        /// SELECT revokes.
        case newsLost
    }

    /// - Parameter begun: what ``begin(_:_:)`` returned, if the folder has been selected already.
    @discardableResult
    func run(
        _ connection: any MailConnection, _ mailbox: MailboxName, from begun: FolderWork? = nil,
        _ succession: Succession? = nil
    ) async throws -> Ending {
        var begun = begun
        var attention: Attention?
        while true {
            if let ending = try await watch(connection, mailbox, begun, succession, &attention) { return ending }
            try await apart { try await errands?.run(connection) }
            try await apart { try await inbox?.look(connection) }
            begun = nil
        }
    }

    /// Selects the folder and gets into step.
    func begin(_ connection: any MailConnection, _ mailbox: MailboxName) async throws -> FolderWork {
        try await apart {
            let work = try await FolderWork.select(mailbox, on: connection, policy, tools)
            _ = try await work.settle()
            return work
        }
    }

    /// Returns `nil` when there is something to do in other folders first.
    private func watch(
        _ connection: any MailConnection, _ mailbox: MailboxName, _ begun: FolderWork?, _ succession: Succession?,
        _ attention: inout Attention?
    ) async throws -> Ending? {
        let work: FolderWork
        if let begun {
            work = begun
        } else {
            let before = attention
            work = try await apart {
                try await .select(mailbox, on: connection, policy, tools, after: before)
            }
        }
        defer { attention = work.attention }
        var trust = Self.firstTrust
        var rests = 0
        while true {
            // What explains a hit is learned before the hit is shown; but first the folder gets into step.
            if rests > 0, try await apart({ try await work.hasReason(toLookAt: inbox) }) { return nil }
            if try await apart({ try await work.settle() }) { trust = Self.firstTrust }
            if rests == 0, try await apart({ try await work.hasReason(toLookAt: inbox) }) { return nil }
            if work.conversation.sync.hasLostNews { return .newsLost }
            if try await apart({ try await work.cleanCopies() }) { continue }
            if work.hasScanned() { Memory.trim() }
            // Not before it is really at rest: whoever only looks in need not be told.
            if rests == 1, tools.trust.notifies, tools.server.pushesMessages { try await work.subscribe() }
            rests += 1
            let errand = try await errands?.next()
            if let errand, errand <= .zero { return nil }
            if await connection.isCompressed { return .compressed }
            let look = try await inbox?.next()
            var limit = min(trust, errand ?? trust, look ?? trust)
            var opening: Bell?
            switch await succession?.next() {
            case .ready(let line): return .successor(line)
            case .opening(let end): opening = end
            case .wait(let wait?): limit = min(limit, wait)
            case .wait(nil), nil: break
            }
            await tools.report(.idle)
            try await wait(for: work, connection, mailbox, atMost: limit, or: opening)
            trust = min(trust * 8, .seconds(3600))
        }
    }

    /// How long the first IDLE after something was done is relied on, and each quiet one after it eight times as long.
    /// What arrives between a command and IDLE is told of by the end of IDLE, and perhaps not before: Dovecot 2.3.19
    /// said nothing for more than a minute (measured, once in about 170 times).
    private static let firstTrust = Duration.seconds(1)

    /// IDLE is ended after `limit`, when one of the bells rings, or sooner by the session's own.
    private func wait(
        for work: FolderWork, _ connection: any MailConnection, _ mailbox: MailboxName, atMost limit: Duration,
        or other: Bell?
    ) async throws {
        guard tools.server.pushesNews else {
            await bell.wait(atMost: tools.server.policy.pollInterval(pollInterval))
            work.attention.asked(at: tools.now())
            for command in tools.server.policy.poll(mailbox) {
                try await connection.require(command) { work.conversation.sync.received($0) }
            }
            return
        }
        // Before the session's own end: what comes once IDLE is being ended may have been held back.
        let limit = min(limit, tools.server.policy.idleInterval - .seconds(1))
        let isEnding = Latch()
        var ringers: [Task<Void, Never>] = []
        defer { ringers.forEach { $0.cancel() } }
        try await connection.idle(
            begun: {
                ringers = [
                    ringer(connection, isEnding) { [bell] in await bell.wait(atMost: limit) }
                ]
                if let other { ringers.append(ringer(connection, isEnding) { await other.wait() }) }
            },
            each: { untagged in
                if case .fetch = untagged, !isEnding.isOpen { work.attention.heard(at: tools.now()) }
                work.conversation.sync.received(untagged)
                return !work.conversation.sync.hasNews
            })
        work.attention.asked(at: tools.now())
    }

    /// Ends IDLE after `wait`.
    private func ringer(
        _ connection: any MailConnection, _ isEnding: Latch, after wait: @escaping @Sendable () async -> Void
    ) -> Task<Void, Never> {
        Task {
            await wait()
            // One that comes late would end the next IDLE.
            guard !Task.isCancelled else { return }
            isEnding.open()
            await connection.finishIdle()
        }
    }
}
