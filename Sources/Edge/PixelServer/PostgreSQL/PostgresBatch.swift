import Foundation
import Tokens

/// A batch of entries as one transaction.
///
/// Its first statement locks the row of `log`, which every writer does: of two transactions the one that gets the
/// higher numbers begins when the other has been committed, so that a reader who sees a number sees all below it.
struct PostgresBatch {
    private let hits: [StoredHit]
    /// See ``tally(of:_:allowance:)``.
    private let tallied: [Int64]
    private let forged: Int

    /// `networkKey` by day.
    init<Failure: Error>(
        _ entries: [LogEntry], tallied: [Int64], networkKey: (Int64) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        var hits: [StoredHit] = []
        var forged = 0
        for entry in entries {
            switch entry {
            case .hit(let request):
                hits.append(
                    try StoredHit(request) { () throws(Failure) in
                        NetworkNames.hash(of: request.network, key: try networkKey(request.at.day))
                    })
            case .forged: forged += 1
            case .probe: break
            }
        }
        self.hits = hits
        self.tallied = tallied
        self.forged = forged
    }

    /// For each hit of a batch, how many requests of its token it adds to the database's count for the day. Few are asked
    /// for so often that the allowance comes into sight: up to a tenth of it, and to ``RequestTallies/noisy``, a server
    /// counts by itself, and adds all that once they are reached.
    static func tally(of entries: [LogEntry], _ tallies: inout RequestTallies, allowance: Int) -> [Int64] {
        let noisy = min(RequestTallies.noisy, max(1, allowance / 10))
        return entries.compactMap { entry in
            guard case .hit(let request) = entry else { return nil }
            let requests = tallies.count(TokenDay(token: request.token, day: request.at.day)) { 0 }
            return requests < noisy ? 0 : requests == noisy ? Int64(noisy) : 1
        }
    }

    /// The streams of its hits.
    var streams: Set<StreamID> { Set(hits.map(\.stream)) }
    /// The latest month of its hits, such as 202611; `nil` without any.
    var month: Int? { hits.map(\.at).max().map(Self.month(ofMilliseconds:)) }

    /// `number`: one that this writer has not given to another batch, and higher than those before. Refused as
    /// ``PostgresFailure/Refusal/isOtherMonth`` or ``PostgresFailure/Refusal/isOutOfTurn``, and then nothing is stored.
    func statements(writer: String, number: Int64, month: Int, allowance: Int) -> [PostgresStatement] {
        var statements = [
            PostgresStatement("BEGIN"),
            // Also what costs a sync where there is nothing to store: a forged token takes as long as a good one.
            PostgresStatement(
                """
                UPDATE sentmark.log SET month = CASE WHEN month = $1::integer THEN month END,
                    forged = forged + $2::bigint
                WHERE id = 1
                """, [.integer(Int64(month)), .integer(Int64(forged))], name: "lock"),
            // A batch that was sent again after its connection was lost is not stored twice, even if the server finds
            // the first one only now.
            PostgresStatement(
                """
                INSERT INTO sentmark.writers AS w (writer, batch, first, last, seen)
                SELECT $1::uuid, $2::bigint, seq, seq, now() FROM sentmark.log WHERE id = 1
                ON CONFLICT (writer) DO UPDATE SET
                    batch = CASE WHEN w.batch < excluded.batch THEN excluded.batch END,
                    first = excluded.first, last = excluded.last, seen = excluded.seen
                """, [.text(writer), .integer(number)], name: "writer"),
        ]
        if !hits.isEmpty { statements.append(store(writer: writer, month: month, allowance: allowance)) }
        return statements + [PostgresStatement("COMMIT")]
    }

    /// What the answers to ``statements(writer:number:month:allowance:)`` say.
    func appended(_ answers: [PostgresRows]) -> Appended { appended(hits.isEmpty ? [] : answers[answers.count - 2]) }

    /// `rows`: of each stream how many hits were stored and the number of the last.
    func appended(_ rows: PostgresRows) -> Appended {
        var result = Appended()
        result.forged = forged
        for row in rows where row.count == 3 {
            guard let stream = row[0].flatMap(UInt32.init).flatMap(StreamID.init), let count = row[1].flatMap(Int.init),
                let last = row[2].flatMap(Int64.init)
            else { continue }
            result.stored += count
            result.last[stream] = last
        }
        result.capped = hits.count - result.stored
        return result
    }

    private static func month(ofMilliseconds at: Int64) -> Int {
        var seconds = time_t(clamping: at / 1000)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return 0 }
        return min(max(1900 + Int(parts.tm_year), 0), 9999) * 100 + Int(parts.tm_mon) + 1
    }

    /// Of each hit that is counted: what those behind it in the batch add to the tally.
    private var behind: [Int64?] {
        var behind = [Int64?](repeating: 0, count: hits.count)
        var seen: [String: Int64] = [:]
        for (index, hit) in hits.enumerated().reversed() where tallied[index] > 0 {
            let key = "\(hit.token) \(hit.day)"
            behind[index] = seen[key, default: 0]
            seen[key, default: 0] += tallied[index]
        }
        return behind
    }

    /// A request is beyond its token's allowance for the day if the tally, less those behind it in the batch, is.
    private func store(writer: String, month: Int, allowance: Int) -> PostgresStatement {
        PostgresStatement(
            """
            WITH given AS (
                SELECT * FROM unnest(
                    $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                    $8::bigint[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[]
                ) WITH ORDINALITY AS g (
                    at, stream, token, method, net, netclass, asn, self_net, ua, family, signals, day, tallied, behind,
                    place)
            ), tallied AS (
                INSERT INTO sentmark.tallies AS t (stream, token, day, requests)
                SELECT stream, token, day, sum(tallied) FROM given WHERE tallied > 0 GROUP BY stream, token, day
                ON CONFLICT (stream, token, day) DO UPDATE SET requests = t.requests + excluded.requests
                RETURNING t.token, t.day, t.requests
            ), kept AS (
                SELECT g.*, row_number() OVER (ORDER BY g.place) AS nth
                FROM given g LEFT JOIN tallied t ON g.tallied > 0 AND t.token = g.token AND t.day = g.day
                WHERE g.tallied = 0 OR t.requests - g.behind <= $15::bigint
            ), numbered AS (
                UPDATE sentmark.log SET seq = seq + (SELECT count(*) FROM kept),
                    capped = capped + (SELECT count(*) FROM given) - (SELECT count(*) FROM kept)
                WHERE id = 1 RETURNING seq
            ), noted AS (
                UPDATE sentmark.writers SET last = (SELECT seq FROM numbered) WHERE writer = $16::uuid
            ), stored AS (
                INSERT INTO \(PostgresSchema.hits(month)) (
                    stream, seq, at, token, method, net, netclass, asn, self_net, ua, family, signals)
                SELECT stream, (SELECT seq FROM sentmark.log WHERE id = 1) + nth, at, token, method, net, netclass, asn,
                    self_net <> 0, ua, family, signals
                FROM kept
                RETURNING stream, seq
            )
            SELECT stream, count(*), max(seq) FROM stored GROUP BY stream
            """,
            [
                .integers(hits.map(\.at)), .integers(hits.map { Int64($0.stream.rawValue) }),
                .texts(hits.map(\.token)), .texts(hits.map(\.method)), .texts(hits.map(\.net)),
                .texts(hits.map(\.netclass)), .integers(hits.map { $0.asn.map { Int64($0) } }),
                .integers(hits.map { $0.selfNet ? 1 : 0 }), .texts(hits.map(\.userAgent)),
                .texts(hits.map(\.family)), .texts(hits.map(\.signals)), .integers(hits.map(\.day)),
                .integers(tallied), .integers(behind), .integer(Int64(allowance)), .text(writer),
            ], name: "store_\(month)")
    }
}

extension StoredHit {
    /// Days since 1970-01-01, UTC.
    fileprivate var day: Int64 { Date(milliseconds: at).day }
}
