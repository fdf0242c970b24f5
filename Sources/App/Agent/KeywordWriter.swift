import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Store

/// Brings what is shown on the messages of a folder to what the evidence says: as few commands as there are, then a look
/// at what stuck.
struct KeywordWriter {
    let store: AgentStore
    let folder: FolderID
    let signs: Signs
    let selection: Selection
    let now: @Sendable () -> Date
    let logger: Logger

    typealias Meanwhile = () async throws -> Void

    /// Returns whether anything was written.
    /// - Parameters:
    ///   - since: up to when the server has told of everything that others do.
    ///   - judge: rung if somebody has touched a message meanwhile.
    ///   - meanwhile: called while the server is waited for.
    @discardableResult
    func write(
        _ conversation: Conversation, since: Date?, judge: Bell, meanwhile: Meanwhile
    ) async throws -> Bool {
        let task = try await store.planningTask(for: folder, signs: signs)
        guard !task.copies.isEmpty else { return false }
        var (orders, refused) = plan(task, conversation)
        var outcome = StoreOutcome(refused: refused)
        var seen: [UID: SeenOnServer] = [:]
        if !orders.isEmpty {
            orders = try await store.begin(orders, of: task, in: folder)
            await StopPoint.reached(.planned)
            try await carryOut(orders, &outcome, conversation, meanwhile)
            await StopPoint.reached(.keywordsStored)
            seen = try await readBack(orders, conversation, meanwhile)
            conversation.sync.readBack(seen.mapValues(\.flags))
            await StopPoint.reached(.readBack)
        }
        let isNew = try await store.record(
            ReadBack(orders: orders, outcome: outcome, seen: seen), in: folder, planned: task, signs: signs,
            since: since, now: now())
        if isNew { judge.ring() }
        await StopPoint.reached(.recorded)
        for (sign, reason) in outcome.refused { warn(sign, reason) }
        for (sign, messages) in outcome.refusedMessages { warn(sign, messages.reason, messages.uids.count) }
        return !orders.isEmpty
    }

    /// What is due, without what is known beforehand to be refused: something else may stand in for that.
    private func plan(
        _ task: PlanningTask, _ conversation: Conversation
    ) -> (orders: [StoreOrder], refused: [Sign: String]) {
        let budget = KeywordBudget.refusals(
            of: signs, listed: selection.listedFlags.union(conversation.sync.listedFlags),
            limit: conversation.server.policy.keywordLimit)
        var copies = task.copies
        var refused: [Sign: String] = [:]
        while true {
            let orders = KeywordPlan.orders(for: copies, signs: signs)
            let new = orders.reduce(into: [Sign: String]()) { refused, order in
                let isOverBudget = order.action == .add ? budget[order.sign] : nil
                refused[order.sign] = selection.offer.refusal(of: order.sign) ?? isOverBudget
            }
            guard !new.isEmpty else { return (orders, refused) }
            refused.merge(new) { first, _ in first }
            for index in copies.indices { copies[index].refused.formUnion(new.keys) }
        }
    }

    private func warn(_ sign: Sign, _ reason: String, _ count: Int? = nil) {
        var metadata: Logger.Metadata = [sign.projection.rawValue: "\(sign.text)", "reason": "\(reason)"]
        if let count { metadata["messages"] = "\(count)" }
        logger.warning("\(sign.projection.rawValue) not kept", metadata: metadata)
    }
}

extension KeywordWriter {
    private func carryOut(
        _ orders: [StoreOrder], _ outcome: inout StoreOutcome, _ conversation: Conversation,
        _ meanwhile: Meanwhile
    ) async throws {
        let length = conversation.server.policy.commandLineLength
        let pieces = orders.flatMap { order in
            order.commands.flatMap { $0.split(maxLineLength: length) }.map { (order.sign, $0) }
        }
        let completions = try await run(pieces.map(\.1), about: orders, conversation, meanwhile)
        for ((sign, command), completion) in zip(pieces, completions) {
            switch StoreAnswer(completion) {
            case .done: if completion.status != .ok { outcome.isPartial(sign) }
            case .later: throw MailboxError.refused(command: command.name, completion)
            case .refused(let words): outcome.refused[sign] = words
            case .unclear(let words):
                try await search(RefusalSearch(command.uids ?? UIDSet(), words: words), sign, command, &outcome) {
                    try await run([$0], about: orders, conversation, meanwhile).first
                }
            }
        }
    }

    /// Gives the sign to all messages but those that it is refused for.
    private func search(
        _ search: RefusalSearch, _ sign: Sign, _ command: Command, _ outcome: inout StoreOutcome,
        run: (Command) async throws -> Completion?
    ) async throws {
        var search = search
        while let uids = search.next, let completion = try await run(command.about(uids)) {
            switch StoreAnswer(completion) {
            case .done:
                if completion.status != .ok { outcome.isPartial(sign) }
                search.answered(nil)
            case .later: throw MailboxError.refused(command: command.name, completion)
            case .refused(let words):
                outcome.refused[sign] = words
                return
            case .unclear(let words): search.answered(words)
            }
        }
        if search.isAboutAll {
            outcome.refused[sign] = search.words
        } else if !search.messages.isEmpty {
            outcome.refuse(sign, search.messages, search.words)
        }
    }

    private func run(
        _ commands: [Command], about orders: [StoreOrder], _ conversation: Conversation,
        _ meanwhile: Meanwhile
    ) async throws -> [Completion] {
        let planned = orders.reduce(UIDSet()) { $0.union($1.uids) }
        return try await conversation.run(commands, meanwhile: meanwhile) { $0.tellsSigns(of: planned) }
    }

    private func readBack(
        _ orders: [StoreOrder], _ conversation: Conversation, _ meanwhile: Meanwhile
    ) async throws -> [UID: SeenOnServer] {
        let planned = orders.reduce(UIDSet()) { $1.sign.projection == .copy ? $0 : $0.union($1.uids) }
        guard !planned.isEmpty else { return [:] }
        let items: [FetchItem] =
            conversation.sync.policy.readsLabels ? [.uid, .flags, .gmailLabels] : [.uid, .flags]
        var seen: [UID: SeenOnServer] = [:]
        let commands = Command.uidFetch(planned, items).split(
            maxLineLength: conversation.server.policy.commandLineLength)
        let completions = try await conversation.run(commands, meanwhile: meanwhile) { untagged in
            guard untagged.tellsSigns(of: planned) else { return false }
            if case .fetch(let data) = untagged, let uid = data.uid, let flags = data.flags {
                seen[uid] = SeenOnServer(
                    flags: Set(flags), labels: data.gmailLabels.map { Set($0.map { Label($0) }) } ?? seen[uid]?.labels)
            }
            return true
        }
        // Some of the messages may be gone.
        if let refusal = completions.first(where: { StoreAnswer($0) != .done }) {
            throw MailboxError.refused(command: "FETCH", refusal)
        }
        return seen
    }
}

extension Untagged {
    /// What we have just written is no news of the user's doing. A message's content is for the request that asked for it.
    fileprivate func tellsSigns(of planned: UIDSet) -> Bool {
        guard case .fetch(let data) = self, let uid = data.uid else { return false }
        return data.sections.isEmpty && data.structure == nil && planned.contains(uid)
    }
}
