import Tokens

/// How often each token was asked for today: in memory, and on disk from ``noisy`` requests on.
///
/// A mail is opened a few times, so for almost every token nothing has to be written but its hits. What is asked for often
/// goes to the disk with each batch: a restart forgets fewer than ``noisy`` requests of a token, and not its allowance.
/// Of tokens that have to share a place in memory the one that was asked for least is forgotten.
struct RequestTallies {
    /// Requests of a token on one day from which on they are counted on disk.
    static let noisy = 16
    static let places = 65_536

    private struct Name: Hashable {
        let token: Token
        let day: Int64
    }

    private struct Tally {
        /// Since 1970.
        var day: Int32 = 0
        var requests: UInt32 = 0
    }

    private var table: FixedTable<Tally>

    init(places: Int = Self.places) { table = FixedTable(places: places, vacant: Tally()) }

    /// Counts a request, and says how many that makes on its day.
    ///
    /// - Parameter stored: asked for a token that is not known of this day: what the disk says, 0 if nothing.
    mutating func count(_ token: Token, day: Int64, stored: () throws -> Int) rethrows -> Int {
        try table.update(
            Name(token: token, day: day), isLess: { ($0.day, $0.requests) < ($1.day, $1.requests) },
            new: { Tally(day: Int32(clamping: day), requests: UInt32(clamping: try stored())) }
        ) { tally in
            tally.requests = min(tally.requests, .max - 1) + 1
            return Int(tally.requests)
        }
    }
}
