import Foundation
import Opens
import Synchronization
import Tokens

/// The hit log in a PostgreSQL database that any number of servers write and read.
///
/// One connection writes and one reads, each for one queue; a third is opened for maintenance. What is lost with a
/// connection is tried again on the next, for less than a second; what became of a batch whose answer was lost is found
/// out first.
package final class PostgresHitLog: HitStore {
    typealias Instant = ContinuousClock.Instant

    let server: PostgresServer
    let options: HitLog.Options
    let random: RandomBytes
    let shared: Mutex<Shared>
    private let isHurried: Hurry
    private let writer: PostgresSession
    private let reader: PostgresSession
    private let keeper: PostgresSession
    /// This process, and its batches so far: by these it finds out what became of one.
    private let writerID = UUID().uuidString
    private let batches = Atomic<Int64>(0)
    private let tallies = Mutex(RequestTallies())

    /// What is known of the database, until it is seen to be otherwise.
    struct Shared {
        var identity: LogIdentity
        /// Ascending.
        var months: [Month] = []
        /// By day; only keys that are in the database.
        var networkKeys: [Int64: [UInt8]] = [:]
        /// The highest number that was ever seen: a database that has not got that far is an older copy.
        var highest: Int64 = 0
        /// Up to where ``news()`` has told.
        var told: Int64 = 0
        var streamsVersion: Int64 = 0
        var byteCount = 0
    }

    /// A table of hits: of those from `first` on, up to the next one's.
    struct Month: Equatable {
        let month: Int
        let first: Int64
    }

    /// For how long what is lost is tried again, and a statement may take. The first is less than what a mail client waits,
    /// since the next batch needs its turn.
    private static let persisting = Duration.milliseconds(800)
    private static let answering = Duration.seconds(5)
    /// Seconds between two tries on one connection.
    private static let pause = 0.002

    /// Connects, and makes or renews the tables. `.unreachable` when there is no server or no way in, `.unreadable` when a
    /// newer version has been there, `.durability` when the server does not sync, `.permission` without the rights.
    package init(
        server: PostgresServer, options: HitLog.Options = HitLog.Options(), random: @escaping RandomBytes
    ) throws(PixelServerError) {
        self.server = server
        self.options = options
        self.random = random
        let hurry = Hurry()
        isHurried = hurry
        let session = { PostgresSession(server, isHurried: { hurry.isOn }) }
        let identity: LogIdentity
        do throws(PostgresFailure) {
            let connection = try PostgresConnection(
                server.parameters, password: try server.currentPassword(), until: .now + Self.answering,
                isHurried: { false })
            try PostgresSchema.migrate(connection, until: .now + .seconds(30))
            identity = try PostgresIdentity.establish(on: connection, random: random, until: .now + Self.answering)
        } catch {
            throw error.error(at: server.name)
        }
        shared = Mutex(Shared(identity: identity))
        writer = session()
        reader = session()
        keeper = session()
        // Hits that are there already are nobody's news.
        let position = try lastSeq()
        shared.withLock { $0.told = position }
    }

    package var identity: LogIdentity { shared.withLock { $0.identity } }
    package var byteCount: Int { shared.withLock { $0.byteCount } }
    package var newsInterval: Duration? { .milliseconds(250) }
    package func hurry() { isHurried.set() }

    package func close() {
        isHurried.set()
        for session in [writer, reader, keeper] { session.exclusively { session.rest() } }
    }

    package func append(_ batch: [LogEntry]) throws(PixelServerError) -> Appended {
        let number = batches.add(1, ordering: .relaxed).newValue
        let tallied = tallies.withLock {
            PostgresBatch.tally(of: batch, &$0, allowance: options.hitsPerTokenPerDay)
        }
        // Once the batch has been sent, and until it is known what became of it.
        var isInDoubt = false
        return try persist(writer) { (connection, until) throws(PostgresFailure) in
            let batch = try PostgresBatch(batch, tallied: tallied) { (day) throws(PostgresFailure) in
                try self.networkKey(day, connection, until: until)
            }
            if isInDoubt, let appended = try self.committed(batch, self.writerID, number, connection, until: until) {
                return appended
            }
            let month = try self.month(for: batch, connection, until: until)
            isInDoubt = true
            let answers = try connection.run(
                batch.statements(
                    writer: self.writerID, number: number, month: month, allowance: self.options.hitsPerTokenPerDay),
                until: until)
            let appended = batch.appended(answers)
            let last = appended.last.values.max() ?? 0
            self.shared.withLock { $0.highest = max($0.highest, last) }
            return appended
        }
    }

    package func hits(of stream: StreamID, after seq: Int64, limit: Int) throws(PixelServerError) -> HitPage {
        try read { (connection, until) throws(PostgresFailure) in
            // What has a number up to this one is there to be read, whatever is committed meanwhile.
            let (end, log) = try self.look(connection, until: until)
            var hits: [Hit] = []
            for table in self.tables(after: seq) where hits.count <= limit {
                let rows = try connection.run(
                    [
                        PostgresStatement(
                            """
                            SELECT seq, at, token, method, net, netclass, asn, self_net, ua, family, signals
                            FROM \(PostgresSchema.hits(table))
                            WHERE stream = $1::integer AND seq > $2::bigint AND seq <= $3::bigint
                            ORDER BY seq LIMIT $4::bigint
                            """,
                            [
                                .integer(Int64(stream.rawValue)), .integer(seq), .integer(end),
                                .integer(Int64(limit + 1 - hits.count)),
                            ], name: "hits_\(table)")
                    ], until: until)
                hits += (rows.first ?? []).compactMap(Hit.init(columns:))
            }
            return HitPage(hits: Array(hits.prefix(limit)), more: hits.count > limit, log: log)
        }
    }

    package func lastSeq() throws(PixelServerError) -> Int64 {
        try read { (connection, until) throws(PostgresFailure) in try self.look(connection, until: until).seq }
    }

    package func counters() throws(PixelServerError) -> [String: Int64] {
        let rows = try read { (connection, until) throws(PostgresFailure) in
            try connection.run(
                [PostgresStatement("SELECT forged, capped FROM sentmark.log WHERE id = 1")], until: until)
        }
        guard let row = rows.first?.first, row.count == 2 else { return [:] }
        return ["forged": row[0].flatMap(Int64.init) ?? 0, "capped": row[1].flatMap(Int64.init) ?? 0]
    }

    package func renewIdentity() throws(PixelServerError) {
        let old = identity
        try read { (connection, until) throws(PostgresFailure) in
            try PostgresIdentity.renew(old, on: connection, random: self.random, until: until)
            _ = try self.look(connection, until: until)
        }
    }

    /// On the reader's connection.
    func read<Result>(
        _ body: (PostgresConnection, Instant) throws(PostgresFailure) -> Result
    ) throws(PixelServerError) -> Result {
        try persist(reader, body)
    }

    /// On a connection of its own, which is closed afterwards.
    func maintain<Result>(
        _ body: (PostgresConnection, Instant) throws(PostgresFailure) -> Result
    ) throws(PixelServerError) -> Result {
        defer { keeper.exclusively { keeper.rest() } }
        return try persist(keeper, body)
    }

    /// Does it again, on another connection if need be, while that may help and there is time.
    private func persist<Result>(
        _ session: PostgresSession, _ body: (PostgresConnection, Instant) throws(PostgresFailure) -> Result
    ) throws(PixelServerError) -> Result {
        let end = Instant.now + Self.persisting
        return try session.exclusively { () throws(PixelServerError) in
            while true {
                do throws(PostgresFailure) {
                    let connection = try session.connected { (connection) throws(PostgresFailure) in
                        try self.welcome(connection)
                    }
                    let result = try body(connection, .now + Self.answering)
                    session.settle()
                    return result
                } catch {
                    guard recovers(from: error, session), .now < end, !isHurried.isOn else {
                        throw error.error(at: server.name)
                    }
                    Thread.sleep(forTimeInterval: Self.pause)
                }
            }
        }
    }

    /// Makes ready for another try; false if that cannot help.
    private func recovers(from failure: PostgresFailure, _ session: PostgresSession) -> Bool {
        switch failure {
        case .unusable: return false
        case .lost: session.drop()
        case .refused(let refusal) where refusal.isGoodbye: session.drop()
        case .refused(let refusal) where refusal.isOtherMonth || refusal.state == PostgresFailure.undefinedTable:
            shared.withLock { $0.months = [] }
        case .refused(let refusal): return refusal.mayPass || refusal.isOutOfTurn
        }
        return true
    }

    /// What a new connection must be told, and how its database is known.
    private func welcome(_ connection: PostgresConnection) throws(PostgresFailure) {
        let until = Instant.now + Self.answering
        let known = try PostgresIdentity.establish(on: connection, random: random, until: until)
        shared.withLock { $0.identity = known }
        _ = try look(connection, until: until)
    }
}

/// A switch that is set once.
private final class Hurry: Sendable {
    private let state = Atomic(false)
    var isOn: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}
