import Testing

@testable import IMAP

struct UIDSetTests {
    @Test(arguments: [
        ("1", "1"), ("1:3", "1:3"), ("3:1", "1:3"), ("4,2,3,9", "2:4,9"), ("5:*", "5:*"), ("*:5", "5:*"), ("*", "*"),
        ("1:2,3:4", "1:4"), ("1:9,3:4", "1:9"), ("4294967295", "*"), ("1:4294967294,*", "1:*"), ("007", "7"),
    ])
    func reads(_ text: String, _ normal: String) throws {
        #expect(try #require(UIDSet(text)).description == normal)
    }

    @Test(arguments: ["", ",", "1,", ",1", "0", "1:", ":1", "1:2:3", "4294967296", "a", "1 2", "-1", "1:0", "**", "$"])
    func refuses(_ text: String) { #expect(UIDSet(text) == nil) }

    @Test func refusesTooManyRanges() {
        #expect(UIDSet("1,3,5", maximumRanges: 3) != nil)
        #expect(UIDSet("1,3,5,7", maximumRanges: 3) == nil)
    }

    /// Against Swift's own set, over a small universe so that ranges meet, and at both ends of the numbers.
    @Test(arguments: 0..<200)
    func agreesWithAPlainSet(_ seed: UInt64) {
        var random = Seeded(seed)
        let base: UInt32 = [1, 500, .max - 59].randomElement(using: &random) ?? 1
        func some() -> Set<UInt32> {
            Set((0..<Int.random(in: 0...40, using: &random)).map { _ in base + .random(in: 0..<60, using: &random) })
        }
        func set(_ numbers: some Sequence<UInt32>) -> UIDSet { UIDSet(numbers.map { UID($0) }) }
        let (left, right) = (some(), some())
        let (a, b) = (set(left), set(right))
        #expect(a.union(b) == set(left.union(right)))
        #expect(a.subtracting(b) == set(left.subtracting(right)))
        #expect(a.intersection(b) == set(left.intersection(right)))
        #expect(Array(a.uids) == left.sorted().map { UID($0) })
        #expect(a.count == left.count && a.isEmpty == left.isEmpty)
        #expect(a.first?.rawValue == left.min() && a.last?.rawValue == left.max())
        for number in base..<(base + 59) { #expect(a.contains(UID(number)) == left.contains(number)) }
        var inserted = a
        for number in right { inserted.insert(UID(number)) }
        #expect(inserted == a.union(b))
        if !a.isEmpty { #expect(UIDSet(a.description) == a) }

        let chunk = Int.random(in: 1...20, using: &random)
        let chunks = Array(a.newestFirst(chunkedBy: chunk))
        #expect(chunks.dropLast().allSatisfy { $0.count == chunk })
        #expect(chunks.reversed().flatMap { Array($0.uids) } == Array(a.uids))

        let pieces = a.encoded(maxLength: 25)
        #expect(pieces.allSatisfy { $0.utf8.count <= 25 })
        #expect(pieces.compactMap { UIDSet($0) }.reduce(UIDSet()) { $0.union($1) } == a)
    }

    @Test func neverExpands() {
        var everything = UIDSet(from: 1)
        #expect(everything.count == 4_294_967_295)
        #expect(everything.removeNewest(5).description == "4294967291:*")
        #expect(everything.subtracting(UIDSet(1000...2000)).description == "1:999,2001:4294967290")
        #expect(everything.newestFirst(chunkedBy: 1 << 31).map(\.count) == [1 << 31, (1 << 31) - 6])
    }

    @Test func aPieceIsAtLeastOneRange() {
        #expect(UIDSet("100000:200000,300000")?.encoded(maxLength: 1) == ["100000:200000", "300000"])
        #expect(UIDSet().encoded(maxLength: 100) == [])
    }
}
