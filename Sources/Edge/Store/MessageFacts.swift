import Foundation
import GRDB
import Opens

/// What is stored of a message that judging it needs or changes, its hits aside. Of what most messages have none of,
/// one statement tells that it is not there.
struct MessageFacts {
    let row: Row
    /// How many hits of it are stored.
    let hits: Int
    let ownActivity: [OwnActivity]
    let incoming: [Incoming]
    let undelivered: [String: Date]

    /// `nil` if there is no such message.
    init?(_ db: Database, _ id: Int64) throws {
        guard let row = try Row.fetchOne(try db.cachedStatement(sql: Self.question), arguments: [id]) else {
            return nil
        }
        self.row = row
        hits = row["hits"]
        ownActivity = try row["has_activity"] ? AgentStore.ownActivity(db, of: id) : []
        incoming = try row["has_incoming"] ? AgentStore.incoming(db, of: id) : []
        undelivered = try row["has_failures"] ? AgentStore.undelivered(db, of: id) : [:]
    }

    private static let question = """
        SELECT id, account_id, sent_at, first_seen_at, tracked, recipient_is_sender, status, readings, evidence, reach,
            rules, forgotten, settled,
            (SELECT COUNT(*) FROM hit WHERE token_key IN (\(MessageHits.keys))) AS hits,
            EXISTS (\(AgentStore.ownActivity)) AS has_activity,
            EXISTS (SELECT 1 FROM incoming WHERE message_id = ?1) AS has_incoming,
            EXISTS (SELECT 1 FROM recipient WHERE message_id = ?1 AND failed_at IS NOT NULL) AS has_failures
        FROM message WHERE id = ?1
        """
}
