import Foundation
import GRDB
import IMAP

/// A copy in a watched folder that may hold its message's own pixel.
package struct SentCopy: Sendable {
    package let id: Int64
    package let uid: UID
    /// A clean copy has been proven, and this one may have been marked as deleted by us.
    package let isBeingReplaced: Bool
}

/// How far a copy has come; the raw values are stored.
package enum SentCopyState: Int, Sendable {
    case unexamined = 0
    /// There is nothing to take out, or it is left alone.
    case examined = 1
    /// A clean copy has been proven; this one goes.
    case replacing = 2
}

extension AgentStore {
    /// Since when an account's copies are cleaned: when this was first asked with `isOn`; `nil` if they are not.
    package func copiesCleaned(
        of account: AccountID, isOn: Bool, now: Date
    ) async throws(StoreError) -> Date? {
        try await write { db in
            let key = "sent-copy/\(account.rawValue)"
            guard isOn else {
                try db.perform(sql: "DELETE FROM meta WHERE key = ?", arguments: [key])
                return nil
            }
            try db.perform(
                sql: "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)",
                arguments: [key, String(now.milliseconds)])
            let stored = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
            return stored.flatMap { Int64($0) }.map(Date.init(milliseconds:))
        }
    }

    /// Copies of tracked messages sent since then that have not been examined, their keywords written: the newest first.
    package func copiesToClean(in folder: FolderID, sentSince: Date) async throws(StoreError) -> [SentCopy] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT copy.id, copy.uid, copy.cleaning FROM copy JOIN message ON message.id = copy.message_id
                    WHERE copy.folder_id = ? AND copy.cleaning <> 1 AND message.tracked = 1 AND message.sent_at >= ?
                        AND (copy.cleaning = 2 OR copy.plan_due = 0 AND copy.flags NOT LIKE '%\\Deleted%')
                        AND EXISTS (SELECT 1 FROM message_token WHERE message_token.message_id = message.id
                            AND kind = 'own' AND quoted = 0)
                    ORDER BY copy.uid DESC LIMIT 100
                    """, arguments: [folder.rawValue, Self.wholeSeconds(sentSince)]
            ).map {
                SentCopy(
                    id: $0["id"], uid: UID($0["uid"] as UInt32),
                    isBeingReplaced: $0["cleaning"] == SentCopyState.replacing.rawValue)
            }
        }
    }

    package func note(_ state: SentCopyState, of copy: SentCopy) async throws(StoreError) {
        try await write { db in
            try db.perform(sql: "UPDATE copy SET cleaning = ? WHERE id = ?", arguments: [state.rawValue, copy.id])
        }
    }

    /// `Date` fields have no fractions.
    private static func wholeSeconds(_ date: Date) -> Int64 { date.milliseconds / 1000 * 1000 }
}
