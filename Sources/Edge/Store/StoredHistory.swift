import Foundation
import GRDB
import Opens

/// A ``Settlement``, and what it holds under: with other rules, other facts or other hits it is void, so that whatever
/// changes these need not know of it.
struct StoredSettlement: Codable, Sendable {
    let settlement: Settlement
    /// The version of the rules.
    let rules: Int
    let facts: [UInt8]
    /// Stored hits of the message before ``Settlement/openFrom``.
    let rows: Int
}

/// What is stored of a message, as far as judging it needs it; the caller holds the transaction.
struct StoredHistory {
    let message: MessageKey
    var history: History
    /// Those of the history, in its order.
    let hits: [StoredHit]
    /// How many hits of the message are stored.
    let known: Int
    /// Whether there are more behind the last of `hits`.
    let isCut: Bool
    /// What the history's `earlier` is from; `nil` if all stored hits are to be judged.
    let settled: StoredSettlement?
    /// See ``History/factsDigest``. `nil` too if there are no hits.
    let facts: [UInt8]?

    /// `nil` if there is no such message. `rules`: what an earlier judgement by this version has settled need
    /// not be judged again; `nil` for all of it.
    init?(_ db: Database, _ id: Int64, _ recent: RecentHits, rules: Int?) throws {
        guard let message = try MessageFacts(db, id) else { return nil }
        let domains = try BoundStatement(db, sql: "SELECT address FROM recipient WHERE message_id = ?")
            .all(id) { $0.text(0) }.compactMap { $0.split(separator: "@").last.map { $0.lowercased() } }
        let tokens = try BoundStatement(db, sql: "SELECT token FROM message_token WHERE message_id = ?")
            .all(id) { $0.text(0).lowercased() }
        var history = History(
            sentAt: message.sentAt.map(Date.init(milliseconds:)), recipientDomains: Set(domains),
            recipientIsSender: message.recipientIsSender, tokens: Set(tokens), hits: [],
            ownActivity: message.ownActivity)
        history.incoming = message.incoming
        history.undelivered = message.undelivered
        if let forgotten = Tally(stored: message.forgotten) { history.earlier = forgotten }
        known = message.hits
        // Of a message without hits nothing is ever settled.
        let digest = known > 0 ? history.factsDigest : nil
        facts = digest
        settled = try known > 0 ? rules.flatMap { try Self.settled(db, message, digest, rules: $0) } : nil
        if let settlement = settled?.settlement {
            history.earlier = settlement.tally
            history.countsFrom = settlement.until
            let context = try MessageHits.before(settlement.until, db, of: id, recent).filter {
                $0.hit.at >= settlement.contextFrom
            }
            hits = try context + MessageHits.since(settlement.until, db, of: id, recent)
            isCut = try known - MessageHits.count(db, of: id, before: settlement.until) > AgentStore.hitLimit
        } else {
            hits = try known == 0 ? [] : MessageHits.since(nil, db, of: id, recent)
            isCut = known > AgentStore.hitLimit
        }
        history.hits = hits.map(\.hit)
        history.tokens.formUnion(history.hits.map(\.token))
        self.history = history
        self.message = MessageKey(rawValue: id)
    }

    /// `nil` if nothing is, or if it is void.
    private static func settled(
        _ db: Database, _ message: MessageFacts, _ facts: [UInt8]?, rules: Int
    ) throws -> StoredSettlement? {
        guard let text = message.settled,
            let stored = try? JSONDecoder().decode(StoredSettlement.self, from: Data(text.utf8)),
            stored.rules == rules, stored.facts == facts
        else { return nil }
        let rows = try MessageHits.count(db, of: message.id, before: stored.settlement.openFrom)
        return rows == stored.rows ? stored : nil
    }
}

/// Hits on the tokens that a message carries as its own.
enum MessageHits {
    /// The tokens of message `?1`.
    static let keys =
        "SELECT token_key FROM message_token WHERE message_id = ?1 AND quoted = 0 AND kind <> 'unverified'"

    /// As many of those that could be repeated are looked at, the latest.
    private static let contextLimit = 500

    /// The index alone is read.
    static func count(_ db: Database, of message: Int64, before date: Date? = nil) throws -> Int {
        try Int.fetchOne(
            try db.cachedStatement(sql: "SELECT COUNT(*) FROM hit WHERE token_key IN (\(keys)) AND at < ?2"),
            arguments: [message, date?.milliseconds ?? .max]) ?? 0
    }

    /// The index alone is read.
    static func ids(_ db: Database, of message: Int64, from first: Date, through last: Date) throws -> Set<Int64> {
        try Int64.fetchSet(
            try db.cachedStatement(sql: "SELECT id FROM hit WHERE token_key IN (\(keys)) AND at BETWEEN ?2 AND ?3"),
            arguments: [message, first.milliseconds, last.milliseconds])
    }

    /// The first ``AgentStore/hitLimit``.
    static func since(
        _ date: Date?, _ db: Database, of message: Int64, _ recent: RecentHits
    ) throws -> [StoredHit] {
        try fetch(
            db, recent,
            "token_key IN (\(keys)) AND at >= ?2 ORDER BY at, id LIMIT ?3",
            [message, date?.milliseconds ?? .min, AgentStore.hitLimit])
    }

    /// The last ones.
    static func before(
        _ date: Date, _ db: Database, of message: Int64, _ recent: RecentHits
    ) throws -> [StoredHit] {
        try fetch(
            db, recent,
            "token_key IN (\(keys)) AND at < ?2 ORDER BY at DESC, id DESC LIMIT ?3",
            [message, date.milliseconds, contextLimit])
    }

    /// Ascending. Which they are, the index alone tells.
    private static func fetch(
        _ db: Database, _ recent: RecentHits, _ which: String, _ arguments: StatementArguments
    ) throws -> [StoredHit] {
        let sql = "SELECT id, body FROM hit WHERE id IN (SELECT id FROM hit WHERE \(which)) ORDER BY at, seq"
        return try recent.hits(try db.cachedStatement(sql: sql), arguments)
    }
}

extension Tally {
    /// `nil` if nothing is stored, or by a version that wrote it otherwise.
    init?(stored text: String?) {
        guard let text, let tally = try? JSONDecoder().decode(Tally.self, from: Data(text.utf8)) else { return nil }
        self = tally
    }
}
