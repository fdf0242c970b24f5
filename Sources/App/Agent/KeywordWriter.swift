import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Store

/// Brings the keywords of a folder to what the evidence says: as few STOREs as there are, then a look at what stuck.
struct KeywordWriter {
    let store: AgentStore
    let folder: FolderID
    let names: KeywordNames
    let selection: Selection
    let now: @Sendable () -> Date
    let logger: Logger

    /// Returns whether anything was written.
    @discardableResult
    func write(_ conversation: inout Conversation) async throws -> Bool {
        let task = try await store.planningTask(for: folder)
        guard !task.copies.isEmpty else { return false }
        var refused: [Mark: String] = [:]
        let orders = KeywordPlan.orders(for: task.copies, names: names).filter { order in
            refused[order.mark] = Flag(keyword: order.keyword).flatMap(selection.refusal)
            return refused[order.mark] == nil
        }
        var flags: [UID: Set<Flag>] = [:]
        if !orders.isEmpty {
            await StopPoint.reached(.planned)
            refused.merge(try await carryOut(orders, &conversation)) { first, _ in first }
            await StopPoint.reached(.keywordsStored)
            flags = try await readBack(orders, &conversation)
            conversation.sync.readBack(flags)
            await StopPoint.reached(.readBack)
        }
        try await store.record(
            ReadBack(flags: flags, orders: orders, refused: refused), in: folder, planned: task, names: names,
            now: now())
        await StopPoint.reached(.recorded)
        for (mark, reason) in refused {
            logger.warning(
                "keyword not kept", metadata: ["keyword": "\(names.names[mark] ?? "")", "reason": "\(reason)"])
        }
        return !orders.isEmpty
    }

    /// Returns the marks that the server refused, with its words.
    private func carryOut(_ orders: [StoreOrder], _ conversation: inout Conversation) async throws -> [Mark: String] {
        var commands: [Command] = []
        var marks: [Mark] = []
        for order in orders {
            guard let flag = Flag(keyword: order.keyword) else { continue }
            for command in Command.uidStore(order.uids, order.action, [flag]).split(
                maxLineLength: conversation.server.policy.commandLineLength)
            {
                commands.append(command)
                marks.append(order.mark)
            }
        }
        let planned = orders.reduce(UIDSet()) { $0.union($1.uids) }
        let completions = try await conversation.run(commands) { $0.tellsFlags(of: planned) }
        var refused: [Mark: String] = [:]
        for (mark, completion) in zip(marks, completions) where completion.status != .ok {
            switch completion.code {
            case .inUse, .unavailable, .throttled, .serverBug:
                throw MailboxError.refused(command: "STORE", completion)
            default:
                refused[mark] = completion.text.isEmpty ? "the server refused the keyword" : completion.text
            }
        }
        return refused
    }

    private func readBack(_ orders: [StoreOrder], _ conversation: inout Conversation) async throws -> [UID: Set<Flag>] {
        let planned = orders.reduce(UIDSet()) { $0.union($1.uids) }
        var flags: [UID: Set<Flag>] = [:]
        let commands = Command.uidFetch(planned, [.uid, .flags]).split(
            maxLineLength: conversation.server.policy.commandLineLength)
        let completions = try await conversation.run(commands) { untagged in
            guard untagged.tellsFlags(of: planned) else { return false }
            if case .fetch(let data) = untagged, let uid = data.uid, let seen = data.flags { flags[uid] = Set(seen) }
            return true
        }
        if let refusal = completions.first(where: { $0.status != .ok }) {
            throw MailboxError.refused(command: "FETCH", refusal)
        }
        return flags
    }
}

extension Untagged {
    /// What we have just written is no news of the user's doing. A message's content is for the request that asked for it.
    fileprivate func tellsFlags(of planned: UIDSet) -> Bool {
        guard case .fetch(let data) = self, let uid = data.uid else { return false }
        return data.sections.isEmpty && data.structure == nil && planned.contains(uid)
    }
}
