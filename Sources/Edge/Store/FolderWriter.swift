import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Tokens

/// What follows from changes that were stored.
struct StoredNews {
    /// Whether any message has something new to be judged or planned.
    var isAny = false
    /// Copies that somebody has touched.
    var touched: [UID] = []
}

/// Writes one ``Change`` of a folder; the caller holds the transaction.
struct FolderWriter {
    let db: Database
    let folder: FolderID
    let signs: Signs
    let now: Date
    private let account: Int64
    // What there is mostly none of is looked for once, and not for each message.
    private let isNamedByHits: Bool
    private var hasParked: Bool

    init(db: Database, folder: FolderID, signs: Signs, now: Date) throws {
        (self.db, self.folder, self.signs, self.now) = (db, folder, signs, now)
        account =
            try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT account_id FROM folder WHERE id = ?"), arguments: [folder.rawValue])
            ?? 0
        isNamedByHits = try NamedMessages(db: db).areNamed()
        hasParked =
            try Bool.fetchOne(
                try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM parked WHERE folder_id = ?)"),
                arguments: [folder.rawValue]) == true
    }

    mutating func apply(_ change: Change, _ news: inout StoredNews) throws {
        switch change {
        case .reset(let uidValidity):
            try forget(UIDSet(from: UID(1)))
            try db.perform(sql: "DELETE FROM parked WHERE folder_id = ?", arguments: [folder.rawValue])
            try db.perform(sql: "DELETE FROM refused WHERE folder_id = ?", arguments: [folder.rawValue])
            try update(
                "uid_validity = ?, uid_next = NULL, highest_modseq = NULL, message_count = NULL, scan_complete = 0, scanned = '', hinted = 0",
                [uidValidity.rawValue])
        case .renamed(let uidValidity):
            try update("uid_validity = ?, highest_modseq = NULL, message_count = NULL", [uidValidity.rawValue])
        case .scanBegan(let since):
            try update("scan_since = ?, scan_complete = 0, scanned = '', hinted = 0", [since?.milliseconds])
        case .hinted:
            try update("hinted = 1", [])
        case .message(let message):
            try record(message)
            news.isAny = true
        case .scanned(let uids):
            let before = try String.fetchOne(
                try db.cachedStatement(sql: "SELECT scanned FROM folder WHERE id = ?"), arguments: [folder.rawValue])
            try update("scanned = ?", [UIDSet(stored: before ?? "").union(uids).description])
        case .scanCompleted:
            try update("scan_complete = 1, scanned = ''", [])
        case .flags(let uid, let flags):
            try copies.told(uid, flags: flags, &news)
        case .labels(let uid, let labels):
            try copies.told(uid, labels: labels, &news)
        case .vanished(let uids):
            try forget(uids)
        case .checkpoint(let uidNext, let highest, let count):
            try update(
                "uid_next = ?, highest_modseq = ?, message_count = ?",
                [uidNext.rawValue, highest.map { Int64(clamping: $0.rawValue) }, count])
        case .parked(let uid, let reason):
            try db.perform(
                sql: "INSERT OR REPLACE INTO parked (folder_id, uid, reason, at) VALUES (?, ?, ?, ?)",
                arguments: [folder.rawValue, uid.rawValue, reason, now.milliseconds])
            hasParked = true
        case .chunk(let size):
            try update("chunk = ?", [size])
        }
    }

    private var copies: CopyWriter { CopyWriter(db: db, folder: folder, signs: signs, now: now) }

    private func update(_ assignments: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        try db.perform(
            sql: "UPDATE folder SET \(assignments) WHERE id = ?",
            arguments: StatementArguments(arguments + [folder.rawValue]))
    }
}

extension FolderWriter {
    /// Identity: token first, Message-ID second. Several copies of a message are one message.
    private func record(_ examined: ExaminedMessage) throws {
        var found = examined
        if isNamedByHits {
            found.tokens += try NamedMessages(db: db).tokens(
                of: [found.messageID].compactMap { $0 } + found.earlierIDs, account: account)
        }
        let known = try known(found)
        // Known by its Message-ID alone: to nobody any more.
        if known == nil, found.tokens.isEmpty { return }
        let message = try known ?? insert(found)
        for token in found.tokens {
            try BoundStatement(
                db,
                sql: """
                    INSERT INTO message_token (message_id, token, kind, quoted, token_key) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET kind = excluded.kind, quoted = excluded.quoted
                    """
            ).run(message, token.text, token.kind.rawValue, token.quoted, TokenKey.of(token.text))
        }
        try BoundStatement(
            db,
            sql: """
                INSERT INTO copy (message_id, folder_id, uid, flags, name, paint)
                SELECT id, ?2, ?3, ?4, NULLIF(?5, message_id), paint FROM message WHERE id = ?1
                ON CONFLICT (folder_id, uid) DO UPDATE
                    SET message_id = excluded.message_id, flags = excluded.flags, name = excluded.name, plan_due = 1
                """
        ).run(message, folder.rawValue, found.uid.rawValue, found.flags.stored, found.messageID)
        if known != nil {
            // A copy found again may show a token of ours where none was known before: its credential was missing then.
            try db.perform(
                sql: "UPDATE message SET judge_due = 1, tracked = MAX(tracked, ?), hunt_at = NULL WHERE id = ?",
                arguments: [found.tokens.contains(where: \.isOwnOfTheMessage), message])
        }
        guard hasParked else { return }
        try db.perform(
            sql: "DELETE FROM parked WHERE folder_id = ? AND uid = ?", arguments: [folder.rawValue, found.uid.rawValue])
    }

    private func known(_ found: ExaminedMessage) throws -> Int64? {
        for token in found.tokens where token.isOwnOfTheMessage {
            let id = try BoundStatement(
                db,
                sql: """
                    SELECT message.id FROM message JOIN message_token ON message_token.message_id = message.id
                    WHERE message.account_id = ? AND message_token.token_key = ? AND message_token.quoted = 0
                        AND message_token.kind <> 'unverified'
                    """
            ).first(account, TokenKey.of(token.text)) { $0.integer(0) }
            if let id { return id }
        }
        for header in [found.messageID].compactMap({ $0 }) + found.earlierIDs {
            if let id = try rows.id(named: header) { return id }
        }
        return nil
    }

    private var rows: MessageRows { MessageRows(db: db, account: account) }

    private func insert(_ found: ExaminedMessage) throws -> Int64 {
        let id = try rows.insert(
            found.messageID, subject: found.subject, sentAt: found.sentAt?.milliseconds,
            isTracked: found.tokens.contains(where: \.isOwnOfTheMessage), recipientIsSender: found.recipientIsSender,
            to: found.recipients.map { ($0.name, $0.address) }, now: now.milliseconds)
        if !found.isNews {
            for sign in signs.shown(in: SeenOnServer(flags: found.flags)) where sign.projection == .keyword {
                try copies.inherit(sign.mark, id)
            }
        }
        return id
    }

    /// Messages whose last copy goes are looked for elsewhere, once what moves them has had time to do so.
    func forget(_ uids: UIDSet) throws {
        for range in uids.ranges {
            let arguments: StatementArguments = [
                folder.rawValue, range.lowerBound.rawValue, range.upperBound.rawValue,
            ]
            let messages = try Int64.fetchAll(
                try db.cachedStatement(
                    sql: "SELECT DISTINCT message_id FROM copy WHERE folder_id = ? AND uid BETWEEN ? AND ?"),
                arguments: arguments)
            // 0 is the folder as a whole, and no UID.
            for table in ["copy", "refused"] {
                try db.perform(
                    sql: "DELETE FROM \(table) WHERE folder_id = ? AND uid BETWEEN ? AND ?", arguments: arguments)
            }
            for message in messages {
                try db.perform(
                    sql: """
                        UPDATE message SET hunt_at = ? WHERE id = ? AND tracked = 1 AND message_id IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message_id = message.id)
                        """, arguments: [(now + Self.huntDelay).milliseconds, message])
            }
        }
    }

    /// Seconds.
    private static let huntDelay = 10.0
}
