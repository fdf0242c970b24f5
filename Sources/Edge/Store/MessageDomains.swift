import Foundation
import GRDB
import Opens

/// Of which recipients' domains the account's own history says that the absence of a reading proves nothing; the caller
/// holds the transaction. Only names of domains and counts are kept, and they go with the messages.
///
/// A message counts if all of its recipients are of one domain (of a token that is shared nobody can say who read), and
/// if this database knew it within a week of its sending: of an older one the requests may be gone from the pixel server.
struct MessageDomains {
    let db: Database
    let now: Date

    struct Key: Hashable {
        let account: Int64
        let domain: String
    }

    /// At most so many domains of a message are looked at.
    private static let domainLimit = 100
    /// At most so many messages to a domain, the latest; of a busy one the week's come first.
    private static let scanLimit = 1000
    /// Milliseconds.
    private static let settlingTime = Int64(DomainRecord.settlingTime * 1000)

    /// Notes where a tracked message went; and, if its judgement can change what is known of these domains, weighs them.
    /// Returns whether one of them is another one now.
    func judged(_ message: MessageFacts, domains: Set<String>, after: Reach) throws -> Bool {
        guard message.isTracked else { return false }
        let wasKnownInTime = message.sentAt.map { message.firstSeenAt - $0 <= Self.settlingTime } ?? false
        let counts = domains.count == 1 && wasKnownInTime
        let domains = domains.sorted().prefix(Self.domainLimit)
        let insertion = try BoundStatement(
            db,
            sql: """
                INSERT INTO message_domain (account_id, domain, message_id, counts) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET counts = excluded.counts WHERE counts <> excluded.counts
                """)
        for domain in domains { try insertion.run(message.account, domain, message.id, counts) }
        // What grows old without a reader is found out by the tidying, all at once.
        guard counts, after != message.reach, after.contains(.person) || isSettled(message.sentAt) else { return false }
        return try weigh(domains.map { Key(account: message.account, domain: $0) })
    }

    /// Domains behind `last`, in order, of which something else is known now than what is stored.
    func changes(after last: Key?, limit: Int) throws -> (changed: [Key], last: Key?) {
        let keys = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT DISTINCT account_id, domain FROM message_domain WHERE (account_id, domain) > (?, ?)
                    ORDER BY account_id, domain LIMIT ?
                    """), arguments: [last?.account ?? 0, last?.domain ?? "", limit]
        ).map { Key(account: $0["account_id"], domain: $0["domain"]) }
        return (try keys.filter { try finding(of: $0) != stored($0) }, keys.last)
    }

    /// Returns whether one of them has become unreliable, or is so no more.
    func weigh(_ keys: [Key]) throws -> Bool {
        try keys.reduce(false) { changed, key in try set(try finding(of: key), for: key) || changed }
    }

    private struct Finding: Equatable {
        let reason: Unreliability
        let messages: Int
        let reached: Int
    }

    private func isSettled(_ sentAt: Int64?) -> Bool {
        sentAt.map { $0 <= (now - DomainRecord.settlingTime).milliseconds } ?? false
    }

    private func finding(of key: Key) throws -> Finding? {
        let rows = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT reach, sent_at FROM message_domain INDEXED BY message_domain_counting
                    JOIN message ON message.id = message_domain.message_id
                    WHERE message_domain.account_id = ? AND domain = ? AND counts = 1 AND tracked = 1
                    ORDER BY message_domain.message_id DESC LIMIT ?
                    """), arguments: [key.account, key.domain, Self.scanLimit])
        var record = DomainRecord()
        while !record.isFull, let row = try rows.next() {
            record.add(Reach(rawValue: row["reach"]), isSettled: isSettled(row["sent_at"]))
        }
        // Before every source has been read to its end, silence is only ours.
        guard let reason = record.unreliability, try AgentStore.feedIsComplete(db) else { return nil }
        return Finding(reason: reason, messages: record.messages, reached: record.reached)
    }

    private func stored(_ key: Key) throws -> Finding? {
        try Row.fetchOne(
            try db.cachedStatement(sql: "SELECT * FROM unreliable WHERE account_id = ? AND domain = ?"),
            arguments: [key.account, key.domain]
        ).flatMap { row in
            Unreliability(rawValue: row["reason"]).map {
                Finding(reason: $0, messages: row["messages"], reached: row["reached"])
            }
        }
    }

    private func set(_ finding: Finding?, for key: Key) throws -> Bool {
        let known = try stored(key)
        guard finding != known else { return false }
        if let finding {
            try db.perform(
                sql: """
                    INSERT OR REPLACE INTO unreliable (account_id, domain, reason, messages, reached)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [key.account, key.domain, finding.reason.rawValue, finding.messages, finding.reached])
        } else {
            try db.perform(
                sql: "DELETE FROM unreliable WHERE account_id = ? AND domain = ?", arguments: [key.account, key.domain])
        }
        guard (finding == nil) != (known == nil) else { return false }
        try db.perform(
            sql: """
                UPDATE copy SET plan_due = 1 WHERE message_id IN
                    (SELECT message_id FROM message_domain WHERE account_id = ? AND domain = ?)
                """, arguments: [key.account, key.domain])
        return true
    }
}

extension MessageDomains {
    /// Whether one of the domains of `message`, a row of that table in the query around it, is unreliable.
    static let isUnreliable = """
        EXISTS (SELECT 1 FROM message_domain JOIN unreliable USING (account_id, domain)
            WHERE message_domain.message_id = message.id)
        """

    static func unreliable(_ db: Database, of message: Int64) throws -> [UnreliableDomain] {
        try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT domain, reason, messages, reached FROM message_domain
                    JOIN unreliable USING (account_id, domain) WHERE message_id = ? ORDER BY domain
                    """), arguments: [message]
        ).compactMap { row in
            Unreliability(rawValue: row["reason"]).map {
                UnreliableDomain(domain: row["domain"], reason: $0, messages: row["messages"], reached: row["reached"])
            }
        }
    }
}

extension AgentStore {
    /// Weighs all domains anew: time passes, and with it what silence says. Returns whether keywords may have to change.
    package func weighDomains(now: Date) async throws(StoreError) -> Bool {
        var (last, changed): (MessageDomains.Key?, Bool) = (nil, false)
        repeat {
            let (from, limit) = (last, 200)
            let found = try await read { try MessageDomains(db: $0, now: now).changes(after: from, limit: limit) }
            if !found.changed.isEmpty {
                changed = try await write { try MessageDomains(db: $0, now: now).weigh(found.changed) } || changed
            }
            last = found.last
        } while last != nil
        return changed
    }
}
