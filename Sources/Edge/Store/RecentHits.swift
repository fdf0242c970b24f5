import Foundation
import GRDB
import Opens
import Synchronization

/// Hits that were decoded a while ago, by their row. Every message that is judged sees the hits of two minutes around its
/// own: in busy times each of a thousand messages the same thousand hits.
final class RecentHits: Sendable {
    /// Some 400 bytes each, and no more than twice as many. More than lie in the two minutes around a hit, of which
    /// ``AgentStore/neighbourLimit`` are looked at: fewer would be forgotten again before the next batch asks for them.
    static let limit = AgentStore.neighbourLimit + 1_000

    private struct Hits {
        var recent: [Int64: Hit] = [:]
        /// Those that were recent before; of them stays what is asked for.
        var earlier: [Int64: Hit] = [:]

        mutating func note(_ hit: Hit, _ id: Int64) {
            if recent.count >= RecentHits.limit { (earlier, recent) = (recent, [:]) }
            recent[id] = hit
        }

        mutating func find(_ id: Int64) -> Hit? {
            if let hit = recent[id] { return hit }
            guard let hit = earlier[id] else { return nil }
            note(hit, id)
            return hit
        }
    }

    /// A row of a hit never changes, and its number never comes back (AUTOINCREMENT).
    private let hits = Mutex(Hits())

    /// Those that a question for `id` and `body` finds, without what was stored and is no hit any more. Of a hit that is
    /// known the body is not even copied.
    func hits(_ statement: Statement, _ arguments: StatementArguments) throws -> [StoredHit] {
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var found: [StoredHit] = []
        while let row = try rows.next() {
            if let hit = hit(row) { found.append(hit) }
        }
        return found
    }

    /// `nil` if what was stored is no hit any more (made by a newer version). The row has `id` and `body`.
    func hit(_ row: Row) -> StoredHit? {
        let id: Int64 = row["id"]
        if let hit = hits.withLock({ $0.find(id) }) { return StoredHit(id: id, hit: hit) }
        guard let stored = StoredHit(row) else { return nil }
        hits.withLock { $0.note(stored.hit, id) }
        return stored
    }

    /// Hits that have just been stored.
    func note(_ stored: [StoredHit]) {
        hits.withLock { hits in
            for one in stored where one.hit.isAsRead { hits.note(one.hit, one.id) }
        }
    }
}
