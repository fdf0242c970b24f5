import Foundation
import IMAP
import Logging
import MIME
import Mailbox
import Outgoing
import SentSync
import Servers
import Store
import Submission
import Tokens

/// What is done about the messages of an outbox, over one connection: each step is written down before it is taken.
struct OutboxWork: Sendable {
    let account: AccountID
    let submission: SubmissionAccount
    let store: AgentStore
    let connection: any MailConnection
    let server: MailServer
    let folders: OutboxFolders
    let sent: MailboxName
    let pace: OutboxPace
    let now: @Sendable () -> Date
    let logger: Logger

    /// Where the message of an entry lies.
    private struct Spot {
        let place: OutboxPlace
        let mailbox: MailboxName
        let uid: UID
    }

    /// How long the copies of those who file by themselves are waited for.
    var copyPatience = Duration.seconds(60)

    /// What is left after all has been done that there was to do.
    struct Rest {
        /// When there will be more, even without news.
        var due: Date?
        /// What comes into the outbox has a UID from here on.
        let next: UID?
    }

    func run() async throws -> Rest {
        var entries = try await store.outbox(of: account)
        let sending = try await OutboxFolder.read(folders.sending, over: connection, entries: entries)
        for message in sending.messages {
            let known = entries.first { $0.contentHash == message.contentHash }
            let entry: OutboxEntry
            if let known { entry = known } else { entry = try await enter(message, as: .strange) }
            try await note(entry.item.state, of: entry, place: sending.validity.map { .init($0, message.uid) })
        }
        let outbox = try await OutboxFolder.read(folders.outbox, over: connection, skipsDeleted: true)
        entries = try await store.outbox(of: account)
        var rest = Rest(due: outbox.hasMore ? now() : nil, next: outbox.next)
        for entry in entries {
            var spot = spot(of: entry, sending, outbox)
            if let copied = spot, let original = try await original(of: entry, copiedTo: copied, outbox) {
                spot = original
            }
            if let date = try await take(entry, at: spot) { rest.due = min(rest.due ?? date, date) }
        }
        let underWay = Set(entries.map(\.contentHash))
        for message in outbox.messages where !underWay.contains(message.contentHash) {
            if let date = try await begin(message) { rest.due = min(rest.due ?? date, date) }
        }
        return rest
    }

    /// Without MOVE, an interrupted claim leaves the draft in both folders: then the copy goes. One that is marked as deleted,
    /// be it by us or by its user, is not claimed again: then the original goes.
    private func original(
        of entry: OutboxEntry, copiedTo spot: Spot, _ outbox: OutboxFolder
    ) async throws -> Spot? {
        guard entry.item.state == .claiming, spot.place == .sending, await !connection.capabilities.contains(.move)
        else { return nil }
        guard let original = outbox.messages.first(where: { $0.contentHash == entry.contentHash }) else {
            guard !outbox.deleted.isEmpty else { return nil }
            _ = try await connection.open(outbox.mailbox)
            if let uid = try await outbox.deleted(entry.contentHash, over: connection) {
                try await connection.require(.uidExpunge(UIDSet(uid)))
            }
            return nil
        }
        try await select(spot)
        try await connection.remove(spot.uid)
        return Spot(place: .outbox, mailbox: outbox.mailbox, uid: original.uid)
    }

    private func spot(of entry: OutboxEntry, _ sending: OutboxFolder, _ outbox: OutboxFolder) -> Spot? {
        if let uid = sending.known.first(where: { $0.value.id == entry.id })?.key
            ?? sending.messages.first(where: { $0.contentHash == entry.contentHash })?.uid
        {
            return Spot(place: .sending, mailbox: sending.mailbox, uid: uid)
        }
        return outbox.messages.first { $0.contentHash == entry.contentHash }
            .map { Spot(place: .outbox, mailbox: outbox.mailbox, uid: $0.uid) }
    }

    private func begin(_ message: OutboxFolder.Message) async throws -> Date? {
        let entry = try await enter(message, as: message.isTooLarge ? .refusing : .claiming)
        if message.isTooLarge {
            let reason = OutboxRefusal.tooLarge(limit: OutboxFolder.sizeLimit).explanation
            try await note(.refusing, of: entry, reason: reason)
        }
        return try await take(
            try await current(entry) ?? entry, at: Spot(place: .outbox, mailbox: folders.outbox, uid: message.uid))
    }

    private func enter(_ message: OutboxFolder.Message, as state: OutboxState) async throws -> OutboxEntry {
        try await store.enter(
            message.contentHash, as: state, hasOwnID: message.messageID != nil,
            messageID: message.messageID ?? message.newMessageID, of: account, now: now())
    }

    /// Step after step, until something has to be waited for.
    /// - Returns: for what time.
    private func take(_ entry: OutboxEntry, at spot: Spot?) async throws -> Date? {
        var spot = spot
        var next: OutboxEntry? = entry
        while let entry = next {
            switch OutboxItem.next(entry.item, at: spot?.place ?? .elsewhere, now: now()) {
            case .claim:
                guard let from = spot else { return nil }
                spot = try await claim(entry, at: from)
            case .send:
                guard let spot else { return nil }
                if let date = pace.date(now: now()) { return date }
                try await send(entry, at: spot)
            case .lookForCopy: try await lookForCopy(of: entry)
            case .file: try await file(entry, at: spot)
            case .remove:
                if let from = spot {
                    try await select(from)
                    try await connection.remove(from.uid)
                }
                await StopPoint.reached(.outboxRemoved)
                spot = nil
            case .setAside(let end):
                if let spot { try await setAside(entry, at: spot, end) }
                spot = nil
            case .become(let state, let doubt):
                try await note(state, of: entry, reason: doubt?.explanation)
                if state == .doubtful { await StopPoint.reached(.outboxRefusing) }
            case .wait(let date): return date
            case .nothing: return nil
            }
            next = try await current(entry)
        }
        return nil
    }

    /// As it is in the book now; `nil` at its end.
    private func current(_ entry: OutboxEntry) async throws -> OutboxEntry? {
        try await store.outbox(of: account).first { $0.id == entry.id }
    }

    private func note(
        _ state: OutboxState, of entry: OutboxEntry, place: OutboxEntry.Place? = nil, reason: String? = nil,
        providerID: String? = nil
    ) async throws {
        try await store.note(state, of: entry, place: place, reason: reason, providerID: providerID, now: now())
        guard state != entry.item.state else { return }
        logger.info("outbox", metadata: ["draft": "\(entry.id)", "state": "\(state.rawValue)"])
    }

    private func select(_ spot: Spot) async throws { _ = try await connection.open(spot.mailbox) }
}

extension OutboxWork {
    private func claim(_ entry: OutboxEntry, at spot: Spot) async throws -> Spot? {
        try await note(.claiming, of: entry)
        await StopPoint.reached(.outboxClaiming)
        try await select(spot)
        let place = try await connection.move(spot.uid, to: folders.sending)
        await StopPoint.reached(.outboxMoved)
        guard let place else {
            // Another agent was faster, or the user has taken it back.
            try await note(.gone, of: entry)
            return nil
        }
        try await note(.claimed, of: entry, place: .init(place.0, place.1))
        await StopPoint.reached(.outboxClaimed)
        return Spot(place: .sending, mailbox: folders.sending, uid: place.1)
    }

    /// The draft, if it is what is in the book.
    private func draft(of entry: OutboxEntry, at spot: Spot) async throws -> [UInt8]? {
        try await select(spot)
        guard let bytes = try await connection.content(of: spot.uid)?.bytes else { return nil }
        return KeyedHash.sha256(bytes) == entry.contentHash ? bytes : nil
    }

    private func mail(_ draft: [UInt8], _ entry: OutboxEntry) throws(OutboxRefusal) -> UnattendedMail {
        UnattendedMail(
            try OutboxMail(
                draft: draft, own: submission.addresses, date: entry.item.foundAt, messageID: entry.messageID),
            from: submission)
    }

    private func send(_ entry: OutboxEntry, at spot: Spot) async throws {
        do {
            if now() >= entry.item.foundAt.addingTimeInterval(OutboxItem.sendingPatience) {
                throw OutboxRefusal.expired(entry.reason)
            }
            if entry.hasOwnID, try await connection.find([entry.messageID], in: sent, server.policy) != nil {
                throw OutboxRefusal.alreadySent
            }
            guard let draft = try await draft(of: entry, at: spot) else {
                throw OutboxTrouble(description: "a draft in \(folders.sending) is not the one that was claimed")
            }
            let mail = try mail(draft, entry)
            // Whoever stops the agent does not stop a message half way.
            try await Task { try await hand(mail, entry) }.value
        } catch let refusal as OutboxRefusal {
            try await refuse(entry, refusal)
        }
    }

    /// To the provider.
    private func hand(_ mail: UnattendedMail, _ entry: OutboxEntry) async throws {
        let outcome: UnattendedMail.Outcome
        var isPermitted = false
        do {
            outcome = try await mail.send {
                try await note(.sending, of: entry)
                isPermitted = true
                await StopPoint.reached(.outboxSending)
            }
        } catch  where !isPermitted && !(error is StoreError) {
            let (reason, delay) = pace.failed(error, now: now())
            try await postpone(entry, reason, delay, logged: reason)
            return
        }
        await StopPoint.reached(.outboxAnswered)
        switch outcome {
        case .accepted(let providerID):
            pace.reset()
            try await note(.sent, of: entry, providerID: providerID)
            await StopPoint.reached(.outboxSent)
        case .refused(let words): try await refuse(entry, .provider(words))
        case .postponed(let words):
            // Words that may hold an address, which the log does not.
            let (reason, delay) = pace.failed(OutboxTrouble(description: words), now: now())
            try await postpone(entry, reason, delay, logged: "the provider said: not now")
        // Stays as it is: a copy is looked for next.
        case .uncertain: logger.warning("outbox: no answer", metadata: ["draft": "\(entry.id)"])
        }
    }

    private func refuse(_ entry: OutboxEntry, _ refusal: OutboxRefusal) async throws {
        try await note(.refusing, of: entry, reason: refusal.explanation)
        await StopPoint.reached(.outboxRefusing)
    }

    private func postpone(_ entry: OutboxEntry, _ reason: String, _ delay: Duration, logged: String) async throws {
        try await note(.claimed, of: entry, reason: reason)
        logger.warning(
            "outbox: not sent yet",
            metadata: ["draft": "\(entry.id)", "reason": "\(logged)", "again_in": "\(delay)"])
    }

    private func copyInSent(of entry: OutboxEntry) async throws -> UID? {
        let names = Set([entry.messageID, entry.providerID].compactMap(\.self))
        let end = ContinuousClock.now + copyPatience
        while true {
            if let copy = try await connection.find(names, in: sent, server.policy) { return copy }
            guard !server.policy.filesSubmissions, ContinuousClock.now < end else { return nil }
            try await Task.sleep(for: .seconds(2))
        }
    }

    private func lookForCopy(of entry: OutboxEntry) async throws {
        if try await copyInSent(of: entry) != nil {
            try await note(.filed, of: entry)
        } else {
            try await note(.doubtful, of: entry, reason: OutboxDoubt.interrupted.explanation)
            await StopPoint.reached(.outboxRefusing)
        }
    }

    private func file(_ entry: OutboxEntry, at spot: Spot?) async throws {
        if try await copyInSent(of: entry) == nil {
            var copy: [UInt8]?
            if let spot, let draft = try await draft(of: entry, at: spot) { copy = try mail(draft, entry).filed }
            guard let copy else {
                logger.warning("outbox: sent, and gone before it could be filed", metadata: ["draft": "\(entry.id)"])
                try await note(.filed, of: entry)
                return
            }
            let end = try await connection.require(.append(sent, [.seen], nil, message: copy))
            // The server says where it is, or shows it.
            if case .appendUID = end.code {
            } else if try await copyInSent(of: entry) == nil {
                throw OutboxTrouble(description: "the copy that was put into \(sent) is not there")
            }
            await StopPoint.reached(.outboxAppended)
        }
        try await note(.filed, of: entry)
        await StopPoint.reached(.outboxFiled)
    }

    /// The user is told first: once, also after a crash.
    private func setAside(_ entry: OutboxEntry, at spot: Spot, _ end: OutboxEnd) async throws {
        let folder = end == .refused ? folders.refused : folders.notSure
        try await select(spot)
        let header = try await connection.content(of: spot.uid, .header)?.bytes ?? []
        let name = "outbox-\(entry.id)-\(entry.contentHash.prefix(8).hexadecimal)@sentmark.localhost"
        if try await connection.find([name], in: .inbox, server.policy) == nil {
            let notice = OutboxNotice.message(
                end, reason: entry.reason, draft: header, folder: folder.display, outbox: folders.outbox.display,
                to: submission.addresses.first, messageID: name, date: now())
            try await connection.require(.append(.inbox, [], nil, message: notice))
        }
        await StopPoint.reached(.outboxTold)
        try await select(spot)
        _ = try await connection.move(spot.uid, to: folder)
        await StopPoint.reached(.outboxSetAside)
        logger.notice("outbox: set aside", metadata: ["draft": "\(entry.id)", "folder": "\(folder.display)"])
    }
}

/// What keeps the outbox from going on for now.
struct OutboxTrouble: Error, CustomStringConvertible { let description: String }
