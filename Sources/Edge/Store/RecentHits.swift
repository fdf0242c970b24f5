import Foundation
import GRDB
import Opens
import Synchronization

/// Hits that were decoded a while ago, by their row. Every message that is judged sees the hits of two minutes around its
/// own: in busy times each of a thousand messages the same thousand hits.
final class RecentHits: Sendable {
    /// Some 400 bytes each.
    static let limit = 4096

    /// A row of a hit never changes, and its number never comes back (AUTOINCREMENT).
    private let hits = Mutex<[Int64: Hit]>([:])

    /// `nil` if what was stored is no hit any more (made by a newer version). The row has `id` and `body`.
    func hit(_ row: Row, _ decoder: JSONDecoder) -> StoredHit? {
        let id: Int64 = row["id"]
        if let hit = hits.withLock({ $0[id] }) { return StoredHit(id: id, hit: hit) }
        guard let stored = StoredHit(row, decoder) else { return nil }
        hits.withLock { hits in
            // Those of now come back by themselves.
            if hits.count >= Self.limit { hits = [:] }
            hits[id] = stored.hit
        }
        return stored
    }
}
