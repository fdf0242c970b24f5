import Foundation
import GRDB
import Opens
import Tokens

/// Who has opened a message, where each recipient has a token of their own. Only what was sent through us, or a provider
/// that tells whose copy it was, says whose token is whose: names are never guessed.
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
        var found = rows.map { (address: $0["address"] as String, token: $0["token"] as String) }
        if found.isEmpty { found = try namedTokens(db, of: message) }
        return Set(found.map(\.token)).count == found.count && found.count > 1 ? found : []
    }

    /// What a provider calls the copies of the recipients, if it tells them apart.
    private static func namedTokens(_ db: Database, of message: Int64) throws -> [(address: String, token: String)] {
        let keys = try String.fetchAll(
            try db.cachedStatement(
                sql: "SELECT token_key FROM message_token WHERE message_id = ? AND token_key BETWEEN ? AND ? LIMIT 2"),
            arguments: [message, MessageName.keys.lowerBound, MessageName.keys.upperBound])
        guard keys.count == 1, let name = MessageName(keys[0]),
            let first = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT id, body FROM hit WHERE token_key = ? ORDER BY at LIMIT 1"),
                arguments: [name.key]),
            let hit = StoredHit(first)?.hit, MessageName(hit.token)?.recipient != nil
        else { return [] }
        return try String.fetchAll(
            try db.cachedStatement(
                sql: "SELECT address FROM recipient WHERE message_id = ? GROUP BY address ORDER BY MIN(position)"),
            arguments: [message]
        ).compactMap { address in
            MessageName(messageID: name.messageID, recipient: address).map { (address, $0.text) }
        }
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
        let read = Set(
            readings.compactMap { row in verdict(row)?.isReading == true ? StoredHit(row)?.hit.token : nil })
        return OpenedBy(
            count: Set(tokens.filter { read.contains($0.token) }.map(\.address)).count, of: addresses.count)
    }
}
