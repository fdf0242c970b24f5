import Foundation
import GRDB
import Opens

/// Who has opened a message, where each recipient has a token of their own. Only what was sent through us says whose token
/// is whose: names are never guessed.
extension AgentStore {
    /// Addresses and tokens; empty where a token is shared.
    private static func tokens(_ db: Database, of message: Int64) throws -> [(address: String, token: String)] {
        let rows = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT DISTINCT address, token FROM outgoing_recipient
                    JOIN outgoing ON outgoing.id = outgoing_id
                    WHERE outgoing.message = ? AND token IS NOT NULL AND state <> 'refused' ORDER BY outgoing.id, position
                    """), arguments: [message])
        let found = rows.map { (address: $0["address"] as String, token: $0["token"] as String) }
        return Set(found.map(\.token)).count == found.count && found.count > 1 ? found : []
    }

    static func recipients(
        _ db: Database, _ message: Int64, _ hits: [MessageReport.HitLine], _ status: OpenStatus
    ) throws -> [MessageReport.RecipientLine] {
        try tokens(db, of: message).map { address, token in
            let verdicts = hits.filter { $0.hit.token == token }.compactMap(\.verdict)
            return .init(
                address: address, token: token, status: OpenStatus(ofRecipient: verdicts, message: status))
        }
    }

    static func openedBy(_ db: Database, _ message: Int64, _ status: OpenStatus) throws -> OpenedBy? {
        let tokens = try tokens(db, of: message)
        guard !tokens.isEmpty else { return nil }
        let addresses = Set(tokens.map(\.address))
        guard status == .opened else { return OpenedBy(count: 0, of: addresses.count) }
        let readings = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT hit.id, hit.body, class, p_person, confidence, rule
                    FROM verdict JOIN hit ON hit.id = hit_id WHERE verdict.message_id = ?
                    """), arguments: [message])
        let decoder = JSONDecoder()
        let read = Set(
            readings.compactMap { row in verdict(row)?.isReading == true ? StoredHit(row, decoder)?.hit.token : nil })
        return OpenedBy(
            count: Set(tokens.filter { read.contains($0.token) }.map(\.address)).count, of: addresses.count)
    }
}
