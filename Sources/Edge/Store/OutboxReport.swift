import Foundation
import GRDB
import Outgoing

/// Drafts of an account's outbox that are not done with, and how far they have come.
package struct OutboxReport: Sendable, Equatable {
    package enum Stage: String, Sendable, CaseIterable {
        /// Nothing of them is known to have been sent.
        case waiting
        /// The provider has them, and Sent does not hold them yet.
        case sent
        case refused
        /// Nobody knows whether they were sent.
        case uncertain
    }

    package var stage: Stage
    package var drafts: Int
    /// When the first of those that wait was found, or the last of the others came so far.
    package var at: Date
    /// Why, of the latest that says so.
    package var reason = ""

    /// How long it is told of drafts that were set aside: whether they still lie there is not in the book.
    private static let memory: TimeInterval = 7 * 86_400

    /// In the order of their stages. A draft that was set aside and came again is told of as what came of it then.
    static func all(_ db: Database, of account: Int64, now: Date) throws -> [OutboxReport] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT state, found_at, changed_at, reason FROM outbox
                WHERE account_id = ? AND (state NOT IN ('done', 'refused', 'uncertain', 'gone')
                    OR state IN ('refused', 'uncertain') AND changed_at >= ? AND NOT EXISTS (
                        SELECT 1 FROM outbox AS later WHERE later.account_id = outbox.account_id AND later.id > outbox.id
                            AND (later.content_hash = outbox.content_hash
                                OR outbox.has_own_id AND later.message_id = outbox.message_id)))
                ORDER BY changed_at, id
                """, arguments: [account, (now - memory).milliseconds])
        var found: [Stage: OutboxReport] = [:]
        for row in rows {
            // A later version's state is one that permits nothing.
            guard let stage = (OutboxState(rawValue: row["state"]) ?? .doubtful).stage else { continue }
            let at = Date(milliseconds: stage == .waiting ? row["found_at"] : row["changed_at"])
            let reason: String = row["reason"]
            var report = found[stage] ?? OutboxReport(stage: stage, drafts: 0, at: at)
            report.drafts += 1
            report.at = stage == .waiting ? min(report.at, at) : max(report.at, at)
            if !reason.isEmpty { report.reason = reason }
            found[stage] = report
        }
        return Stage.allCases.compactMap { found[$0] }
    }
}

extension OutboxState {
    fileprivate var stage: OutboxReport.Stage? {
        switch self {
        case .claiming, .claimed, .sending, .strange: .waiting
        case .sent, .filed: .sent
        case .refusing, .refused: .refused
        case .doubtful, .uncertain: .uncertain
        case .done, .gone: nil
        }
    }
}
