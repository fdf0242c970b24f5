import Foundation
import IMAP
import MailboxModel
import Opens
import Secrets
import SentSync
import Store
import Tokens

/// The agent's main loop on a modelled mailbox and a real database, which can be stopped after any of its steps.
final class LoopedAgent {
    struct Stopped: Error {}

    static let now = Date(timeIntervalSince1970: 1_790_100_000)
    let store: AgentStore
    let signs: Signs
    /// Hits that the pixel server has to offer, by position.
    var feed: [Hit] = []
    private var steps = 0
    private let stopAt: Int?
    private let chunk: Int

    init(path: String, stopAt: Int? = nil, signs: Signs = Signs(.standard), chunk: Int = 2) throws {
        store = try AgentStore(path: path)
        self.stopAt = stopAt
        self.signs = signs
        self.chunk = chunk
    }

    /// How many points there were to stop at.
    var stepCount: Int { steps }

    /// One connection and one pull, from login until nothing is left to do.
    func run(_ mailbox: inout MailboxModel) async throws {
        let account = try await store.account(named: "work")
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        try await store.planAll(for: ["work": signs])
        try await store.forgetRefusals(in: folder)
        try await pull()
        if let name = signs.copyFolder {
            try await store.found(Set(mailbox.copies), in: name, upTo: nil, for: folder, of: account)
        }
        var state = try await store.state(of: folder)
        if state.chunk == 0, !state.scanComplete { state.chunk = chunk }
        var sync = FolderSync(state: state, policy: policy)
        var selected = FolderSync.Selected(
            uidValidity: UIDValidity(mailbox.uidValidity), uidNext: UID(mailbox.uidNext), highest: mailbox.highest,
            exists: mailbox.exists)
        var told: [Untagged] = []
        if mailbox.capabilities.contains(.qresync), let since = state.highest,
            state.uidValidity == selected.uidValidity
        {
            selected.isResynchronised = true
            told = mailbox.resync(since: since)
        }
        let begun = sync.begin(selected)
        told.forEach { sync.received($0) }
        if sync.isInDoubt { sync.expect(try await store.names(ofCopiesIn: folder)) }
        try await keep(begun + sync.drainNews(), folder)
        sync.awaited = try await store.messagesWithoutCopy(of: account)
        var underway: [SyncRequest] = []
        while true {
            try await judge()
            if !sync.isInDoubt { try await write(folder, &mailbox) }
            while let request = sync.next() { underway.append(request) }
            if underway.isEmpty { break }
            let request = underway.removeFirst()
            var refusal: Completion?
            for command in request.commands(for: mailbox.capabilities, labels: sync.policy.readsLabels) {
                let answer = mailbox.answer(command)
                answer.untagged.forEach { sync.received($0) }
                if answer.completion.status != .ok { refusal = answer.completion }
            }
            try step()
            let changes = refusal.map { sync.failed(request, reason: $0.text) } ?? sync.finished(request)
            try await keep(changes, folder)
            if changes.contains(where: \.losesCopies) {
                sync.awaited = try await store.messagesWithoutCopy(of: account)
            }
        }
        try await judge()
        try await write(folder, &mailbox)
    }

    private func step() throws {
        steps += 1
        if steps == stopAt { throw Stopped() }
    }

    private func keep(_ changes: [Change], _ folder: FolderID) async throws {
        try await store.apply(changes, to: folder, signs: signs, now: Self.now)
        try step()
    }

    private func pull() async throws {
        let source = try await store.source(named: "px")
        let after = try await store.position(of: source).cursor.flatMap(Int64.init) ?? 0
        let hits = feed.filter { $0.seq > after }
        try step()
        let cursor = hits.last?.seq ?? after
        try await store.append(hits, log: "L", cursor: String(cursor), isEnd: true, from: source, now: Self.now)
        try step()
    }

    private func judge() async throws {
        let rules = Rules.current.version
        for task in try await store.judgingTasks(now: Self.now, rules: rules) {
            let judgement = OpensEngine.judge(task.history, now: Self.now)
            try step()
            try await store.save([(judgement, task)], rules: rules)
            try step()
        }
    }

    private func write(_ folder: FolderID, _ mailbox: inout MailboxModel) async throws {
        let task = try await store.planningTask(for: folder, signs: signs)
        guard !task.copies.isEmpty else { return }
        let orders = try await store.begin(
            KeywordPlan.orders(for: task.copies, signs: signs), of: task, in: folder)
        try step()
        for order in orders {
            for command in order.commands {
                _ = mailbox.answer(command)
                try step()
            }
        }
        var seen: [UID: SeenOnServer] = [:]
        for order in orders where order.sign.projection != .copy {
            let items: [FetchItem] = signs.contains(.label) ? [.uid, .flags, .gmailLabels] : [.uid, .flags]
            for case .fetch(let data) in mailbox.answer(.uidFetch(order.uids, items)).untagged {
                guard let uid = data.uid else { continue }
                seen[uid] = SeenOnServer(
                    flags: Set(data.flags ?? []), labels: data.gmailLabels.map { Set($0.map { Label($0) }) })
            }
        }
        try step()
        try await store.record(
            ReadBack(orders: orders, outcome: StoreOutcome(), seen: seen), in: folder, planned: task, signs: signs,
            now: Self.now)
        try step()
    }

    private var policy: FolderSync.Policy {
        var policy = FolderSync.Policy(since: nil, isOurs: Keys.isOurs)
        policy.readsLabels = signs.contains(.label)
        return policy
    }
}

extension MailboxModel {
    /// A mail as programs send it; with `token` its HTML part holds the pixel.
    @discardableResult
    mutating func send(_ number: Int, token: Token? = nil, quoted: Token? = nil) -> UInt32 {
        append(
            Self.letter(number, html: token.map(Self.pixel) ?? "", quoting: quoted.map(Self.pixel)), flags: ["\\Seen"])
    }
}
