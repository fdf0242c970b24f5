/// Where hits come from, page by page.
package protocol HitFeed: Sendable {
    /// The hits after a cursor, in order; an empty page when there are none after all of the waiting.
    ///
    /// - Parameters:
    ///   - cursor: of the page before; `nil` for the beginning.
    ///   - log: of the page before.
    ///   - limit: 1 to 1000 hits.
    ///   - wait: how many seconds a hit may be waited for, 0 to 55.
    func pull(after cursor: String?, log: String?, limit: Int, wait: Int) async throws(PullError) -> Page
}
