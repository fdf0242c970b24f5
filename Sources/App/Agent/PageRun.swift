import HitSources
import Opens

/// Pages that followed at once on one another, to be stored together with the cursor of the last: where hits of many messages
/// lie in each page, ten pages change hardly more of the database than one.
struct PageRun {
    /// Some 600 bytes each, and as many are pulled while these are stored.
    private static let hitLimit = 8_000
    /// A slow source's pages do not wait longer for one another.
    private static let patience = Duration.seconds(1)
    private static let pageLimit = 1000

    private(set) var hits: [Hit] = []
    /// `nil` if not even one page came.
    private(set) var last: (log: String, cursor: String, more: Bool)?
    /// What ended the run too early.
    private(set) var failure: PullError?

    /// - Parameter wait: how many seconds the first hit may be waited for.
    init(from feed: any HitFeed, after cursor: String?, log: String?, wait: Int) async {
        var (cursor, log, wait) = (cursor, log, wait)
        var begin = ContinuousClock.now
        do throws(PullError) {
            repeat {
                let page = try await feed.pull(after: cursor, log: log, limit: Self.pageLimit, wait: wait)
                if last == nil { begin = .now }
                hits += page.hits
                last = (page.log, page.cursor, page.more)
                (cursor, log, wait) = (page.cursor, page.log, 0)
            } while last?.more == true && hits.count < Self.hitLimit && ContinuousClock.now - begin < Self.patience
        } catch {
            failure = error
        }
    }

    /// The pages behind it; `nil` if there are none, or it ended too early.
    func following(from feed: any HitFeed) async -> PageRun? {
        guard failure == nil, let last, last.more else { return nil }
        return await PageRun(from: feed, after: last.cursor, log: last.log, wait: 0)
    }
}
