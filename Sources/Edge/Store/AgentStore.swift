import Foundation
import GRDB

/// agent.db: everything the agent remembers. One process writes; others read.
///
/// Promises: WAL with `synchronous=FULL` (asserted: GRDB lowers it by itself), foreign keys on, an integrity check after
/// an unclean stop, a damaged file is set aside and never overwritten.
package final class AgentStore: Sendable {
    package let path: String
    private let pool: any DatabaseWriter
    let recent = RecentHits()
    /// What happened while opening that the user should know; empty on an ordinary start.
    package let notices: [String]

    /// Opens or creates the database for the one writing process.
    package init(path: String) throws(StoreError) {
        self.path = path
        var notices: [String] = []
        do {
            pool = try AgentStore.open(path)
        } catch  where error.kind == .damaged {
            notices.append(try AgentStore.setAside(path, because: error))
            pool = try AgentStore.open(path)
        }
        self.notices = notices
    }

    private init(reading pool: any DatabaseWriter, path: String) {
        self.pool = pool
        self.path = path
        notices = []
    }

    /// For `status` and `why`: reads beside a running agent and changes nothing.
    package static func readOnly(path: String) throws(StoreError) -> AgentStore {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(kind: .missing, path: path, detail: "")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            // An agent that is starting for the first time has made the file and not yet what is in it.
            guard try queue.read({ try $0.tableExists("message") }) else {
                throw StoreError(kind: .missing, path: path, detail: "")
            }
            let migrator = Schema.migrator
            if try queue.read({ try migrator.hasBeenSuperseded($0) }) {
                throw StoreError(kind: .newer, path: path, detail: "unknown migrations")
            }
            guard try queue.read({ try migrator.hasCompletedMigrations($0) }) else {
                throw StoreError(kind: .older, path: path, detail: "")
            }
            return AgentStore(reading: queue, path: path)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Marks the stop as clean and closes. Calls after it fail.
    package func close() throws(StoreError) {
        do {
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "INSERT OR REPLACE INTO meta (key, value) VALUES ('clean', '1')")
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try pool.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError)
        -> Value
    {
        do {
            return try await pool.write(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Runs on the writing connection when its turn has come, without a transaction.
    func writeInTurn(_ body: @escaping @Sendable (Database) -> Void) { pool.asyncWriteWithoutTransaction(body) }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value
    {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension AgentStore {
    /// 2 is FULL: a commit is on disk when it returns.
    static func synchronous(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1 }

    private static func open(_ path: String) throws(StoreError) -> any DatabaseWriter {
        do {
            var configuration = Configuration()
            configuration.maximumReaderCount = 2
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { db in
                // A small page cache: the agent's working set is a few messages at a time.
                try db.execute(sql: "PRAGMA cache_size = -1024")
                try db.execute(sql: "PRAGMA journal_size_limit = 8388608")
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            let migrator = Schema.migrator
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw StoreError(kind: .newer, path: path, detail: "unknown migrations")
            }
            if try pool.read({ try wasUnclean($0) }) { try check(pool, path) }
            try pool.writeWithoutTransaction { try Schema.createIfEmpty($0) }
            try migrator.migrate(pool)
            // DatabasePool sets synchronous=NORMAL after prepareDatabase has run, which is enough for the migrations: each is
            // whole or not there at all, and what is written next puts them on disk.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            let level = try pool.writeWithoutTransaction { try synchronous($0) }
            guard level == 2 else {
                throw StoreError(kind: .other, path: path, detail: "synchronous is \(level), not FULL")
            }
            try pool.write {
                try $0.execute(sql: "INSERT OR REPLACE INTO meta (key, value) VALUES ('clean', '0')")
            }
            return pool
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func wasUnclean(_ db: Database) throws -> Bool {
        guard try db.tableExists("meta") else { return false }
        return try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'clean'") == "0"
    }

    private static func check(_ pool: DatabasePool, _ path: String) throws {
        let verdict = try pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard verdict == "ok" else { throw StoreError(kind: .damaged, path: path, detail: verdict ?? "no answer") }
    }

    /// All of it can be rebuilt from the IMAP server and the event source: a damaged file costs time, not truth.
    private static func setAside(_ path: String, because error: StoreError) throws(StoreError) -> String {
        let stamp = Int(Date().timeIntervalSince1970)
        let aside = "\(path).damaged-\(stamp)"
        do {
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
            }
        } catch {
            throw StoreError(kind: .damaged, path: path, detail: "\(error)")
        }
        return
            "\(path) was damaged (\(error.detail)); set aside as \(aside), rebuilding from the mailbox and the pixel server"
    }
}

extension Date {
    /// The store's times are whole milliseconds.
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}
