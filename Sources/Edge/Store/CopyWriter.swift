import Foundation
import GRDB
import IMAP
import Opens
import SentSync

/// Writes what the server shows of one copy; the caller holds the transaction.
struct CopyWriter {
    let db: Database
    let folder: FolderID
    let signs: Signs
    let now: Date

    /// A sign of ours that is gone without our doing was removed by the user: it is not fought.
    func told(_ uid: UID, flags: Set<Flag>? = nil, labels: Set<Label>? = nil, _ news: inout StoredNews) throws {
        guard let known = try known(uid) else { return }
        let seen = SeenOnServer(flags: flags ?? known.seen.flags, labels: labels.map(ours) ?? known.seen.labels)
        guard seen != known.seen else { return }
        noteTouch(uid, seen, known, &news)
        try noteWithdrawn(uid, seen, known)
        try keep(uid, seen, known)
        try BoundStatement(db, sql: "UPDATE copy SET plan_due = 1 WHERE folder_id = ? AND uid = ?")
            .run(folder.rawValue, uid.rawValue)
        news.isAny = true
    }

    /// What was read after our own commands, `written` among them.
    func readBack(_ uid: UID, _ seen: SeenOnServer, written: Set<Mark>, _ news: inout StoredNews) throws {
        guard let known = try known(uid) else { return }
        let seen = SeenOnServer(flags: seen.flags, labels: seen.labels.map(ours) ?? known.seen.labels)
        // Who opens the mail whose keyword we write marks it as seen in the same moment.
        noteTouch(uid, seen, known, &news)
        // The user may have removed one sign while we wrote another one.
        try noteWithdrawn(uid, seen, known)
        try keep(uid, seen, known, written: written)
    }

    private func noteTouch(_ uid: UID, _ seen: SeenOnServer, _ known: Known, _ news: inout StoredNews) {
        if UserFlags.areTouched(before: known.seen.flags, after: seen.flags, signs: signs) { news.touched.append(uid) }
    }

    private func noteWithdrawn(_ uid: UID, _ seen: SeenOnServer, _ known: Known) throws {
        let gone = KeywordPlan.withdrawn(before: known.seen, after: seen, standing: known.standing, signs: signs)
        for sign in gone {
            try db.perform(
                sql: "INSERT OR REPLACE INTO withdrawn (message_id, mark, evidence) VALUES (?, ?, ?)",
                arguments: [known.message, sign.mark.rawValue, known.standing.evidence])
            try note(uid, "withdrawn", sign, "removed by the user")
        }
    }

    /// A line of what `why` tells.
    func note(_ uid: UID, _ action: String, _ sign: Sign, _ detail: String) throws {
        try BoundStatement(
            db,
            sql: """
                INSERT INTO written (message_id, folder_id, uid, at, action, keyword, detail)
                SELECT message_id, folder_id, uid, ?, ?, ?, ? FROM copy WHERE folder_id = ? AND uid = ?
                """
        ).run(
            now.milliseconds, action, sign.projection == .keyword ? sign.text : sign.words, detail, folder.rawValue,
            uid.rawValue)
    }

    func refuse(_ sign: Sign, uid: UID? = nil, _ reason: String) throws {
        try db.perform(
            sql: """
                INSERT OR REPLACE INTO refused (folder_id, uid, projection, mark, text, reason, at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                folder.rawValue, uid?.rawValue ?? 0, sign.projection.rawValue, sign.mark.rawValue, sign.text, reason,
                now.milliseconds,
            ])
    }
}

extension CopyWriter {
    private struct Known {
        let message: Int64
        let seen: SeenOnServer
        let standing: Standing
        /// Whether anything was ever written on it.
        let isWritten: Bool
    }

    private static let known = """
        SELECT copy.flags, copy.labels, copy.message_id, message.status, message.readings, message.evidence,
            \(MessageDomains.isUnreliable), EXISTS (SELECT 1 FROM written WHERE written.message_id = copy.message_id)
        FROM copy JOIN message ON message.id = copy.message_id WHERE copy.folder_id = ? AND copy.uid = ?
        """

    private func known(_ uid: UID) throws -> Known? {
        try BoundStatement(db, sql: Self.known).first(folder.rawValue, uid.rawValue) { row in
            Known(
                message: row.integer(2), seen: SeenOnServer(flags: row.text(0), labels: row.textOrNil(1)),
                standing: Standing(
                    status: OpenStatus(rawValue: row.text(3)) ?? .unknown, readings: Int(row.integer(4)),
                    evidence: Int(row.integer(5)), isUnreliable: row.flag(6)), isWritten: row.flag(7))
        }
    }

    private func keep(_ uid: UID, _ seen: SeenOnServer, _ known: Known, written: Set<Mark> = []) throws {
        try BoundStatement(db, sql: "UPDATE copy SET flags = ?, labels = ? WHERE folder_id = ? AND uid = ?")
            .run(seen.flags.stored, seen.labels?.stored, folder.rawValue, uid.rawValue)
        // Labels that were there when they were first asked for, and not by our doing, are from before this database, as
        // keywords are that a message carries when it is first seen.
        guard known.seen.labels == nil, seen.labels != nil, !known.isWritten else { return }
        let marks = Set(signs.shown(in: seen).filter { $0.projection == .label }.map(\.mark))
        for mark in marks.subtracting(written) { try inherit(mark, known.message) }
    }

    /// Of what the keywords and labels of an earlier database once proved, this one may never see the evidence.
    func inherit(_ mark: Mark, _ message: Int64) throws {
        guard mark != .tracked else { return }
        try db.perform(
            sql: "INSERT OR IGNORE INTO inherited (message_id, mark) VALUES (?, ?)",
            arguments: [message, mark.rawValue]
        )
    }

    private func ours(_ labels: Set<Label>) -> Set<Label> {
        labels.intersection(signs.all.filter { $0.projection == .label }.map { Label($0.text) })
    }
}
