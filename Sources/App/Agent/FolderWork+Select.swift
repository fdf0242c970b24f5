import IMAP
import Mailbox
import Outgoing
import SentSync
import Store

extension FolderWork {
    /// Selects the folder; what the server told of the time since is stored together with the mark that says so.
    /// - Parameter before: of this connection, if it was in the folder before: what that would not keep, it will not keep now.
    static func select(
        _ mailbox: MailboxName, on connection: any MailConnection, _ policy: FolderSync.Policy, _ tools: FolderTools,
        after before: Attention? = nil
    ) async throws -> FolderWork {
        var attention = before ?? Attention()
        attention.asked(at: tools.now())
        let folder = try await tools.store.folder(mailbox, of: tools.account)
        if before == nil {
            // It may have been an archive before: a visit besides would pass over what arrives.
            if !policy.isVisit { try await tools.store.noteVisit(to: folder, false) }
            try await tools.store.forgetRefusals(in: folder)
        }
        let copyRefusal = try await CopyFolder(tools, for: folder)?.lookThrough(connection, source: mailbox)
        var sync = FolderSync(state: try await tools.store.state(of: folder), policy: policy)
        var selection = try await Selection.select(mailbox, on: connection, of: tools.server, resuming: sync.state)
        selection.offer.copyRefusal = copyRefusal
        let begun = sync.begin(selection.selected)
        selection.news.forEach { sync.received($0) }
        if sync.isInDoubt { sync.expect(try await tools.store.names(ofCopiesIn: folder)) }
        let work = FolderWork(
            tools: tools, folder: folder, isVisit: policy.isVisit,
            conversation: Conversation(connection, with: tools.server, sync),
            writer: KeywordWriter(
                store: tools.store, folder: folder, signs: tools.signs, selection: selection, now: tools.now,
                logger: tools.logger),
            cleaner: await cleaner(mailbox, folder, on: connection, selection, policy, tools), attention: attention)
        try await work.keep(begun + work.conversation.sync.drainNews())
        try await work.awaitWhatWasSent()
        return work
    }

    /// `nil` where copies are left as they are.
    private static func cleaner(
        _ mailbox: MailboxName, _ folder: FolderID, on connection: any MailConnection, _ selection: Selection,
        _ policy: FolderSync.Policy, _ tools: FolderTools
    ) async -> SentCopyCleaner? {
        guard let since = tools.cleansSince, !policy.isVisit, let validity = selection.selected.uidValidity else {
            return nil
        }
        guard await connection.capabilities.contains(.uidPlus) else {
            tools.logger.warning(
                "copies in Sent are left as they are",
                metadata: ["reason": "the server has no UIDPLUS (RFC 4315); take sent_copy out of the configuration"])
            return nil
        }
        if let kept = selection.offer.permanentFlags, !kept.contains(.deleted) || selection.offer.isReadOnly {
            tools.logger.warning(
                "copies in Sent are left as they are", metadata: ["reason": "nothing can be deleted in this folder"])
            return nil
        }
        return SentCopyCleaner(
            store: tools.store, folder: folder, mailbox: mailbox, validity: validity,
            numbersChanges: selection.selected.highest != nil, sentSince: since, cleaner: Cleaner(isOwn: policy.isOurs),
            logger: tools.logger, changing: tools.changing)
    }
}
