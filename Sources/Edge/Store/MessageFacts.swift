import Foundation
import GRDB
import Opens

/// What is stored of a message that judging it needs or changes, its hits aside. Of what most messages have none of, one
/// statement tells that it is not there. Times are milliseconds.
struct MessageFacts {
    let id: Int64
    let account: Int64
    let sentAt: Int64?
    let firstSeenAt: Int64
    let isTracked: Bool
    let recipientIsSender: Bool
    let status: String
    let readings: Int
    let evidence: Int
    let reach: Reach
    let rules: Int
    /// See ``Tally/init(stored:)``.
    let forgotten: String?
    /// A ``StoredSettlement``.
    let settled: String?
    /// How many hits of it are stored.
    let hits: Int
    let ownActivity: [OwnActivity]
    let incoming: [Incoming]
    let undelivered: [String: Date]

    /// `nil` if there is no such message.
    init?(_ db: Database, _ id: Int64) throws {
        let facts = try BoundStatement(db, sql: Self.question).first(id) { try MessageFacts(db, id, $0) }
        guard let facts else { return nil }
        self = facts
    }

    private init(_ db: Database, _ id: Int64, _ row: BoundRow) throws {
        self.id = id
        account = row.integer(0)
        sentAt = row.integerOrNil(1)
        firstSeenAt = row.integer(2)
        isTracked = row.flag(3)
        recipientIsSender = row.flag(4)
        status = row.text(5)
        readings = Int(row.integer(6))
        evidence = Int(row.integer(7))
        reach = Reach(rawValue: Int(row.integer(8)))
        rules = Int(row.integer(9))
        forgotten = row.textOrNil(10)
        settled = row.textOrNil(11)
        hits = try row.flag(12) ? MessageHits.count(db, of: id) : 0
        ownActivity = try row.flag(13) ? AgentStore.ownActivity(db, of: id) : []
        incoming = try row.flag(14) ? AgentStore.incoming(db, of: id) : []
        undelivered = try row.flag(15) ? AgentStore.undelivered(db, of: id) : [:]
    }

    /// Without IN and DISTINCT, for which SQLite would make tables each time: that took longer than all the rest.
    private static let question = """
        SELECT account_id, sent_at, first_seen_at, tracked, recipient_is_sender, status, readings, evidence, reach, rules,
            forgotten, settled,
            EXISTS (SELECT 1 FROM message_token AS own JOIN hit ON hit.token_key = own.token_key
                WHERE own.message_id = ?1 AND own.quoted = 0 AND own.kind <> 'unverified'),
            EXISTS (SELECT 1 FROM own_activity WHERE message_id = ?1)
                OR EXISTS (SELECT 1 FROM message_token AS own
                    JOIN message_token AS shown ON shown.token_key = own.token_key
                    JOIN own_activity ON own_activity.message_id = shown.message_id
                    WHERE own.message_id = ?1 AND own.quoted = 0),
            EXISTS (SELECT 1 FROM incoming WHERE message_id = ?1),
            EXISTS (SELECT 1 FROM recipient WHERE message_id = ?1 AND failed_at IS NOT NULL)
        FROM message WHERE id = ?1
        """
}
