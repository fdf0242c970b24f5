import GRDB
import Tokens

extension AgentStore {
    /// Looks again at the tokens that no key of ours had signed when they were found. Those that one has signed now make
    /// their messages tracked: the credential was missing or another one then.
    package func adoptTokens(where isOurs: @Sendable (Token) -> Bool) async throws(StoreError) {
        let found = try await read { db in
            try Row.fetchAll(db, sql: "SELECT message_id, token, quoted FROM message_token WHERE kind = 'unverified'")
                .map {
                    (message: $0["message_id"] as Int64, token: $0["token"] as String, quoted: $0["quoted"] as Bool)
                }
        }
        let ours = found.filter { Token($0.token).map(isOurs) ?? false }
        guard !ours.isEmpty else { return }
        try await write { db in
            for (message, token, quoted) in ours {
                try db.execute(
                    sql: "UPDATE message_token SET kind = 'own' WHERE message_id = ? AND token = ?",
                    arguments: [message, token])
                if quoted { continue }
                try db.execute(
                    sql: "UPDATE message SET tracked = 1, judge_due = 1 WHERE id = ?", arguments: [message])
                try db.execute(sql: "UPDATE copy SET plan_due = 1 WHERE message_id = ?", arguments: [message])
            }
        }
    }
}
