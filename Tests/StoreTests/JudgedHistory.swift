import Foundation
import IMAP
import Opens
import SentSync

@testable import Store

/// A store with one folder, for what is judged over weeks.
struct JudgedHistory {
    static let now = Date(timeIntervalSince1970: 1_790_000_000)
    static let day: TimeInterval = 86_400
    static let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0"

    let store: AgentStore
    let folder: FolderID
    let source: SourceID

    init(_ scratch: Scratch) async throws {
        store = try AgentStore(path: scratch.path)
        folder = try await store.folder(MailboxName("Sent"), of: try await store.account(named: "work"))
        source = try await store.source(named: "px")
    }

    /// Sent and seen `age` seconds ago; its Message-ID is that of its tokens' first.
    func send(_ uid: UInt32, _ tokens: [String], to recipients: [String], age: TimeInterval) async throws {
        let sentAt = Self.now - age
        try await store.apply(
            [
                .message(
                    ExaminedMessage(
                        uid: UID(uid), flags: [], messageID: "\(tokens[0])@x", subject: "S", sentAt: sentAt,
                        recipients: recipients.map { .init(name: "", address: $0) }, recipientIsSender: false,
                        tokens: tokens.map { FoundToken(text: $0, kind: .foreign, quoted: false) }))
            ], to: folder, signs: Signs(.standard), now: sentAt)
    }

    func pull(_ hits: [Hit], isEnd: Bool = true, log: String = "L") async throws {
        for start in stride(from: 0, to: max(1, hits.count), by: 500) {
            let page = Array(hits[start..<min(start + 500, hits.count)])
            try await store.append(page, log: log, cursor: "c", isEnd: isEnd, from: source, now: Self.now)
        }
    }

    /// Returns how many judgements that took.
    @discardableResult
    func judge(at now: Date = Self.now) async throws -> Int {
        var count = 0
        while case let tasks = try await store.judgingTasks(now: now, rules: Rules.current.version), !tasks.isEmpty {
            try await store.save(
                tasks.map { (OpensEngine.judge($0.history, now: now), $0) }, rules: Rules.current.version)
            count += tasks.count
        }
        return count
    }

    func orders() async throws -> [String] {
        KeywordPlan.orders(
            for: try await store.planningTask(for: folder, signs: Signs(.standard)).copies, signs: Signs(.standard)
        ).flatMap { order in
            order.uids.uids.map { "\(order.action == .add ? "+" : "-")\(order.sign.text) \($0.rawValue)" }
        }.sorted()
    }

    /// What is to be written has been.
    func write() async throws {
        let task = try await store.planningTask(for: folder, signs: Signs(.standard))
        let orders = KeywordPlan.orders(for: task.copies, signs: Signs(.standard))
        var seen: [UID: SeenOnServer] = [:]
        for copy in task.copies {
            var flags = copy.seen.flags
            for order in orders where order.uids.uids.contains(copy.uid) {
                if order.action == .add {
                    flags.insert(Flag(spelling: order.sign.text))
                } else {
                    flags.remove(Flag(spelling: order.sign.text))
                }
            }
            seen[copy.uid] = SeenOnServer(flags: flags)
        }
        try await store.record(
            ReadBack(orders: orders, outcome: StoreOutcome(), seen: seen), in: folder, planned: task,
            signs: Signs(.standard), now: Self.now)
    }

    static func person(_ seq: Int64, _ token: String, age: TimeInterval, net: String = "home") -> Hit {
        Hit(
            seq: seq, at: now - age, token: token, net: net, netclass: NetworkClass(rawValue: "residential"),
            ua: thunderbird, family: ClientFamily(userAgent: thunderbird))
    }

    static func scan(_ seq: Int64, _ token: String, age: TimeInterval) -> Hit {
        Hit(seq: seq, at: now - age, token: token, netclass: NetworkClass(rawValue: "microsoft-eop"))
    }
}
