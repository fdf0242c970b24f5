import GRDB
import SentSync
import Tokens

/// Messages that hits name by their Message-ID instead of a token (``MessageName``). The name becomes a token of the
/// message, and all goes on from there as with tokens; the caller holds the transaction.
struct NamedMessages {
    let db: Database

    /// Makes the name a token of the messages that bear it, as far as they are known, unless that has been done.
    func claim(_ name: MessageName) throws {
        let isClaimed = try Bool.fetchOne(
            try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM message_token WHERE token_key = ?)"),
            arguments: [name.key])
        if isClaimed == true { return }
        let messages = try Int64.fetchAll(
            try db.cachedStatement(sql: Self.bearers), arguments: [name.messageID])
        for message in messages {
            try db.perform(
                sql: """
                    INSERT INTO message_token (message_id, token, kind, quoted, token_key)
                    VALUES (?, ?2, 'foreign', 0, ?2) ON CONFLICT DO NOTHING
                    """, arguments: [message, name.key])
            try db.perform(sql: "UPDATE message SET tracked = 1, judge_due = 1 WHERE id = ?", arguments: [message])
            try db.perform(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [message])
        }
    }

    /// Messages that bear a name, which is in lower case. The indexes leave out what has none, which each question has to say.
    static let bearers = """
        SELECT id FROM message WHERE account_id IN (SELECT id FROM account) AND LOWER(message_id) = ?1
        UNION SELECT message_id FROM copy WHERE LOWER(name) = ?1 AND name IS NOT NULL
        UNION SELECT message.id FROM outgoing JOIN message ON message.account_id = outgoing.account_id
            AND \(MessageRows.isNamed("outgoing.message_id")) WHERE LOWER(provider_id) = ?1 AND provider_id IS NOT NULL
        """

    /// Whether any hit names a message.
    func areNamed() throws -> Bool {
        try Bool.fetchOne(
            try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM hit WHERE token_key >= ? AND token_key < ?)"),
            arguments: [MessageName.keys.lowerBound, MessageName.keys.upperBound]) == true
    }

    /// Tokens of a message that is called so, besides those that it shows: the names that there are hits of.
    /// - Parameter names: Message-IDs; under what else a provider knows it, mail that was sent through us says.
    func tokens(of names: [String], account: Int64) throws -> [FoundToken] {
        let given = try names.flatMap { name in
            try String.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT provider_id FROM outgoing
                        WHERE message_id = ? AND account_id = ? AND provider_id IS NOT NULL
                        """), arguments: [name, account])
        }
        return try Set((names + given).compactMap { MessageName(messageID: $0) }).filter { name in
            try Bool.fetchOne(
                try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM hit WHERE token_key = ?)"),
                arguments: [name.key]) == true
        }
        .map { FoundToken(text: $0.key, kind: .foreign, quoted: false) }
    }
}
