import Foundation
import GRDB
import Opens
import SentSync
import Tokens

/// One line of `sentmark status`.
package struct StatusLine: Sendable {
    package var account: String
    package var messageID: String?
    package var sentAt: Date?
    package var recipients: [String]
    package var subject: String
    package var standing: Standing
    /// Domains of recipients of which the account's history says that the absence of a reading proves nothing.
    package var unreliable: [UnreliableDomain] = []
    /// Marks of an earlier database that stay: nothing that is known speaks against them.
    package var kept: Set<Mark> = []
    package var firstOpen: Date?
    package var lastOpen: Date?
    /// Of recipients with a token of their own: how many of them have opened it. `nil` where they share one.
    package var openedBy: OpenedBy?
    /// Keywords of the newest copy, as last read from the server; `nil` when no copy is known any more.
    package var flags: [String]?
}

package struct OpenedBy: Sendable, Equatable {
    package let count: Int
    package let of: Int

    package init(count: Int, of: Int) {
        self.count = count
        self.of = of
    }
}

package struct UnreliableDomain: Sendable, Equatable {
    package let domain: String
    package let reason: Unreliability
    /// The latest mails to it that were looked at.
    package let messages: Int
    /// Of these, by machines.
    package let reached: Int

    package init(domain: String, reason: Unreliability, messages: Int, reached: Int) {
        self.domain = domain
        self.reason = reason
        self.messages = messages
        self.reached = reached
    }
}

package struct StatusFilter: Sendable {
    package var account: String?
    package var statuses: Set<OpenStatus>
    package var from: Date?
    package var until: Date?
    package var limit: Int

    package init(
        account: String? = nil, statuses: Set<OpenStatus> = [], from: Date? = nil, until: Date? = nil, limit: Int = 50
    ) {
        self.account = account
        self.statuses = statuses
        self.from = from
        self.until = until
        self.limit = limit
    }
}

/// Everything that is known about one message, for `sentmark why`.
package struct MessageReport: Sendable {
    package struct TokenLine: Sendable {
        package var text: String
        package var kind: String
        package var quoted: Bool
    }
    package struct HitLine: Sendable {
        package var source: String
        package var hit: Hit
        package var verdict: Verdict?
    }
    /// Mail in the sender's inbox about the message.
    package struct IncomingLine: Sendable {
        package var arrivedAt: Date
        package var kind: IncomingMail.Kind
        package var isByRecipient: Bool
        package var showsPixel: Bool
    }

    package struct WriteLine: Sendable {
        package var at: Date
        package var action: String
        package var keyword: String
        package var detail: String
        package var uid: UInt32
    }

    /// A recipient whose copy carries a token of their own.
    package struct RecipientLine: Sendable {
        package var address: String
        package var token: String
        package var status: OpenStatus
    }

    package var line: StatusLine
    package var tracked: Bool
    /// Empty where recipients share a token, or it was not sent through us.
    package var recipients: [RecipientLine] = []
    package var tokens: [TokenLine]
    /// The oldest thousand.
    package var hits: [HitLine]
    /// How many there are, or were, beside `hits`.
    package var moreHits = 0
    /// Of these: beyond those that are kept of one message.
    package var onlyCounted = 0
    /// How many there were before: deleted, being older than the user wants them kept.
    package var forgotten = 0
    /// When its sender touched it, or mail that shows its pixel: the last ones.
    package var ownActivity: [OwnActivity] = []
    package var incoming: [IncomingLine] = []
    /// Addresses that it did not reach, as a mail server has reported.
    package var failed: [String] = []
    package var writes: [WriteLine]
    package var rules: Int
    package var reviewAt: Date?
}

extension AgentStore {
    package func status(_ filter: StatusFilter) async throws(StoreError) -> [StatusLine] {
        try await read { db in
            var conditions = ["message.tracked = 1"]
            var arguments: [any DatabaseValueConvertible] = []
            if let account = filter.account {
                conditions.append("account.name = ?")
                arguments.append(account)
            }
            if let from = filter.from {
                conditions.append("message.sent_at >= ?")
                arguments.append(from.milliseconds)
            }
            if let until = filter.until {
                conditions.append("message.sent_at < ?")
                arguments.append(until.milliseconds)
            }
            if !filter.statuses.isEmpty {
                let marks = filter.statuses.map { _ in "?" }.joined(separator: ", ")
                conditions.append(
                    """
                    CASE WHEN message.status = '\(OpenStatus.notOpened.rawValue)' AND \(MessageDomains.isUnreliable)
                        THEN '\(OpenStatus.unknown.rawValue)' ELSE message.status END IN (\(marks))
                    """)
                arguments += filter.statuses.map(\.rawValue)
            }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT message.*, account.name AS account FROM message JOIN account ON account.id = message.account_id
                    WHERE \(conditions.joined(separator: " AND ")) ORDER BY message.sent_at DESC, message.id DESC LIMIT ?
                    """, arguments: StatementArguments(arguments + [filter.limit]))
            return try rows.map { try Self.line(db, $0) }
        }
    }

    package func accounts(now: Date) async throws(StoreError) -> [AccountReport] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT account.id, account.name, state, detail, since FROM account
                    LEFT JOIN account_state ON account_state.account_id = account.id ORDER BY account.name
                    """)
            return try rows.map { row in
                let id: Int64 = row["id"]
                let refusals = try Row.fetchAll(
                    db,
                    sql: """
                        SELECT projection, mark, text, reason, COUNT(NULLIF(uid, 0)) AS messages
                        FROM refused JOIN folder ON folder.id = refused.folder_id WHERE folder.account_id = ?
                        GROUP BY projection, mark, text, reason, uid = 0 ORDER BY projection, mark, reason
                        """, arguments: [id])
                return AccountReport(
                    account: row["name"], state: row["state"] ?? "not started", detail: row["detail"] ?? "",
                    since: Date(milliseconds: row["since"] ?? 0),
                    tracked: try Int.fetchOne(
                        db, sql: "SELECT COUNT(*) FROM message WHERE tracked = 1 AND account_id = ?", arguments: [id])
                        ?? 0,
                    refusals: refusals.compactMap { row in
                        let messages: Int = row["messages"]
                        return Sign(stored: row).map {
                            Refusal(sign: $0, reason: row["reason"], messages: messages > 0 ? messages : nil)
                        }
                    },
                    parked: try Int.fetchOne(
                        db,
                        sql: """
                            SELECT COUNT(*) FROM parked JOIN folder ON folder.id = parked.folder_id
                            WHERE folder.account_id = ?
                            """, arguments: [id]) ?? 0,
                    outbox: try OutboxReport.all(db, of: id, now: now))
            }
        }
    }

    /// `name`: a Message-ID with or without brackets, or a token.
    package func reports(on name: String) async throws(StoreError) -> [MessageReport] {
        try await read { db in
            let header = name.hasPrefix("<") && name.hasSuffix(">") ? String(name.dropFirst().dropLast()) : name
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT message.*, account.name AS account FROM message JOIN account ON account.id = message.account_id
                    WHERE message.id IN
                        (SELECT id FROM message WHERE account_id IN (SELECT id FROM account)
                            AND \(MessageRows.isNamed("?1"))
                        UNION ALL SELECT message_id FROM message_token WHERE token_key = ?2)
                    ORDER BY message.id LIMIT 20
                    """, arguments: [header, TokenKey.of(name)])
            return try rows.map { try Self.report(db, $0) }
        }
    }

    /// Hits on a token that no message is known for: they wait.
    package func waitingHits(on token: String) async throws(StoreError) -> [Hit] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT id, body FROM hit WHERE token_key = ? ORDER BY at LIMIT 1000",
                arguments: [TokenKey.of(token)]
            ).compactMap { StoredHit($0)?.hit }
        }
    }

    package func note(_ state: String, detail: String, of account: AccountID, now: Date) async throws(StoreError) {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO account_state (account_id, state, detail, since) VALUES (?, ?, ?, ?)
                    ON CONFLICT (account_id) DO UPDATE SET state = excluded.state, detail = excluded.detail,
                        since = CASE WHEN account_state.state = excluded.state THEN account_state.since ELSE excluded.since END
                    """, arguments: [account.rawValue, state, detail, now.milliseconds])
        }
    }
}

extension AgentStore {
    private static func line(_ db: Database, _ row: Row) throws -> StatusLine {
        let id: Int64 = row["id"]
        let recipients = try Row.fetchAll(
            db, sql: "SELECT name, address FROM recipient WHERE message_id = ? ORDER BY position", arguments: [id])
        let flags = try String.fetchOne(
            db, sql: "SELECT flags FROM copy WHERE message_id = ? ORDER BY id DESC", arguments: [id])
        let unreliable = try MessageDomains.unreliable(db, of: id)
        let standing = Standing(
            status: OpenStatus(rawValue: row["status"]) ?? .unknown, readings: row["readings"],
            evidence: row["evidence"], isUnreliable: !unreliable.isEmpty)
        return StatusLine(
            account: row["account"], messageID: row["message_id"],
            sentAt: (row["sent_at"] as Int64?).map(Date.init(milliseconds:)),
            recipients: recipients.map { ($0["name"] as String).isEmpty ? $0["address"] : $0["name"] },
            subject: row["subject"],
            standing: standing, unreliable: unreliable,
            kept: standing.kept(of: try inherited(db, of: id), feedIsComplete: try feedIsComplete(db)),
            firstOpen: (row["first_open_at"] as Int64?).map(Date.init(milliseconds:)),
            lastOpen: (row["last_open_at"] as Int64?).map(Date.init(milliseconds:)),
            openedBy: try openedBy(db, id, standing.status),
            flags: flags.map { $0.split(separator: " ").map(String.init) })
    }

    private static func report(_ db: Database, _ row: Row) throws -> MessageReport {
        let id: Int64 = row["id"]
        let tokens = try Row.fetchAll(
            db, sql: "SELECT token, kind, quoted FROM message_token WHERE message_id = ? ORDER BY quoted, token",
            arguments: [id])
        let hits = try Row.fetchAll(
            db,
            sql: """
                SELECT hit.id, hit.body, source.name AS source, verdict.class, verdict.p_person, verdict.confidence,
                    verdict.rule
                FROM hit JOIN source ON source.id = hit.source_id
                LEFT JOIN verdict ON verdict.hit_id = hit.id AND verdict.message_id = ?1
                WHERE hit.token_key IN (SELECT token_key FROM message_token WHERE message_id = ?1)
                ORDER BY hit.at, hit.seq LIMIT 1000
                """, arguments: [id])
        let hitLines = hits.compactMap { row in
            StoredHit(row).map {
                MessageReport.HitLine(source: row["source"], hit: $0.hit, verdict: verdict(row))
            }
        }
        let line = try line(db, row)
        let count = try Int.fetchOne(
            db,
            sql: """
                SELECT COUNT(*) FROM hit JOIN source ON source.id = hit.source_id
                WHERE token_key IN (SELECT token_key FROM message_token WHERE message_id = ?)
                """, arguments: [id])
        let beyond = try HitFlood.beyond(db, of: id)
        let writes = try Row.fetchAll(
            db, sql: "SELECT * FROM written WHERE message_id = ? ORDER BY id LIMIT 1000", arguments: [id])
        return MessageReport(
            line: line, tracked: row["tracked"],
            recipients: try recipients(db, id, hitLines, line.standing.status),
            tokens: tokens.map { .init(text: $0["token"], kind: $0["kind"], quoted: $0["quoted"]) },
            hits: hitLines,
            moreHits: max(0, (count ?? 0) - hits.count) + beyond,
            onlyCounted: beyond,
            forgotten: Tally(stored: row["forgotten"])?.hits ?? 0,
            ownActivity: try ownActivity(db, of: id), incoming: try incomingLines(db, of: id),
            failed: try String.fetchAll(
                db,
                sql: """
                    SELECT address FROM recipient WHERE message_id = ? AND failed_at IS NOT NULL ORDER BY position
                    """, arguments: [id]),
            writes: writes.map {
                .init(
                    at: Date(milliseconds: $0["at"]), action: $0["action"], keyword: $0["keyword"],
                    detail: $0["detail"],
                    uid: $0["uid"])
            },
            rules: row["rules"], reviewAt: (row["review_at"] as Int64?).map(Date.init(milliseconds:)))
    }

    static func verdict(_ row: Row) -> Verdict? {
        guard let name = row["class"] as String?, let hitClass = HitClass(rawValue: name) else { return nil }
        return Verdict(
            hitClass: hitClass, personProbability: row["p_person"], confidence: row["confidence"], rule: row["rule"])
    }
}
