import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Tokens

/// A folder that incoming mail is looked for in.
package struct IncomingFolder: Sendable {
    fileprivate let account: AccountID
    package let mailbox: MailboxName
    package let state: IncomingState
    /// Looks that were begun here and have not come to an end.
    package let tries: Int

    fileprivate var arguments: StatementArguments { [account.rawValue, Data(mailbox.wire)] }
}

/// What incoming mail tells of tracked messages.
extension AgentStore {
    /// Mail about one message that is remembered, the first that came.
    static let incomingLimit = 50

    /// When the folders are to be looked through again; `nil` as long as nothing is tracked.
    /// - Parameters:
    ///   - interval: after which that is done without a reason.
    ///   - pause: which is kept even with one.
    package func nextLook(
        of account: AccountID, interval: TimeInterval, pause: TimeInterval
    ) async throws(StoreError) -> Date? {
        try await read { db in
            guard
                let row = try Row.fetchOne(
                    try db.cachedStatement(
                        sql: """
                            SELECT look_due, looked_at FROM account WHERE id = ?1
                                AND EXISTS (SELECT 1 FROM message WHERE account_id = ?1 AND tracked = 1)
                            """), arguments: [account.rawValue])
            else { return nil }
            guard let last = (row["looked_at"] as Int64?).map(Date.init(milliseconds:)) else { return .distantPast }
            return last + (row["look_due"] as Bool ? pause : interval)
        }
    }

    /// A look begins: what asks for another from now on is not answered by it.
    package func beginLook(of account: AccountID, now: Date) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE account SET look_due = 0, looked_at = ? WHERE id = ?",
                arguments: [now.milliseconds, account.rawValue])
        }
    }

    package func incomingFolder(
        _ mailbox: MailboxName, of account: AccountID
    ) async throws(StoreError) -> IncomingFolder {
        try await read { db in
            let key: StatementArguments = [account.rawValue, Data(mailbox.wire)]
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM incoming_folder WHERE account_id = ? AND mailbox = ?", arguments: key)
            let unseen = try UInt32.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT uid FROM incoming JOIN message ON message.id = incoming.message_id
                    WHERE account_id = ? AND mailbox = ? AND uid IS NOT NULL ORDER BY uid DESC LIMIT ?
                    """, arguments: key + [IncomingLimits.unseen])
            return IncomingFolder(
                account: account, mailbox: mailbox,
                state: IncomingState(
                    uidValidity: (row?["uid_validity"] as UInt32?).map { UIDValidity($0) },
                    uidNext: (row?["uid_next"] as UInt32?).map { UID($0) }, unseen: UIDSet(unseen.map { UID($0) })),
                tries: row?["tries"] ?? 0)
        }
    }

    /// Before the server is asked: what ends the connection there must not do so for ever.
    package func begin(_ folder: IncomingFolder) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: """
                    INSERT INTO incoming_folder (account_id, mailbox, tries) VALUES (?, ?, 1)
                    ON CONFLICT DO UPDATE SET tries = tries + 1
                    """, arguments: folder.arguments)
        }
    }

    /// The look has come to an end without any result.
    package func end(_ folder: IncomingFolder) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE incoming_folder SET tries = 0 WHERE account_id = ? AND mailbox = ?",
                arguments: folder.arguments)
        }
    }

    /// Message-IDs of tracked messages, the last 20,000.
    package func trackedNames(of account: AccountID) async throws(StoreError) -> Set<String> {
        try await read { db in
            try String.fetchSet(
                db,
                sql: """
                    SELECT message_id FROM message WHERE account_id = ? AND tracked = 1 AND message_id IS NOT NULL
                    ORDER BY id DESC LIMIT 20000
                    """, arguments: [account.rawValue])
        }
    }

    /// When the oldest tracked message was sent.
    package func oldestTracked(of account: AccountID) async throws(StoreError) -> Date? {
        try await read { db in
            try Int64.fetchOne(
                db, sql: "SELECT MIN(sent_at) FROM message WHERE account_id = ? AND tracked = 1",
                arguments: [account.rawValue]
            ).map(Date.init(milliseconds:))
        }
    }

    /// Stores what a look has shown, all of it or nothing. Returns whether there is something to be judged again.
    /// - Parameter isOver: the look has come to its end, and not to that of one of its messages.
    package func apply(
        _ news: IncomingNews, to folder: IncomingFolder, isOver: Bool = true, now: Date
    ) async throws(StoreError) -> Bool {
        try await write { db in
            let writer = IncomingWriter(db: db, account: folder.account, mailbox: folder.mailbox, now: now)
            let known = try UInt32.fetchOne(
                db, sql: "SELECT uid_validity FROM incoming_folder WHERE account_id = ? AND mailbox = ?",
                arguments: folder.arguments)
            if known != news.uidValidity.rawValue { try writer.forgetUIDs() }
            try writer.noteUnseen(news.unseen)
            var isNew = try writer.noteSeen(news.seen)
            for mail in news.mail { isNew = try writer.record(mail) || isNew }
            try db.perform(
                sql: """
                    UPDATE incoming_folder SET uid_validity = ?, uid_next = ?, tries = IIF(?, 0, tries)
                    WHERE account_id = ? AND mailbox = ?
                    """, arguments: [news.uidValidity.rawValue, news.uidNext.rawValue, isOver] + folder.arguments)
            return isNew
        }
    }
}

extension AgentStore {
    /// What shows a token of the message, the oldest first.
    static func incoming(_ db: Database, of message: Int64) throws -> [Incoming] {
        try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT kind, by_recipient, token, arrived_at FROM incoming WHERE message_id = ? AND token <> ''
                    ORDER BY arrived_at, id
                    """), arguments: [message]
        ).compactMap { row in
            IncomingMail.Kind(rawValue: row["kind"]).map {
                Incoming(
                    kind: Incoming.Kind($0, isByRecipient: row["by_recipient"]),
                    token: (row["token"] as String).lowercased(), arrivedAt: Date(milliseconds: row["arrived_at"]))
            }
        }
    }

    static func incomingLines(_ db: Database, of message: Int64) throws -> [MessageReport.IncomingLine] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT kind, by_recipient, arrived_at, MAX(token <> '') AS shows FROM incoming WHERE message_id = ?
                GROUP BY kind, by_recipient, arrived_at ORDER BY arrived_at
                """, arguments: [message]
        ).compactMap { row in
            IncomingMail.Kind(rawValue: row["kind"]).map {
                .init(
                    arrivedAt: Date(milliseconds: row["arrived_at"]), kind: $0, isByRecipient: row["by_recipient"],
                    showsPixel: row["shows"])
            }
        }
    }

    /// Tokens that have reached nobody, and when the last report of that came. What was sent through us says whose token is
    /// whose; else they share it.
    static func undelivered(_ db: Database, of message: Int64) throws -> [String: Date] {
        let failed = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT LOWER(address) AS address, MAX(failed_at) AS at FROM recipient WHERE message_id = ?
                    GROUP BY LOWER(address)
                    """), arguments: [message])
        let times = Dictionary(failed.map { ($0["address"] as String, $0["at"] as Int64?) }) { first, _ in first }
        guard times.values.contains(where: { $0 != nil }) else { return [:] }
        let own = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT DISTINCT LOWER(address) AS address, token FROM outgoing_recipient
                    JOIN outgoing ON outgoing.id = outgoing_id
                    WHERE outgoing.message = ? AND token IS NOT NULL AND state <> 'refused'
                    """), arguments: [message])
        var recipients: [String: Set<String>] = [:]
        for row in own { recipients[(row["token"] as String).lowercased(), default: []].insert(row["address"]) }
        let tokens = try String.fetchAll(
            try db.cachedStatement(sql: "SELECT token FROM message_token WHERE message_id = ? AND quoted = 0"),
            arguments: [message])
        return tokens.reduce(into: [:]) { found, token in
            let whose = recipients[token.lowercased()] ?? Set(times.keys)
            let known = whose.compactMap { times[$0] ?? nil }
            guard known.count == whose.count, let last = known.max() else { return }
            found[token.lowercased()] = Date(milliseconds: last)
        }
    }
}

extension Incoming.Kind {
    fileprivate init(_ kind: IncomingMail.Kind, isByRecipient: Bool) {
        self =
            switch kind {
            case .reply: isByRecipient ? .reply : .forward
            case .automatic, .report: .automatic
            case .copy: .copy
            }
    }
}
