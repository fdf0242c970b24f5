import Foundation
import IMAP
import Logging
import MIME
import Mailbox
import Outgoing
import SentSync
import Store
import Synchronization
import Tokens

/// Replaces the copies that a provider has filed as they were sent by clean ones: the pixel in the user's own Sent folder
/// would show the user's look as the recipient's.
///
/// The clean copy comes first and is proven, byte for byte, before the other one goes. Stopped anywhere, at least one of
/// them is there, and the next run finishes.
struct SentCopyCleaner {
    let store: AgentStore
    let folder: FolderID
    let mailbox: MailboxName
    let validity: UIDValidity
    /// Whether the mailbox numbers its changes (RFC 7162).
    let numbersChanges: Bool
    let sentSince: Date
    let cleaner: Cleaner
    let logger: Logger
    /// They have their turn in the next session.
    let changing: ChangingCopies

    /// Octets of a message.
    static let sizeLimit = 25 << 20
    /// UIDs, counted from the newest, among which a clean copy is looked for.
    private static let recentUIDs: UInt32 = 500

    /// Returns whether anything was written.
    func run(_ conversation: Conversation) async throws -> Bool {
        var hasWritten = false
        let due = try await store.copiesToClean(in: folder, sentSince: sentSince)
        for copy in due where !changing.uids.withLock({ $0.contains(copy.uid) }) {
            try Task.checkCancellation()
            if try await clean(copy, conversation) { hasWritten = true }
        }
        return hasWritten
    }

    private func clean(_ copy: SentCopy, _ conversation: Conversation) async throws -> Bool {
        let talk = SentCopyTalk(conversation: conversation, numbersChanges: numbersChanges)
        do {
            return try await replace(copy, talk)
        } catch let reason as LeftAlone {
            logger.notice(
                "copy in Sent left as it is", metadata: ["uid": "\(copy.uid)", "reason": "\(reason.description)"])
            try await store.note(.examined, of: copy)
            // A server that does not take this either has not taken the flag.
            if copy.isBeingReplaced { _ = try await talk.run(.uidStore(UIDSet(copy.uid), .remove, [.deleted])) }
            return true
        }
    }

    private func replace(_ copy: SentCopy, _ talk: SentCopyTalk) async throws -> Bool {
        guard let original = try await talk.look(at: copy.uid) else { return false }
        // The user has deleted it.
        if original.isDeleted, !copy.isBeingReplaced { return false }
        guard let clean = try await cleanText(of: copy, original, talk) else {
            try await store.note(.examined, of: copy)
            return false
        }
        var replacement = try await find(clean, after: copy.uid, talk)
        if replacement == nil, copy.isBeingReplaced {
            // The user's doing: to delete this one too would be ours.
            throw LeftAlone(description: "the clean copy is gone")
        }
        let isNew = replacement == nil
        if isNew { replacement = try await append(clean, as: original, after: copy.uid, talk) }
        guard let replacement else { throw LeftAlone(description: "the server does not say where the clean copy is") }
        await StopPoint.reached(.copyAppended)
        do {
            try await prove(replacement, clean, original, talk)
            await StopPoint.reached(.copyProven)
            return try await remove(copy, original, talk)
        } catch let reason as LeftAlone {
            // Where nothing can be deleted both copies stay.
            try await store.note(.examined, of: copy)
            if isNew { try await talk.remove(replacement) }
            throw reason
        } catch is ChangedMeanwhile {
            changing.uids.withLock { _ = $0.insert(copy.uid) }
            if isNew { try await talk.remove(replacement) }
            try await store.note(copy.isBeingReplaced ? .replacing : .unexamined, of: copy)
            return false
        }
    }

    /// `nil` if there is nothing to take out.
    private func cleanText(
        of copy: SentCopy, _ original: SentCopyTalk.Look, _ talk: SentCopyTalk
    ) async throws -> [UInt8]? {
        guard original.size <= Self.sizeLimit else { throw LeftAlone(description: "it is larger than 25 MB") }
        guard let bytes = try await talk.content(of: copy.uid) else {
            throw LeftAlone(description: "the server does not show it")
        }
        do throws(Untouched) {
            guard let cleaning = try cleaner.cleaning(of: bytes) else { return nil }
            guard HeaderFields(parsing: bytes).messageID != nil else { throw .noMessageID }
            return cleaning.copy(of: bytes)
        } catch {
            throw LeftAlone(description: error.explanation)
        }
    }

    /// The clean copy, if an earlier run has filed it.
    private func find(
        _ clean: [UInt8], after uid: UID, _ talk: SentCopyTalk
    ) async throws -> UID? {
        let wanted = CopyName(HeaderFields(parsing: clean))
        for (candidate, name) in try await talk.names(after: uid, atMost: Self.recentUIDs) where name == wanted {
            if try await talk.content(of: candidate) == clean { return candidate }
        }
        return nil
    }

    private func append(
        _ clean: [UInt8], as original: SentCopyTalk.Look, after uid: UID, _ talk: SentCopyTalk
    ) async throws -> UID? {
        let end = try await talk.run(
            .append(mailbox, original.kept.sorted { $0.spelling < $1.spelling }, original.date, message: clean))
        if end.isTemporary { throw MailboxError.refused(command: "APPEND", end) }
        guard end.status == .ok else { throw LeftAlone(description: "the server takes no clean copy: \(end.text)") }
        if case .appendUID(validity, let uids) = end.code, uids.count == 1 { return uids.first }
        return try await find(clean, after: uid, talk)
    }

    private func prove(
        _ replacement: UID, _ clean: [UInt8], _ original: SentCopyTalk.Look, _ talk: SentCopyTalk
    ) async throws {
        guard try await talk.content(of: replacement) == clean else {
            throw LeftAlone(description: "the server changes what is put into the folder")
        }
        guard var seen = try await talk.look(at: replacement) else {
            throw LeftAlone(description: "the server does not show the clean copy")
        }
        let missing = original.kept.subtracting(seen.flags)
        if !missing.isEmpty {
            let flags = missing.sorted { $0.spelling < $1.spelling }
            _ = try await talk.run(.uidStore(UIDSet(replacement), .add, flags))
            seen = try await talk.look(at: replacement) ?? seen
        }
        guard original.kept.isSubset(of: seen.flags) else {
            throw LeftAlone(description: "the server does not keep the flags of the clean copy")
        }
        guard seen.date?.secondsSince1970 == original.date?.secondsSince1970, !seen.isDeleted else {
            throw LeftAlone(description: "the server does not keep the date of the clean copy")
        }
    }

    private func remove(
        _ copy: SentCopy, _ original: SentCopyTalk.Look, _ talk: SentCopyTalk
    ) async throws -> Bool {
        guard let now = try await talk.look(at: copy.uid) else { return true }
        guard now.flags == original.flags, now.change == original.change else { throw ChangedMeanwhile() }
        try await store.note(.replacing, of: copy)
        await StopPoint.reached(.copyReplacing)
        let end = try await talk.run(
            .uidStore(UIDSet(copy.uid), .add, [.deleted], unchangedSince: original.change))
        if case .modified = end.code { throw ChangedMeanwhile() }
        if end.isTemporary { throw MailboxError.refused(command: "STORE", end) }
        guard end.status == .ok else { throw LeftAlone(description: "the server does not delete it: \(end.text)") }
        await StopPoint.reached(.copyDeleted)
        try await talk.require(.uidExpunge(UIDSet(copy.uid)))
        await StopPoint.reached(.copyRemoved)
        logger.info("copy in Sent replaced by a clean one", metadata: ["uid": "\(copy.uid)"])
        return true
    }
}

/// Copies that changed while they were being replaced, in one session. A server that says so every time must not have us
/// append and remove without end.
final class ChangingCopies: Sendable {
    let uids = Mutex<Set<UID>>([])
}

/// Why a copy is not replaced.
private struct LeftAlone: Error { let description: String }

/// Somebody has changed the copy while it was being replaced.
private struct ChangedMeanwhile: Error {}
