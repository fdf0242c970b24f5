/// A value for each of the names that lately came, in memory that is fixed, whoever comes.
///
/// A name has one of four places that its hash gives; where all four are taken the least of their values has to go, so that
/// who floods stays known. The hash is seeded in each process: nobody can aim at the places of another.
struct FixedTable<Value> {
    private static var ways: Int { 4 }

    private struct Place {
        /// The name's hash; 0 is none.
        var key: UInt64 = 0
        var value: Value
    }

    private var places: [Place]

    init(places count: Int, vacant: Value) {
        places = Array(repeating: Place(value: vacant), count: max(Self.ways, count / Self.ways * Self.ways))
    }

    /// Changes the value of a name, which is `new` if it has none yet.
    mutating func update<Result>(
        _ name: some Hashable, isLess: (Value, Value) -> Bool, new: () throws -> Value, _ body: (inout Value) -> Result
    ) rethrows -> Result {
        let hash = UInt64(truncatingIfNeeded: name.hashValue)
        let key = hash == 0 ? 1 : hash
        let first = Int(key % UInt64(places.count / Self.ways)) * Self.ways
        var least = first
        for index in first..<first + Self.ways {
            if places[index].key == key { return body(&places[index].value) }
            guard places[least].key != 0 else { continue }
            if places[index].key == 0 || isLess(places[index].value, places[least].value) { least = index }
        }
        places[least] = Place(key: key, value: try new())
        return body(&places[least].value)
    }
}
