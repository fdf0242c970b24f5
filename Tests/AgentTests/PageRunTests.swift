import Foundation
import Opens
import Synchronization
import Testing

@testable import Agent
@testable import HitSources

struct PageRunTests {
    /// Gives page after page, and fails behind the last.
    private final class Pages: HitFeed {
        let pages: [Page]
        private let asked = Mutex<[String?]>([])
        var cursors: [String?] { asked.withLock { $0 } }

        init(hits: [Int], isEnd: Bool) {
            var seq: Int64 = 0
            pages = hits.enumerated().map { number, count in
                let some = (0..<count).map { _ in
                    seq += 1
                    return Hit(seq: seq, at: Date(timeIntervalSince1970: 1_795_500_000), token: "t")
                }
                return Page(log: "L", cursor: "\(number)", hits: some, more: number < hits.count - 1 || !isEnd)
            }
        }

        func pull(after cursor: String?, log: String?, limit: Int, wait: Int) async throws(PullError) -> Page {
            let number = asked.withLock { asked in
                asked.append(cursor)
                return asked.count - 1
            }
            guard number < pages.count else { throw .busy(status: 503, after: nil) }
            return pages[number]
        }
    }

    private static func run(_ feed: Pages) async -> PageRun {
        await PageRun(from: feed, after: "c", log: "L", wait: 50)
    }

    @Test func goesOnToTheLastPage() async {
        let feed = Pages(hits: [2, 3, 0], isEnd: true)
        let run = await Self.run(feed)
        #expect(run.hits.map(\.seq) == [1, 2, 3, 4, 5] && run.last?.cursor == "2" && run.last?.more == false)
        #expect(run.failure == nil && feed.cursors == ["c", "0", "1"])
        #expect(await run.following(from: feed) == nil)
    }

    /// What came before it is kept.
    @Test func endsWhereAPageFails() async {
        let feed = Pages(hits: [2, 3], isEnd: false)
        let run = await Self.run(feed)
        #expect(run.hits.count == 5 && run.last?.cursor == "1" && run.failure == .busy(status: 503, after: nil))
        #expect(await run.following(from: feed) == nil)
    }

    @Test func isNothingWhereTheFirstFails() async {
        let run = await Self.run(Pages(hits: [], isEnd: false))
        #expect(run.hits.isEmpty && run.last == nil && run.failure != nil)
    }

    /// However much there is, no more than some thousands are kept in memory; the next run goes on from there.
    @Test func isLimited() async throws {
        let feed = Pages(hits: Array(repeating: 1000, count: 20), isEnd: true)
        let first = await Self.run(feed)
        #expect(first.hits.count == 8000 && first.last?.cursor == "7")
        let second = try #require(await first.following(from: feed))
        #expect(second.hits.first?.seq == 8001 && second.hits.count == 8000)
        #expect(feed.cursors.last == "14")
    }
}
