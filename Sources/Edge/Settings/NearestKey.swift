/// The known key that was probably meant: the one with the fewest slips of the hand, if these are few for its length.
func nearestKey(to key: String, among known: [String]) -> String? {
    // A key longer than any that exists was not meant to be one of them, and its distance is not worth computing.
    guard key.utf8.count <= 40 else { return nil }
    let candidates = known.map { (key: $0, distance: slips(from: Array(key.lowercased().utf8), to: Array($0.utf8))) }
    guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, min(best.key.utf8.count, key.utf8.count) / 3) ? best.key : nil
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
private func slips(from a: [UInt8], to b: [UInt8]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
        var current = [i + 1]
        for j in b.indices {
            var best = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforePrevious[j - 1] + 1) }
            current.append(best)
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
}
