import GRDB
import Tokens

/// The allowance of each token for a day, with the counts that `hits.db` keeps of what is asked for often.
///
/// From ``RequestTallies/noisy`` requests on every ``RequestTallies/noisy``th is written down, and the last that is allowed,
/// so a restart forgets fewer requests of a token than that, and nothing is written of what is beyond. What is asked for
/// seldom costs the disk no question: ``written`` knows that it has no count there.
struct StoredTallies {
    private var requests = RequestTallies()
    /// Which tokens the disk has a count of; and few others.
    private(set) var written: NameFilter

    init(in db: Database) throws { written = try Self.written(in: db) }

    /// Counts the request, and says whether its hit is to be stored. To be called in the transaction that stores it; one
    /// that fails leaves its requests counted.
    mutating func allows(_ request: RecordedRequest, _ allowance: Int, in db: Database) throws -> Bool {
        let token = TokenDay(token: request.token, day: request.at.day)
        var isFoundAgain = false
        let count = try requests.count(token) {
            guard written.mayContain(token) else { return 0 }
            let stored = try Self.stored(token, in: db)
            isFoundAgain = stored > 0
            return stored
        }
        guard count <= allowance else { return false }
        // Found again: forgotten meanwhile, and soon once more where so many are asked for often. It is to get on.
        if count == allowance || count >= RequestTallies.noisy && (count % RequestTallies.noisy == 0 || isFoundAgain) {
            try Self.store(count, token, in: db)
            written.insert(token)
        }
        return true
    }

    /// To be called when counts were deleted, whose names would be looked up for ever.
    mutating func look(in db: Database) throws { written = try Self.written(in: db) }

    private static func written(in db: Database) throws -> NameFilter {
        var filter = NameFilter()
        let rows = try Row.fetchCursor(db, sql: "SELECT token, day FROM tallies")
        while let row = try rows.next() {
            if let token = Token(row[0] as String) { filter.insert(TokenDay(token: token, day: row[1])) }
        }
        return filter
    }

    private static func stored(_ token: TokenDay, in db: Database) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT requests FROM tallies WHERE token = ? AND day = ?"),
            arguments: [token.token.text, token.day]) ?? 0
    }

    private static func store(_ requests: Int, _ token: TokenDay, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO tallies (token, day, requests) VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET requests = excluded.requests
                """
        ).execute(arguments: [token.token.text, token.day, requests])
    }
}
