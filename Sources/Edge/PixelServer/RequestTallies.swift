import Tokens

/// How often each token was asked for today: in memory that is fixed.
///
/// Of tokens that have to share a place the one that was asked for least is forgotten.
struct RequestTallies {
    /// Requests of a token on one day from which on a store counts them as well. A mail is opened a few times, so for almost
    /// every token nothing has to be written but its hits.
    static let noisy = 16
    static let places = 65_536

    private struct Tally {
        /// Since 1970.
        var day: Int32 = 0
        var requests: UInt32 = 0
    }

    private var table: FixedTable<Tally>

    init(places: Int = Self.places) { table = FixedTable(places: places, vacant: Tally()) }

    /// Counts a request, and says how many that makes on its day.
    ///
    /// - Parameter stored: asked for a token that is not known of this day: what the store says, 0 if nothing.
    mutating func count(_ token: TokenDay, stored: () throws -> Int) rethrows -> Int {
        try table.update(
            token, isLess: { ($0.day, $0.requests) < ($1.day, $1.requests) },
            new: { Tally(day: Int32(clamping: token.day), requests: UInt32(clamping: try stored())) }
        ) { tally in
            tally.requests = min(tally.requests, .max - 1) + 1
            return Int(tally.requests)
        }
    }
}

/// A token on one day (since 1970, UTC).
struct TokenDay: Hashable {
    let token: Token
    let day: Int64
}
