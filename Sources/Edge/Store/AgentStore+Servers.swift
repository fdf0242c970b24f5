import Foundation
import GRDB
import IMAP

extension AgentStore {
    /// What a server with this greeting answered to ID, if it was asked since.
    package func serverID(
        of account: AccountID, greeting: String, toldSince date: Date
    ) async throws(StoreError) -> [IDField]? {
        try await read { db in
            let text = try String.fetchOne(
                try db.cachedStatement(
                    sql: "SELECT fields FROM server_id WHERE account_id = ? AND greeting = ? AND told_at >= ?"),
                arguments: [account.rawValue, greeting, date.milliseconds])
            let fields = text.flatMap { try? JSONDecoder().decode([[String?]].self, from: Data($0.utf8)) }
            return fields?.compactMap { field in
                guard field.count == 2, let name = field[0] else { return nil }
                return IDField(name, field[1])
            }
        }
    }

    package func note(
        serverID fields: [IDField], greeting: String, of account: AccountID, now: Date
    ) async throws(StoreError) {
        try await write { db in
            let text = try JSONEncoder().encode(fields.map { [$0.name, $0.value] })
            try db.perform(
                sql: "INSERT OR REPLACE INTO server_id (account_id, greeting, fields, told_at) VALUES (?, ?, ?, ?)",
                arguments: [account.rawValue, greeting, String(decoding: text, as: UTF8.self), now.milliseconds])
        }
    }
}
