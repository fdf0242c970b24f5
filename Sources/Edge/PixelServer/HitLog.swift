import Foundation
import GRDB
import Opens
import Synchronization
import Tokens

/// The hit log: `hits.db`, SQLite in WAL mode, written by this process alone.
///
/// What ``append(_:)`` has returned from is on disk, in one transaction, with numbers in commit order. A stranger's
/// address is never written: of a network only a hash remains, under a key that is deleted after two days.
package final class HitLog: Sendable {
    package struct Options: Sendable {
        package var hitsPerTokenPerDay = 200
        /// Size in bytes beyond which hits are refused.
        package var maximumBytes: Int?
        package init() {}
    }

    private let url: URL
    let pool: DatabasePool
    private let lock: FileLock
    private let options: Options
    private let random: RandomBytes
    private let current: Mutex<LogIdentity>
    /// Held for as long as something is written of what it remembers.
    let writing: Mutex<Writing>

    struct Writing {
        /// A batch that failed leaves its requests counted.
        var tallies: StoredTallies
        var known = BatchWriter.Known()
    }

    /// Opens or creates `hits.db` in the directory. `.locked` when another process has it, `.durability` when SQLite
    /// will not promise to sync every commit, `.unreadable` when it is damaged or of a newer version.
    package init(directory: URL, options: Options = Options(), random: @escaping RandomBytes) throws(PixelServerError) {
        try PrivateFile.makeDirectory(directory)
        url = directory.appendingPathComponent("hits.db")
        // SQLite before 3.51.3 can corrupt a WAL that two processes checkpoint.
        guard let lock = try FileLock(directory.appendingPathComponent("hits.db.lock")) else {
            throw PixelServerError(
                .locked, "\(url.path): another process writes it",
                .needsUser("stop the other server, or give this one its own state directory"))
        }
        self.lock = lock
        self.options = options
        self.random = random
        // SQLite gives its WAL the mode of the database.
        let descriptor = Foundation.open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PrivateFile.refusal(url, errno) }
        Foundation.close(descriptor)
        do {
            pool = try Self.open(url, options)
            current = Mutex(try pool.write { try Self.identity(in: $0, random) })
            writing = Mutex(Writing(tallies: try pool.write { try StoredTallies(in: $0) }))
        } catch let error as PixelServerError {
            throw error
        } catch {
            throw Self.failure(error, url)
        }
    }

    package var uuid: UUID { identity.uuid }
    package var identity: LogIdentity { current.withLock { $0 } }

    /// Bytes of the database and its write-ahead log on disk.
    package var byteCount: Int {
        [url.path, url.path + "-wal"].reduce(0) { sum, path in
            var status = stat()
            return stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    /// Puts the whole batch on disk in one transaction, or, with an error, none of it.
    package func append(_ batch: [LogEntry]) throws(PixelServerError) -> Appended {
        try attempt {
            try writing.withLock { writing in
                let (appended, known) = try pool.write { db in
                    var writer = try BatchWriter(db: db, options: options, random: random, known: writing.known)
                    for entry in batch { try writer.append(entry, &writing.tallies) }
                    return (try writer.finish(), writer.known)
                }
                writing.known = known
                return appended
            }
        }
    }

    /// At most `limit` hits of the stream with numbers above `seq`, ascending.
    package func hits(of stream: StreamID, after seq: Int64, limit: Int) throws(PixelServerError) -> HitPage {
        try attempt {
            try pool.read { db in
                let statement = try db.cachedStatement(
                    sql: "SELECT \(Hit.columns) FROM hits WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?")
                var hits: [Hit] = []
                hits.reserveCapacity(limit + 1)
                let rows = try Row.fetchCursor(statement, arguments: [Int64(stream.rawValue), seq, limit + 1])
                while let row = try rows.next() { hits.append(Hit(row: row)) }
                let more = hits.count > limit
                if more { hits.removeLast() }
                return HitPage(hits: hits, more: more, log: identity)
            }
        }
    }

    /// The highest number ever given; 0 when there has been no hit.
    package func lastSeq() throws(PixelServerError) -> Int64 {
        try attempt {
            try pool.read { try Int64.fetchOne($0, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'hits'") ?? 0 }
        }
    }

    /// `forged` and `capped`, since the log was made.
    package func counters() throws(PixelServerError) -> [String: Int64] {
        try attempt {
            try pool.read { db in
                let rows = try Row.fetchAll(db, sql: "SELECT name, value FROM counters")
                return Dictionary(rows.map { ($0["name"], $0["value"]) }, uniquingKeysWith: { first, _ in first })
            }
        }
    }

    /// Gives the log a new UUID, so that clients start again from its beginning. To be done after restoring a backup,
    /// or numbers that were given before are given a second time to other hits.
    package func renewIdentity() throws(PixelServerError) {
        try attempt {
            let identity = try pool.write { db in
                try db.execute(sql: "DELETE FROM log")
                return try Self.identity(in: db, random)
            }
            current.withLock { $0 = identity }
        }
    }

    /// Writes the write-ahead log back and closes the file; further calls fail.
    package func close() throws(PixelServerError) {
        try attempt {
            // The last connection to close takes the write-ahead log away, and a reader cannot.
            pool.invalidateReadOnlyConnections()
            try pool.close()
        }
        // Not before: a second writer beside a connection that is still open could corrupt the log.
        lock.release()
    }

    func attempt<Result>(_ body: () throws -> Result) throws(PixelServerError) -> Result {
        do { return try body() } catch { throw Self.failure(error, url) }
    }
}

extension HitLog {
    private static func open(_ url: URL, _ options: Options) throws -> DatabasePool {
        var configuration = GRDB.Configuration()
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(5)
        configuration.label = "hits"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            // They hold by StoredHit and the types; to check them once more takes a sixth of what storing a hit does.
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
        }
        let pool = try DatabasePool(path: url.path, configuration: configuration)
        let migrator = HitLogSchema.migrator
        try pool.writeWithoutTransaction { db in
            // GRDB lowers it to NORMAL when it opens a pool, after anything that prepareDatabase could say.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(pagesOfLog)")
            if let maximum = options.maximumBytes {
                let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
                try db.execute(sql: "PRAGMA max_page_count = \(max(1, maximum / pageSize))")
            }
            guard try !migrator.hasBeenSuperseded(db) else {
                throw PixelServerError(
                    .unreadable, "\(url.path): written by a newer version", .needsUser("install that version"))
            }
        }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { try assertDurable($0, url) }
        return pool
    }

    /// Pages of the write-ahead log, 16 MB, at which it is written back: hits wait for that. SQLite's own 1,000 come after
    /// 10,000 hits, and writing back took a tenth of the time; with more all wait longer for a slow disk.
    private static let pagesOfLog = 4000

    /// Every commit must reach the disk before it returns.
    static func assertDurable(_ db: Database, _ url: URL) throws {
        let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
        let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
        guard synchronous == 2, journal == "wal" else {
            throw PixelServerError(
                .durability,
                "\(url.path): SQLite runs with synchronous \(synchronous ?? -1), journal \(journal ?? "none")",
                .needsUser("put the state directory on a local disk"))
        }
    }

    private static func identity(in db: Database, _ random: RandomBytes) throws -> LogIdentity {
        try db.execute(
            sql: "INSERT OR IGNORE INTO log (id, uuid, cursor_key) VALUES (1, ?, ?)",
            arguments: [Data(LogIdentity.uuid(random)), Data(random(32))])
        let row = try Row.fetchOne(db, sql: "SELECT uuid, cursor_key FROM log WHERE id = 1")
        guard let uuid: UUID = row?["uuid"], let key: Data = row?["cursor_key"] else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT)
        }
        return LogIdentity(uuid: uuid, cursorKey: Array(key))
    }

    static func failure(_ error: any Error, _ url: URL) -> PixelServerError {
        if let error = error as? PixelServerError { return error }
        guard let error = error as? DatabaseError else {
            return PixelServerError(.storage, "\(url.path): \(error)", .needsUser("check the disk"))
        }
        let detail = "\(url.path): \(error.message ?? "SQLite error") (\(error.extendedResultCode.rawValue))"
        return switch error.resultCode {
        case .SQLITE_FULL: PixelServerError(.full, detail, .needsUser("make room on the disk"))
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            PixelServerError(.unreadable, detail, .needsUser("restore it from a backup"))
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY:
            PixelServerError(.permission, detail, .needsUser("check its owner and mode"))
        default: PixelServerError(.storage, detail, .retryLater(after: .seconds(1)))
        }
    }
}
