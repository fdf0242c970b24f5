import Foundation
import GRDB
import Tokens

/// Mail that hits name and of which no message is known, as seen from one folder. Names are Message-IDs in lower case.
package struct ToldMessages: Sendable, Equatable {
    /// The last that were told of.
    package fileprivate(set) var names: Set<String> = []
    /// Those of them that the folder has not been searched for, and when each was first opened.
    package fileprivate(set) var sought: [String: Date] = [:]
    /// The last hit that they are of.
    fileprivate var upTo: Int64 = 0
}

extension AgentStore {
    /// Names that are looked out for. Mail that programs send by the same provider has names too, and is in no folder.
    static let toldLimit = 2000
    /// Names that a folder is searched for at once, those told of last.
    static let soughtLimit = 500

    package func toldMessages(in folder: FolderID) async throws(StoreError) -> ToldMessages {
        try await read { db in
            let row = try Row.fetchOne(
                try db.cachedStatement(sql: "SELECT account_id, sought_up_to FROM folder WHERE id = ?"),
                arguments: [folder.rawValue])
            guard let row else { return ToldMessages() }
            let hits = try Row.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT token_key, MIN(at) AS at, MAX(id) AS last FROM hit WHERE \(Self.isOfUnknownName)
                        GROUP BY token_key ORDER BY last DESC LIMIT ?
                        """), arguments: [Self.toldLimit])
            var told = ToldMessages()
            for hit in hits {
                guard let name = MessageName(hit["token_key"] as String) else { continue }
                told.upTo = max(told.upTo, hit["last"])
                let names = try Self.names(db, of: name, account: row["account_id"])
                told.names.formUnion(names)
                guard hit["last"] as Int64 > row["sought_up_to"], told.sought.count < Self.soughtLimit else { continue }
                for name in names { told.sought[name] = Date(milliseconds: hit["at"]) }
            }
            return told
        }
    }

    /// The folder has been searched for all of them.
    package func noteSought(_ told: ToldMessages, in folder: FolderID) async throws(StoreError) {
        try await write { db in
            try db.perform(
                sql: "UPDATE folder SET sought_up_to = MAX(sought_up_to, ?) WHERE id = ?",
                arguments: [told.upTo, folder.rawValue])
        }
    }

    /// The number of the last hit behind `hit` that names a message that is not known; `nil`: there is none.
    package func lastHitOfUnknownName(after hit: Int64) async throws(StoreError) -> Int64? {
        try await read { db in
            try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT MAX(id) FROM hit WHERE id > ? AND \(Self.isOfUnknownName)"),
                arguments: [hit])
        }
    }

    private static let isOfUnknownName = """
        token_key >= '\(MessageName.keys.lowerBound)' AND token_key < '\(MessageName.keys.upperBound)' AND NOT EXISTS
            (SELECT 1 FROM message_token WHERE message_token.token_key = hit.token_key)
        """

    /// What a mail of the account is called that a provider knows under a name: as it is, or as it was handed over.
    private static func names(_ db: Database, of name: MessageName, account: Int64) throws -> Set<String> {
        let sent = try String.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT message_id FROM outgoing
                    WHERE LOWER(provider_id) = ? AND provider_id IS NOT NULL AND account_id = ?
                        AND message_id IS NOT NULL
                    """), arguments: [name.messageID, account])
        return Set([name.messageID] + sent.map { $0.lowercased() })
    }
}
