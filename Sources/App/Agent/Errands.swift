import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Settings
import Store

/// What there is to do for an account outside the folders that are watched: tracked messages that are gone from them
/// are looked for where mail is archived, and keywords of those that were found there are kept up to date.
struct Errands {
    let tools: FolderTools
    let policy: FolderSync.Policy
    let wish: Settings.Archives

    /// How long until something is due; `nil`: nothing is in sight.
    func next() async throws -> Duration? {
        guard let due = try await tools.store.nextErrand(of: tools.account) else { return nil }
        return .seconds(max(0, due.timeIntervalSince(tools.now())))
    }

    func run(_ connection: any MailConnection) async throws {
        let began = tools.now()
        var lost = try await tools.store.lostMessages(of: tools.account, dueAt: began)
        let archives = lost.quarries.isEmpty ? [] : try await archives(on: connection)
        while !lost.quarries.isEmpty {
            for mailbox in archives where !lost.quarries.isEmpty {
                try await visit(mailbox, over: connection, hunting: lost.quarries)
                lost = try await tools.store.stillLost(of: lost)
            }
            tools.logger.info("looked for what has moved", metadata: ["not_found": "\(lost.quarries.count)"])
            try await tools.store.endHunt(for: lost)
            lost = try await tools.store.lostMessages(of: tools.account, dueAt: began)
        }
        for mailbox in try await tools.store.visitedFoldersWithDueCopies(of: tools.account) {
            try await visit(mailbox, over: connection, hunting: [])
        }
    }

    private func archives(on connection: any MailConnection) async throws -> [MailboxName] {
        let found = ArchiveFolders.choose(from: try await connection.listAll(), wish: wish.wish)
        let watched = try await tools.store.watchedFolders(of: tools.account)
        return found.filter { !watched.contains($0) }
    }

    private func visit(_ mailbox: MailboxName, over connection: any MailConnection, hunting: [Quarry]) async throws {
        tools.logger.info(
            "visiting", metadata: ["folder": "\(mailbox.display)", "looking_for": "\(hunting.count)"])
        // First of all: a folder that is known and not visited is taken for one that is watched, and is not come back to.
        try await tools.store.noteVisit(to: try await tools.store.folder(mailbox, of: tools.account))
        let work: FolderWork
        do {
            work = try await FolderWork.select(mailbox, on: connection, policy.visiting, tools)
        } catch let error as MailboxError where error.isFinal {
            // It went away, or is not ours to open.
            tools.logger.warning("not visited", metadata: ["folder": "\(mailbox.display)", "reason": "\(error)"])
            try await tools.store.leave(mailbox, of: tools.account, now: tools.now())
            return
        }
        if !hunting.isEmpty { work.conversation.sync.hunt(hunting) }
        _ = try await work.settle()
    }
}

extension MailboxError {
    /// NO or BAD to the one command, and not for the moment.
    fileprivate var isFinal: Bool {
        if case .refused(_, let completion) = self { !completion.isTemporary } else { false }
    }
}

extension FolderSync.Policy {
    fileprivate var visiting: FolderSync.Policy {
        var policy = self
        policy.isVisit = true
        return policy
    }
}

extension Settings.Archives {
    fileprivate var wish: ArchiveFolders.Wish {
        switch self {
        case .automatic, .nowhere: .automatic
        case .named(let names): .named(names)
        }
    }
}
