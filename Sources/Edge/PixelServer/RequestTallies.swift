import Tokens

/// How often each token was asked for today: in memory, and on disk from ``noisy`` requests on.
///
/// A mail is opened a few times, so for almost every token nothing has to be written but its hits. What is asked for often
/// goes to the disk with each batch: a restart forgets fewer than ``noisy`` requests of a token, and not its allowance.
/// The memory is fixed: a token is kept in one of four places that its seeded hash gives; where all four are taken, the one
/// that was asked for least has to go, so that who floods stays known.
struct RequestTallies {
    /// Requests of a token on one day from which on they are counted on disk.
    static let noisy = 16
    static let ways = 4
    static let places = 65_536

    private struct Place {
        /// Of the token; 0 is none.
        var key: UInt64 = 0
        /// Since 1970.
        var day: Int32 = 0
        var requests: UInt32 = 0
    }

    private var table: [Place]

    init(places: Int = Self.places) {
        table = Array(repeating: Place(), count: max(Self.ways, places / Self.ways * Self.ways))
    }

    /// Counts a request, and says how many that makes on its day.
    ///
    /// - Parameter stored: asked for a token that is not known of this day: what the disk says, 0 if nothing.
    mutating func count(_ token: Token, day: Int64, stored: () throws -> Int) rethrows -> Int {
        let day = Int32(clamping: day)
        let hash = UInt64(truncatingIfNeeded: token.hashValue)
        let key = hash == 0 ? 1 : hash
        let first = Int(key % UInt64(table.count / Self.ways)) * Self.ways
        var place = first
        for index in first..<first + Self.ways {
            if table[index].key == key, table[index].day == day {
                table[index].requests = min(table[index].requests, .max - 1) + 1
                return Int(table[index].requests)
            }
            if precedes(index, place) { place = index }
        }
        let known = try stored()
        table[place] = Place(key: key, day: day, requests: UInt32(clamping: known + 1))
        return known + 1
    }

    /// Which of two places is given up: that of an older day, then that of fewer requests.
    private func precedes(_ a: Int, _ b: Int) -> Bool {
        (table[a].day, table[a].requests) < (table[b].day, table[b].requests)
    }
}
