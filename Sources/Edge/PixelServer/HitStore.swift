import Foundation
import Opens
import Tokens

/// Where hits are kept: one SQLite file that a single server writes, or a PostgreSQL database that several share.
///
/// Calls block, and are made from queues, not from the event loop. Numbers are given in commit order: whoever has read
/// up to a number never finds a hit below it later.
package protocol HitStore: AnyObject, Sendable {
    /// Which log this is, as far as is known without asking.
    var identity: LogIdentity { get }

    /// Bytes on disk, as of the last look.
    var byteCount: Int { get }

    /// How often to ask for ``news()``; `nil` where this process is the only one that writes.
    var newsInterval: Duration? { get }

    /// Puts the whole batch on disk in one transaction, or, with an error, none of it, except that a shared store's
    /// `.unreachable` leaves it open: the batch may have been stored.
    func append(_ batch: [LogEntry]) throws(PixelServerError) -> Appended

    /// At most `limit` hits of the stream with numbers above `seq`, ascending.
    func hits(of stream: StreamID, after seq: Int64, limit: Int) throws(PixelServerError) -> HitPage

    /// The highest number ever given; 0 when there has been no hit.
    func lastSeq() throws(PixelServerError) -> Int64

    /// `forged` and `capped`, since the log was made.
    func counters() throws(PixelServerError) -> [String: Int64]

    /// What other servers have done since it was asked for last.
    func news() throws(PixelServerError) -> News

    /// Deletes hits older than `retention` seconds, and counts and network keys older than two days. One short transaction,
    /// beside which hits go on being stored; true when there is more.
    func maintain(now: Date, retention: TimeInterval) throws(PixelServerError) -> Bool

    /// Takes what the erasures name out of the log, in short transactions beside which hits go on being stored; true when
    /// there is more. Numbers of what was erased are never given again.
    func erase(_ erasures: [Erasure]) throws(PixelServerError) -> Bool

    /// Gives the log a new UUID, so that clients start again from its beginning. To be done after restoring a backup,
    /// or numbers that were given before are given a second time to other hits.
    func renewIdentity() throws(PixelServerError)

    /// From now on no call waits for more than half a second.
    func hurry()

    /// Ends; further calls fail.
    func close() throws(PixelServerError)
}

/// What servers that share a store tell each other through it.
package struct News: Sendable {
    /// The last hit of each stream that has got any.
    package var last: [StreamID: Int64] = [:]
    /// The streams, if their list is another one than before.
    package var streams: [StreamRecord]?
}

extension HitLog: HitStore {
    package var newsInterval: Duration? { nil }
    package func news() -> News { News() }
    /// A transaction of SQLite is short.
    package func hurry() {}
}

extension PixelServer.Configuration {
    /// The log that it names. Blocks; `.locked` while another process has it for itself.
    package func openLog(random: @escaping RandomBytes) throws(PixelServerError) -> any HitStore {
        var options = HitLog.Options()
        options.hitsPerTokenPerDay = limits.hitsPerTokenPerDay
        options.maximumBytes = limits.logBytes
        guard let database else { return try HitLog(directory: stateDirectory, options: options, random: random) }
        return try PostgresHitLog(server: database, options: options, random: random)
    }
}
