/// A generator whose mails can be had again (SplitMix64).
package struct Dice: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0xd134_2543_de82_ef95 }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// Whether one of so many cases comes.
    mutating func once(in cases: Int) -> Bool { number(1...cases) == 1 }

    mutating func pick<T>(_ values: [T]) -> T { values[number(0...(values.count - 1))] }
}
