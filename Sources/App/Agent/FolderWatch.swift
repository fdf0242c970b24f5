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
    let pollInterval: Duration
    /// Rung when keywords of this account may have to change.
    let bell: Bell

    /// Returns when another connection is to take over. One that compresses has done its work once nothing is left to
    /// read: to wait in it takes some 80 KB, and on Dovecot a process that would sleep otherwise (measured with 2.3.19: its
    /// imap-hibernate takes no connection that compresses).
    func run(_ connection: any MailConnection, _ mailbox: MailboxName) async throws {
        while try await watch(connection, mailbox) == .selection {
            try await errands?.run(connection)
        }
    }

    private enum Next {
        /// News were lost, or there is something to do in other folders first.
        case selection
        case connection
    }

    private func watch(_ connection: any MailConnection, _ mailbox: MailboxName) async throws -> Next {
        var work = try await FolderWork.select(mailbox, on: connection, policy, tools)
        var trust = Self.firstTrust
        var rests = 0
        while true {
            if try await work.settle() { trust = Self.firstTrust }
            if work.sync.hasLostNews { return .selection }
            if work.hasScanned() { Memory.trim() }
            // Not before it is really at rest: whoever only looks in need not be told.
            if rests == 1, tools.server.pushesMessages { try await work.subscribe() }
            rests += 1
            let errand = try await errands?.next()
            if let errand, errand <= .zero { return .selection }
            if await connection.isCompressed { return .connection }
            await tools.report(.idle)
            try await wait(&work.sync, connection, mailbox, atMost: min(trust, errand ?? trust))
            trust = min(trust * 8, .seconds(3600))
        }
    }

    /// How long the first IDLE after something was done is relied on, and each quiet one after it eight times as long.
    /// What arrives between a command and IDLE is told of by the end of IDLE, and perhaps not before: Dovecot 2.3.19
    /// said nothing for more than a minute (measured, once in about 170 times).
    private static let firstTrust = Duration.seconds(1)

    /// IDLE is ended after `limit`, or sooner by the session's own.
    private func wait(
        _ sync: inout FolderSync, _ connection: any MailConnection, _ mailbox: MailboxName, atMost limit: Duration
    ) async throws {
        guard tools.server.pushesNews else {
            await bell.wait(atMost: tools.server.policy.pollInterval(pollInterval))
            for command in tools.server.policy.poll(mailbox) {
                try await connection.require(command) { sync.received($0) }
            }
            return
        }
        var ringer: Task<Void, Never>?
        defer { ringer?.cancel() }
        try await connection.idle(
            begun: {
                ringer = Task { [bell] in
                    await bell.wait(atMost: limit < .seconds(3600) ? limit : nil)
                    // One that comes late would end the next IDLE.
                    if !Task.isCancelled { await connection.finishIdle() }
                }
            },
            each: { untagged in
                sync.received(untagged)
                return !sync.hasNews
            })
    }
}
