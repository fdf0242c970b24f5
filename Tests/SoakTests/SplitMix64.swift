/// Numbers that are the same for a seed on every machine (Steele, Lea and Flood: Fast Splittable Pseudorandom Number
/// Generators).
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to `limit`, without it; 0 if there is nothing below.
    mutating func below(_ limit: Int) -> Int { limit > 0 ? Int(next() % UInt64(limit)) : 0 }

    mutating func chance(percent: Int) -> Bool { below(100) < percent }

    mutating func element<Element>(of all: [Element]) -> Element? { all.isEmpty ? nil : all[below(all.count)] }
}
