import Foundation
import Testing

@testable import HitSources

/// Walks through a provider's events, on a provider in memory that adds events while it is walked through.
struct ProviderPlaceTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)
    private static let history = 86_400.0

    /// Pages of ten; each page of it is known by how many come before it.
    private struct Provider {
        let order: EventOrder
        /// Minutes from the start.
        var events: [Double] = []

        func page(_ page: String?, from: Date) -> (times: [Date], next: String?) {
            let all = events.map { ProviderPlaceTests.start + $0 * 60 }.sorted(by: order == .oldestFirst ? (<) : (>))
            // Only against the order of time all of it is told, as Postmark does.
            let told = order == .oldestFirst ? all.filter { $0 >= from } : all
            let first = page.flatMap { Int($0) } ?? 0
            let times = Array(told.dropFirst(first).prefix(10))
            return (times, times.count == 10 ? String(first + 10) : nil)
        }
    }

    private struct Reader {
        var place = ProviderPlace()
        var seen: Set<Date> = []
        var pages = 0

        /// Every cursor is one that is stored and read again.
        mutating func read(_ provider: Provider, now: Date) throws {
            let step = place.step(now: now, history: ProviderPlaceTests.history)
            let (times, next) = provider.page(step.page, from: step.from)
            seen.formUnion(times)
            pages += 1
            place = place.after(step, times: times, next: next, order: provider.order, now: now)
            #expect(ProviderPlace(place.text) == place)
        }
    }

    @Test(arguments: EventOrder.allCases)
    func missesNothingThatComesMeanwhile(_ order: EventOrder) throws {
        var provider = Provider(order: order, events: (1...95).map(Double.init))
        var reader = Reader()
        var now = Self.start + 95 * 60
        for round in 0..<60 {
            try reader.read(provider, now: now)
            now += 60
            provider.events.append(96 + Double(round))
            // Late: its time is before what has been read.
            provider.events.append(96 + Double(round) - 20.5)
        }
        repeat { try reader.read(provider, now: now) } while reader.place.walk != nil
        repeat { try reader.read(provider, now: now) } while reader.place.walk != nil
        let all = Set(provider.events.map { Self.start + $0 * 60 })
        #expect(all.subtracting(reader.seen).isEmpty)
        #expect(reader.place.readUpTo == all.max())
    }

    /// Once all is read only what may turn up late is looked at again.
    @Test(arguments: EventOrder.allCases)
    func doesNotReadAllOfItAgain(_ order: EventOrder) throws {
        let provider = Provider(order: order, events: (1...1000).map(Double.init))
        var reader = Reader()
        let now = Self.start + 1000 * 60
        repeat { try reader.read(provider, now: now) } while reader.place.walk != nil
        #expect(reader.pages >= 100)
        reader.pages = 0
        repeat { try reader.read(provider, now: now) } while reader.place.walk != nil
        #expect((1...5).contains(reader.pages))
    }

    /// Before the walk is over, what it has not come to is not taken for read.
    @Test func aWalkAgainstTheOrderOfTimeIsDoneWithAtItsEnd() throws {
        let provider = Provider(order: .newestFirst, events: (1...95).map(Double.init))
        var reader = Reader()
        let now = Self.start + 95 * 60
        for _ in 0..<9 {
            try reader.read(provider, now: now)
            #expect(reader.place.readUpTo == nil && reader.place.walk != nil)
        }
        try reader.read(provider, now: now)
        #expect(reader.place == ProviderPlace(readUpTo: now))
    }

    /// Links to pages do not last: after an hour it begins anew, in order of time from where it was.
    @Test(arguments: EventOrder.allCases)
    func aWalkThatHasGrownOldBeginsAnew(_ order: EventOrder) throws {
        let provider = Provider(order: order, events: (1...95).map(Double.init))
        var reader = Reader()
        let now = Self.start + 95 * 60
        for _ in 0..<8 { try reader.read(provider, now: now) }
        let step = reader.place.step(now: now + ProviderPlace.walkLimit, history: Self.history)
        #expect(step.page == nil)
        #expect((step.from > Self.start) == (order == .oldestFirst))
    }

    @Test func aTimeThatIsStillToComeHidesNothing() throws {
        var provider = Provider(order: .oldestFirst, events: [1, 90_000])
        var reader = Reader()
        try reader.read(provider, now: Self.start + 120)
        provider.events.append(2)
        try reader.read(provider, now: Self.start + 240)
        #expect(reader.seen.contains(Self.start + 120))
    }

    @Test func aProviderThatLeadsInCirclesIsLeft() {
        var place = ProviderPlace()
        var pages = 0
        repeat {
            let step = place.step(now: Self.start, history: Self.history)
            place = place.after(step, times: [], next: "\(pages % 2)", order: .oldestFirst, now: Self.start)
            pages += 1
        } while place.walk != nil && pages < 10_000
        #expect(pages == ProviderPlace.pageLimit)
    }

    @Test(arguments: ["", "1", "2:5", "1:a:b", "1:5:6:7:8:9", "aaaq7", "1:5:x:7:8:9:p"])
    func aCursorOfAnotherKindIsNone(_ text: String) { #expect(ProviderPlace(text) == nil) }

    /// A colon and a mark behind it are one character, by which a text cannot be taken apart.
    @Test(arguments: ["\u{301}x", "a:\u{301}", ":", "::", "", "é 漢 😀\r\n"])
    func anyPageIsReadAsItIsWritten(_ page: String) {
        let walk = ProviderPlace.Walk(from: Self.start, began: Self.start + 5, newest: nil, pages: 2, page: page)
        let place = ProviderPlace(readUpTo: Self.start, walk: walk)
        #expect(ProviderPlace(place.text) == place)
    }
}
